"""The page on what jobs read and write: its sessions run as they are written, and its command lines are understood."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from sessions import run_session, sessions

from augreg.cli.run import run_command

PAGE = Path(__file__).parent.parent / "docs" / "jobs-formats.md"


def test_the_page_on_formats_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    assert not "".join(run_session(PAGE, line, session, names) for line, session in sessions(PAGE))


@pytest.mark.parametrize("line", [line for line in PAGE.read_text().splitlines() if "| augreg run" in line])
def test_command_lines_of_the_page_parse(line: str) -> None:
    words = shlex.split(line.partition("| augreg run")[2])
    context = run_command.make_context("run", words)
    assert {name: context.params[name] for name in ("source", "root")} == {"source": "-", "root": "."}

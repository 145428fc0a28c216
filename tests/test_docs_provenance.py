"""The page on provenance tells the truth: its sessions print what it shows, and the options that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sessions import run_session, sessions

from augreg.cli.forget import forget_command
from augreg.cli.replay import replay_command
from augreg.cli.run import run_command
from augreg.cli.verify import verify_command

PAGE = Path(__file__).parent.parent / "docs" / "provenance.md"


def test_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    found = sessions(PAGE)
    assert len(found) == 4
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found)


def test_the_options_that_it_names_are_there() -> None:
    commands = (run_command, verify_command, replay_command, forget_command)
    known = {name for command in commands for parameter in command.params for name in parameter.opts}
    assert set(re.findall(r"--[a-z][a-z-]*", PAGE.read_text())) <= known

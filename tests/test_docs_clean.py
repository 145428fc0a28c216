"""The page on clean and stats tells the truth: its sessions print what it shows, its codes and options are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sessions import can_run, run_session, sessions

from augreg.cli.clean import clean_command
from augreg.cli.run import run_command
from augreg.cli.stats import stats_command
from augreg.jobs.cleaning.kinds import KINDS

PAGE = Path(__file__).parent.parent / "docs" / "clean.md"


def test_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    found = sessions(PAGE)
    assert len(found) == 4
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found if can_run(session))


def test_the_options_and_codes_that_it_names_are_there() -> None:
    commands = (run_command, clean_command, stats_command)
    known = {name for command in commands for parameter in command.params for name in parameter.opts}
    text = PAGE.read_text()
    assert set(re.findall(r"--[a-z][a-z-]*", text)) <= known
    assert set(re.findall(r"W_[A-Z_]+", text)) == set(KINDS)

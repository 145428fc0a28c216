"""The page on search tells the truth: its sessions print what it shows, and the options that it names are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sessions import can_run, run_session, sessions

from augreg.cli.search import search_command
from augreg.learn.searching.methods import METHODS

pytest.importorskip("sklearn")

PAGE = Path(__file__).parent.parent / "docs" / "policy-search.md"


def test_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    found = sessions(PAGE)
    assert len(found) == 1
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found if can_run(session))


def test_the_options_and_methods_that_it_names_are_there() -> None:
    known = {name for param in search_command.params for name in (*param.opts, *param.secondary_opts)}
    page = PAGE.read_text()
    assert set(re.findall(r"--[a-z][a-z-]*", page)) <= known | {"--fsdd"}
    assert set(re.findall(r"^\| `([a-z]+)` \|", page, re.MULTILINE)) == set(METHODS)

"""The page on growing a data set tells the truth: its sessions print what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import run_session, sessions

PAGE = Path(__file__).parent.parent / "docs" / "expand.md"


def test_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    found = sessions(PAGE)
    assert len(found) == 2
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found)

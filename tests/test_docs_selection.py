"""The page on selection tells the truth: its sessions print what it shows."""

from __future__ import annotations

from pathlib import Path

from sessions import run_session, sessions

PAGE = Path(__file__).parent.parent / "docs" / "selection.md"


def test_the_page_prints_what_it_shows() -> None:
    names = {"__name__": "page"}
    found = sessions(PAGE)
    assert len(found) == 5
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found)

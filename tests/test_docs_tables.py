"""The page on tables tells the truth: its sessions run as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import can_run, run_session, sessions

PAGE = Path(__file__).parent.parent / "docs" / "jobs-formats.md"


def test_the_sessions_on_tables_run_as_they_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start = PAGE.read_text(encoding="utf-8").split("\n## Tables\n")[0].count("\n")
    found = [(line, session) for line, session in sessions(PAGE) if line > start and "datasets" in session]
    if not all(can_run(session) for _, session in found):
        pytest.skip("the page needs a library that is not installed")
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    assert len(found) == 3
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found)

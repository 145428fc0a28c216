"""The page on labels: its sessions run as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import run_session, sessions

PAGE = Path(__file__).parent.parent / "docs" / "labels.md"


def test_the_page_on_labels_shows_what_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": "page"}
    assert not "".join(run_session(PAGE, line, session, names) for line, session in sessions(PAGE))

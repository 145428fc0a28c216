"""The page on moving in tells the truth: its sessions print what it shows, its tables are what the plugins state."""

from __future__ import annotations

import re

import pytest
from alias_tables import PAGE, tables
from click.testing import CliRunner
from sessions import can_run, run_session, sessions

import augreg
from augreg.cli.app import app
from augreg.conversion.of_ultralytics import KEYS


def test_the_page_prints_what_it_shows() -> None:
    found = sessions(PAGE)
    assert len(found) == 4
    names: dict[str, object] = {}
    assert not "".join(run_session(PAGE, line, session, names) for line, session in found if can_run(session))


def test_its_tables_are_those_of_the_plugins() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert tables().strip() in text, "Run: uv run python tests/support/alias_tables.py"


@pytest.mark.parametrize(
    "words", re.findall(r"^\$ augreg list (.*?)(?: +#.*)?$", PAGE.read_text(encoding="utf-8"), re.M)
)
def test_its_searches_find_something(words: str) -> None:
    result = CliRunner().invoke(app, ["list", *words.replace('"', "").split()], prog_name="augreg")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) > 1


def test_the_settings_that_it_names_are_read() -> None:
    rows = re.findall(
        r"^\| (`[a-z_]+`(?:, `[a-z_]+`)*) \|", PAGE.read_text(encoding="utf-8").partition("## Names")[0], re.M
    )
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} <= set(KEYS)


def test_refused_settings_are_refused() -> None:
    for key in ("shear", "perspective"):
        with pytest.raises(augreg.ConfigError, match=f"Set {key}: 0"):
            augreg.convert({"fliplr": 0.5, key: 0.1})

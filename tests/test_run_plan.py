"""Plans, settings and manifest lines of folder jobs, without files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augreg.errors import ConfigError
from augreg.run import Item, Settings
from augreg.run.manifest import as_json
from augreg.run.plan import distinct


@given(names=st.sets(st.from_regex(r"[aAb]{1,2}(\.[aA])?\.(png|gif|jpg|PNG|txt)", fullmatch=True), max_size=12))
def test_no_two_inputs_share_an_output(names: set[str]) -> None:
    items = []
    for i, name in enumerate(sorted(names)):
        stem, _, suffix = name.rpartition(".")
        items.append(Item(i, name, name, "image", stem, ".png" if suffix == "gif" else f".{suffix}"))
    outputs = [item.output(0).casefold() for item in distinct(items, 1)]
    assert len(set(outputs)) == len(items)


def test_settings_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="copies is 0"):
        Settings(source=tmp_path, out=tmp_path, seed=1, copies=0)
    with pytest.raises(ConfigError, match="on_error is 'explode'"):
        Settings(source=tmp_path, out=tmp_path, seed=1, on_error="explode")  # type: ignore[arg-type]


def test_manifest_lines_are_ascii_and_single(tmp_path: Path) -> None:
    line = as_json({"source": "a\n\udce9\u2028.txt"})
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert json.loads(line)["source"] == "a\n\udce9\u2028.txt"

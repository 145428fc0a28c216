"""Plans, settings and manifest lines of folder jobs, without files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augreg.errors import ConfigError
from augreg.jobs import Item, Settings
from augreg.jobs.manifest import as_json
from augreg.jobs.plan import distinct, make_plan
from augreg.jobs.sources import Folder
from augreg.jobs.walk import walk
from augreg.registry import default


@given(names=st.sets(st.from_regex(r"[aAb]{1,2}(\.[aA])?\.(png|gif|jpg|PNG|txt)", fullmatch=True), max_size=12))
def test_no_two_inputs_share_an_output(names: set[str]) -> None:
    items = []
    for i, name in enumerate(sorted(names)):
        stem, _, suffix = name.rpartition(".")
        items.append(Item(i, name, name, "image", stem, ".png" if suffix == "gif" else f".{suffix}"))
    outputs = [item.output(0).casefold() for item in distinct(items, 1)]
    assert len(set(outputs)) == len(items)


def test_links_that_lead_round_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "self.jpg").symlink_to("self.jpg")
    (tmp_path / "here.txt").symlink_to("there.txt")
    (tmp_path / "there.txt").symlink_to("here.txt")
    found = {path: fault and fault.code for path, fault, _ in walk(tmp_path)}
    assert found == dict.fromkeys(("deep/self.jpg", "here.txt", "there.txt"), "E_MISSING")


def test_a_folder_that_cannot_be_listed_stops_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "locked").mkdir()
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)  # root may list every folder
    with pytest.raises(ConfigError, match=r"locked' cannot be listed: Permission denied. Change its permissions"):
        list(walk(tmp_path))


def test_an_input_that_is_a_file_is_named_so(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(ConfigError, match=r"a.png' is a file. Give the folder that it lies in"):
        make_plan(Folder(tmp_path / "a.png"), ["image"], 1, default())
    with pytest.raises(ConfigError, match=r"nothing' is not there"):
        make_plan(Folder(tmp_path / "nothing"), ["image"], 1, default())


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

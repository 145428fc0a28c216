"""A manifest may come from anyone: whatever it says, `augreg inspect` names what cannot be looked at, and goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from planted import picture, write_picture

import augreg
from augreg.jobs import Settings, inspect, run

FORMS = ("folder", "webdataset", "parquet", "arrow")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "said",
    [
        {"output": "/etc/passwd"},
        {"output": "../in/0.png"},
        {"output": "."},
        {"row": -1},
        {"row": 10**12},
        {"row": "seven"},
        {"member": "../0.png"},
        {"member": None},
        {"column": "nothing"},
        {"sha256": None},
        {"bytes": -1},
        {"modality": None},
        {"steps": []},
    ],
    ids=str,
)
def test_forged_lines_do_no_harm(tmp_path: Path, form: str, said: dict[str, Any]) -> None:
    for seed in range(3):
        write_picture(tmp_path / "in" / f"{seed}.png", picture(seed))
    out = tmp_path / "out"
    run(augreg.Pipeline({"image": ["image.hflip"]}), Settings(source=str(tmp_path / "in"), out=out, seed=1, to=form))
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    lines[1].update({name: value for name, value in said.items() if name in lines[1]})
    (out / "manifest.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = inspect(out)
    assert sum(found.account.outputs.values()) == 3
    assert sum(found.sampled.values()) + len(found.faults) == 3
    assert len(found.faults) <= 1

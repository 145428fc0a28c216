"""Samples that steps mix, where some have run lengths and some polygons; and batches of jobs of which one is bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from painted import BOXES, paint, picture
from pycocotools import mask as coco_mask

import augreg
from augreg.jobs import Settings, run


def record(number: int, *, crowd: bool) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for x, y, w, h in BOXES.values():
        outline = [x, y, x + w, y, x + w, y + h, x, y + h]
        annotations.append({"bbox": [x, y, w, h], "area": w * h, "segmentation": [outline], "iscrowd": 0})
    if crowd:
        mask = np.zeros((128, 160), np.uint8, order="F")
        mask[100:120, 5:60] = 1
        annotations.append(
            {"bbox": [5, 100, 55, 20], "area": 1100, "segmentation": coco_mask.encode(mask), "iscrowd": 1}
        )
    return {"image": PIL.Image.fromarray(picture()), "annotations": annotations, "id": number}


@pytest.mark.filterwarnings("ignore:__array__ implementation")  # pycocotools and numpy 2
@pytest.mark.parametrize("at", [0, 2, None])
def test_mixup_holds_the_objects_of_both(at: int | None) -> None:
    """COCO has run lengths in few pictures only; a batch with one of them used to be refused."""
    pipe = augreg.Pipeline({"image": [{"image.mixup": {"p": 1.0}}]})
    out = pipe([record(i, crowd=i == at) for i in range(4)], seed=1)
    for each in out:
        crowds = [one for one in each["annotations"] if one["iscrowd"]]
        outlines = [one["segmentation"] for one in each["annotations"] if not one["iscrowd"]]
        assert len(outlines) == 2 * len(BOXES)
        assert all(isinstance(outline, list) for outline in outlines)
        for one in crowds:
            assert coco_mask.decode(one["segmentation"])[100:120, 5:60].all()
            assert one["area"] == 1100
    assert sum(one["iscrowd"] for each in out for one in each["annotations"]) == (0 if at is None else 2)


def test_objects_without_a_mask_stay_in_a_mosaic() -> None:
    pipe = augreg.Pipeline({"image": [{"image.mosaic": {"p": 1.0}}]})
    plain = pipe([record(i, crowd=False) for i in range(4)], seed=1)
    mixed = pipe([record(i, crowd=i == 2) for i in range(4)], seed=1)
    for before, after in zip(plain, mixed, strict=True):
        assert before["annotations"] == [one for one in after["annotations"] if not one["iscrowd"]]


def test_a_bad_sample_does_not_part_those_that_are_mixed(tmp_path: Path) -> None:
    """Tried alone each sample would be mixed with itself: the good ones must be a batch again."""
    names = [f"{i}.png" for i in range(6)]
    paint(tmp_path / "in", names)
    for name in names[:5]:
        (tmp_path / "in" / name).with_suffix(".txt").write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "in" / "3.txt").write_text("0 0.5 0.5 0.2 7\n")
    pipe = augreg.Pipeline({"image": [{"image.mixup": {"p": 1.0}}]})
    done = run(pipe, Settings(source=tmp_path / "in", out=tmp_path / "out", seed=1, labels="yolo"))
    assert [name for name, _, _ in done.tally.errors] == ["3.png"]
    lines = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    made = {line["source"]: line for line in lines if line["outcome"] == "ok" and "labels" in line}
    assert len(made) == 4
    for name in made:
        assert len((tmp_path / "out" / f"{name.removesuffix('.png')}__a0.txt").read_text().splitlines()) == 2

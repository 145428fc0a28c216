"""Masks of objects and a label map in one record: both move alike, or it is refused with the schema to write."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from torchvision import tv_tensors

import augreg

HEIGHT, WIDTH = 48, 64
PICTURE = PIL.Image.fromarray(np.arange(HEIGHT * WIDTH * 3, dtype=np.uint32).reshape(HEIGHT, WIDTH, 3).astype(np.uint8))
LABELS = np.tile((np.arange(WIDTH) // 16).astype(np.uint8), (HEIGHT, 1))
INSTANCES = np.zeros((2, HEIGHT, WIDTH), dtype=np.uint8)
INSTANCES[0, 5:15, 10:30] = 1
INSTANCES[1, 20:30, 40:60] = 1
BOXES = tv_tensors.BoundingBoxes([[10, 5, 30, 15], [40, 20, 60, 30]], format="XYXY", canvas_size=(HEIGHT, WIDTH))
FLIP = augreg.Pipeline([{"image.hflip": {"p": 0.5}}])
TIED = {"role": "image", "tie": "image", "interpolation": "nearest"}

KINDS: dict[str, Any] = {
    "array": LABELS,
    "tensor": torch.from_numpy(LABELS),
    "PIL": PIL.Image.fromarray(LABELS),
    "tv_tensor": tv_tensors.Mask(torch.from_numpy(LABELS)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["mask", "label_map", "gt_seg_map", "seg", "semantic"])
def test_nothing_is_passed_over(name: str, kind: str) -> None:
    record = {"image": PICTURE, "boxes": BOXES, "masks": INSTANCES, name: KINDS[kind], "id": 1}
    with pytest.raises(augreg.SampleError, match=f"{name!r}.*schema="):
        augreg.augment(record, FLIP, seed=1)


ADVISED: dict[str, Any] = {
    "masks first": {"masks": INSTANCES, "mask": LABELS},
    "masks last": {"mask": LABELS, "masks": INSTANCES},
    "a list of masks": {"mask": LABELS, "masks": list(INSTANCES)},
    "masks on the sample": {"image": augreg.Image(PICTURE, masks=INSTANCES), "mask": LABELS},
}


@pytest.mark.parametrize("given", ADVISED.values(), ids=list(ADVISED))
def test_the_schema_that_the_error_names_moves_both_alike(given: dict[str, Any]) -> None:
    records = [{"image": PICTURE, "boxes": BOXES, **given, "id": i} for i in range(8)]
    if "masks" in given:
        advice = re.escape(f"schema={{'image': 'image', 'mask': {TIED}, ...}}")
        with pytest.raises(augreg.SampleError, match=f"has masks in .* and a sample has one.*{advice}"):
            augreg.augment(records, FLIP, seed=1)
    more = {"masks": "masks of boxes"} if "masks" in given else {}
    schema = {"image": "image", "boxes": "boxes of image", "mask": TIED, **more}
    out = augreg.augment(records, FLIP, seed=1, schema=schema)
    mirrored = 0
    for record in out:
        held = record["masks"] if "masks" in record else record["image"].masks
        fired = (np.asarray(record["mask"]) == LABELS[:, ::-1]).all()
        assert (np.asarray(held) == (INSTANCES[:, :, ::-1] if fired else INSTANCES)).all()
        assert (np.asarray(record["mask"]) == (LABELS[:, ::-1] if fired else LABELS)).all()
        assert (record["boxes"][0].tolist() == [34, 5, 54, 15]) == fired
        mirrored += int(fired)
    assert 0 < mirrored < len(out)


def test_run_lengths_and_a_label_map_are_refused_with_that_schema() -> None:
    lengths = {"size": [HEIGHT, WIDTH], "counts": [0, 10, HEIGHT * WIDTH - 10]}
    record = {"image": PICTURE, "annotations": [{"bbox": [0, 0, 1, 10], "segmentation": lengths}], "mask": LABELS}
    with pytest.raises(augreg.SampleError, match=re.escape(f"'mask': {TIED}")):
        augreg.augment(record, FLIP)


COLORED: dict[str, Any] = {
    "PIL": PICTURE,
    "augreg.Image of PIL": augreg.Image(PICTURE),
    "augreg.Image of an array": augreg.Image(np.asarray(PICTURE)),
    "tv_tensors.Image": tv_tensors.Image(torch.zeros(3, HEIGHT, WIDTH)),
}


@pytest.mark.parametrize("picture", COLORED.values(), ids=list(COLORED))
def test_a_picture_of_one_channel_beside_one_in_color_is_asked_about(picture: Any) -> None:
    with pytest.raises(augreg.SampleError, match="'seg' has one channel and the size of 'image'"):
        augreg.augment({"image": picture, "seg": KINDS["PIL"]}, FLIP)
    other = PIL.Image.fromarray(LABELS).resize((20, 20))
    augreg.augment({"image": picture, "thumbnail": other}, FLIP)


def test_an_object_of_run_lengths_that_is_pasted_where_none_are_is_refused() -> None:
    lengths = {"size": [HEIGHT, WIDTH], "counts": [480, 10, HEIGHT * WIDTH - 490]}
    polygon = [[40, 20, 60, 20, 60, 30]]
    records = [{"@": PICTURE, "boxes": [[10, 5, 20, 10]], "segmentation": [each]} for each in (lengths, polygon)]
    schema = {"@": "image", "boxes": "xywh boxes of @", "segmentation": "segmentation of boxes"}
    said = set()
    for seed in range(8):  # some draw a sample as its own partner
        try:
            augreg.augment(records, [{"image.copy_paste": {"p": 1}}], seed=seed, keys=[1, 2], schema=schema)
        except augreg.SampleError as error:
            said.add(re.sub(r"record [01]", "record N", str(error)).split(" (")[0])
    assert said == {"a step mixed an object into record N without its segmentation"}

"""Pictures without objects among those that are mixed: nobody's boxes, columns or masks get lost."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from torchvision import tv_tensors

import augreg
from augreg import Boxes, Image

H, W = 24, 32
PLACES = [[4.0, 4, 14, 12], [16, 10, 28, 20]]
STEPS = {"mixup": {}, "cutmix": {}, "fmix": {}, "resizemix": {}, "mosaic": {}, "copy_paste": {"chance": 1.0}}
FULL = {"columns": Boxes(PLACES, labels=[1, 2], columns={"id": [7, 8]}), "bare": Boxes(PLACES)}
LACKING = {
    "none": None,
    "empty": Boxes(np.zeros((0, 4))),
    "empty columns": Boxes(np.zeros((0, 4)), labels=[], columns={"id": []}),
    "another format": Boxes(np.zeros((0, 4)), "xywh"),
}


def picture(key: int) -> np.ndarray:
    return np.random.default_rng(key).integers(0, 256, (H, W, 3), dtype=np.uint8)


def masks() -> np.ndarray:
    found = np.zeros((2, H, W), bool)
    for mask, (x0, y0, x1, y1) in zip(found, np.array(PLACES, int), strict=True):
        mask[y0:y1, x0:x1] = True
    return found


def run(batch: list, step: str, seed: int) -> list:
    keys = list(range(len(batch)))
    pipe = augreg.Pipeline({"image": [{f"image.{step}": {"p": 1.0, **STEPS[step]}}]})
    return augreg.augment(batch, pipe, seed=seed, keys=keys)


def check(found: Image, *, columns: bool, with_masks: bool) -> int:
    """Look whether everything that belongs to boxes has one entry per box; return their number."""
    if found.boxes is None:
        return 0
    k = len(found.boxes)
    if columns and k:
        assert len(found.boxes.labels) == len(found.boxes.columns["id"]) == k
        assert [7 if label == 1 else 8 for label in found.boxes.labels] == list(found.boxes.columns["id"])
    if with_masks and k:
        assert len(found.masks) == k
    return k


CASES = list(itertools.product(STEPS, FULL, LACKING, ["no masks", "masks", "empty masks"], [False, True]))


@pytest.mark.parametrize(("step", "full", "lack", "held", "swap"), CASES)
def test_a_partner_without_objects(step: str, full: str, lack: str, held: str, swap: bool) -> None:
    none = np.zeros((0, H, W), bool) if held == "empty masks" else None
    whole = Image(picture(1), boxes=FULL[full], masks=None if held == "no masks" else masks())
    ground = Image(picture(2), boxes=LACKING[lack], masks=none)
    counts = []
    for seed in range(3):
        pair = run([ground, whole] if swap else [whole, ground], step, seed)
        one, other = pair[::-1] if swap else pair
        kind = {"columns": full == "columns", "with_masks": held != "no masks"}
        counts.append((check(one, **kind), check(other, **kind)))
    if step == "mixup":
        assert set(counts) == {(2, 2)}
    elif step == "copy_paste":
        assert set(counts) == {(2, 2)}  # nothing to paste onto the one, both objects onto the other
    else:
        assert any(here for here, _ in counts)
        assert any(there for _, there in counts)


@pytest.mark.parametrize("step", ["mixup", "cutmix", "fmix", "resizemix", "copy_paste"])
@pytest.mark.parametrize("sample", [FULL["columns"], *LACKING.values()])
def test_a_batch_of_one_keeps_its_targets(step: str, sample: Boxes | None) -> None:
    given = Image(picture(1), boxes=sample)
    (found,) = run([given], step, 0)
    assert np.array_equal(found.data, given.data)
    assert (found.boxes is None) == (sample is None)
    if sample is not None:
        np.testing.assert_array_equal(found.boxes.data, sample.data)
        assert found.boxes.labels == sample.labels


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("form", ["XYXY", "XYWH", "CXCYWH"])
def test_records_without_objects_get_boxes_in_their_own_format(step: str, form: str) -> None:
    """What is gained comes in the format of the partner, and the field states one of its own."""

    def record(key: int, places: list, name: str) -> dict:
        rows = torch.tensor(places, dtype=torch.float64).reshape(-1, 4)
        boxes = tv_tensors.BoundingBoxes(rows, format=name, canvas_size=(H, W))
        image = tv_tensors.Image(torch.from_numpy(picture(key)).permute(2, 0, 1))
        return {"image": image, "boxes": boxes, "labels": torch.arange(len(places))}

    whole = record(1, PLACES, "XYXY")
    expected = run([record(2, [], "XYXY"), whole], step, 4)[0]
    found = run([record(2, [], form), whole], step, 4)[0]
    assert found["boxes"].format.value == form
    assert len(found["labels"]) == len(found["boxes"]) > 0
    back = torch.tensor(found["boxes"].tolist(), dtype=torch.float64)
    if form != "XYXY":
        half = back[:, 2:] / 2 if form == "CXCYWH" else 0.0
        start = back[:, :2] - half
        back = torch.cat([start, start + back[:, 2:]], dim=1)
    assert torch.allclose(back, torch.tensor(expected["boxes"].tolist(), dtype=torch.float64))


@pytest.mark.parametrize("step", STEPS)
def test_a_column_that_one_lacks_is_refused_by_name(step: str) -> None:
    pair = [Image(picture(1), boxes=Boxes(PLACES, labels=[1, 2])), Image(picture(2), boxes=Boxes([[1, 13, 10, 22]]))]
    with pytest.raises(augreg.SampleError, match="one has labels beside its boxes or points and another has none"):
        run(pair, step, 0)

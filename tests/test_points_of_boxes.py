"""Keypoints, segments and masks that belong to boxes: each stays with its own, as torchvision's and in mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from torchvision import tv_tensors

import augreg

HEIGHT, WIDTH = 48, 64
PICTURE = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8))
BOXES = [[0.0, 0, 10, 10], [30, 20, 40, 30], [40, 4, 60, 40]]
CROP = [{"image.center_crop": {"size": [20, 24]}}]  # leaves the second and a part of the third
FLIP = [{"image.hflip": {"p": 1}}]
NO_SIDES = {"role": "keypoints", "of": "boxes", "flip_pairs": []}


def points(count: int = 3) -> torch.Tensor:
    """Return points of every box: its corners and its middle, as many as wanted."""
    places = [(0.0, 0.0), (1.0, 1.0), (0.5, 0.5)][:count]
    return torch.tensor([[[x + u * (r - x), y + v * (b - y)] for u, v in places] for x, y, r, b in BOXES])


def target(keypoints: Any, **more: Any) -> dict[str, Any]:
    boxes = tv_tensors.BoundingBoxes(torch.tensor(BOXES), format="XYXY", canvas_size=(HEIGHT, WIDTH))
    return {"boxes": boxes, "labels": torch.tensor([1, 2, 3]), "keypoints": keypoints, **more}


def held(data: torch.Tensor) -> tv_tensors.KeyPoints:
    return tv_tensors.KeyPoints(data, canvas_size=(HEIGHT, WIDTH))


@pytest.mark.parametrize("form", ["pair", "record"])
def test_keypoints_of_torchvision_leave_with_their_boxes(form: str) -> None:
    given = target(held(points()))
    if form == "pair":
        _, out = augreg.augment((PICTURE, given), CROP)
    else:
        out = augreg.augment({"image": PICTURE, **given}, CROP)
    assert out["labels"].tolist() == [2, 3]
    assert type(out["keypoints"]) is tv_tensors.KeyPoints
    assert out["keypoints"].canvas_size == (20, 24)
    torch.testing.assert_close(torch.as_tensor(out["keypoints"]), points()[1:] - torch.tensor([20.0, 14.0]))


def test_several_for_each_box_are_not_mirrored_before_their_sides_are_said() -> None:
    with pytest.raises(augreg.SampleError, match=r"image\.hflip mirrors 'keypoints', 3 keypoints for each.*flip_pairs"):
        augreg.augment((PICTURE, target(held(points()))), FLIP)
    schema = {"image": "image", "boxes": "boxes of image", "keypoints": NO_SIDES}
    out = augreg.augment({"image": PICTURE, **target(held(points()))}, FLIP, schema=schema)
    expected = points() * torch.tensor([-1.0, 1.0]) + torch.tensor([WIDTH, 0.0])
    assert torch.equal(out["keypoints"], held(expected))
    assert out["keypoints"].canvas_size == (HEIGHT, WIDTH)
    _, alone = augreg.augment((PICTURE, target(held(points(1)))), FLIP)
    assert torch.equal(torch.as_tensor(alone["keypoints"]), expected[:, :1])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("keypoints", held(points()[:2])),
        ("masks", tv_tensors.Mask(torch.zeros(2, HEIGHT, WIDTH, dtype=torch.uint8))),
        ("masks", np.zeros((4, HEIGHT, WIDTH), bool)),
    ],
)
def test_another_number_than_that_of_the_boxes_is_refused(name: str, value: Any) -> None:
    given = {**target(held(points())), name: value}
    with pytest.raises(augreg.SampleError, match=f"'{name}' is {name} of 'boxes' and holds {len(value)} entries for 3"):
        augreg.augment((PICTURE, given), CROP)


def test_points_of_the_picture_stay_its_own() -> None:
    _, out = augreg.augment((PICTURE, target(held(points()[0]))), CROP)
    assert out["keypoints"].shape == (3, 2)
    _, out = augreg.augment((PICTURE, {"keypoints": held(points())}), CROP)
    assert out["keypoints"].shape == (3, 3, 2)


def annotations() -> list[dict[str, Any]]:
    found = []
    for i, (x, y, r, b) in enumerate(BOXES):
        labelled = [[x, y, 2], [r, b, 2], [(x + r) / 2, (y + b) / 2, 2]]
        flat = [number for point in (*labelled, *[[0, 0, 0]] * 14) for number in point]
        outline = [[x, y, r, y, r, b, x, b]]
        found.append({"id": i, "bbox": [x, y, r - x, b - y], "segmentation": outline, "keypoints": flat, "area": 1.0})
    return found


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("seed", range(8))
def test_a_mosaic_that_shows_a_picture_several_times_gives_each_object_its_own_points(count: int, seed: int) -> None:
    pipe = augreg.Pipeline([{"image.mosaic": {"p": 1, "min_area": 30}}])
    several = False
    for _, found in pipe([(PICTURE, annotations()) for _ in range(count)], seed=seed, keys=range(count)):
        several |= len(found) > 3
        for each in found:
            x, y, width, height = each["bbox"]
            low, high = np.array([x, y]), np.array([x + width, y + height])
            rows = np.reshape(each["keypoints"], (-1, 3))
            assert len(rows) == 17
            seen = rows[rows[:, 2] == 2, :2]
            assert ((seen >= low - 1e-3) & (seen <= high + 1e-3)).all()
            outline = np.reshape(each["segmentation"][0], (-1, 2))
            assert len(each["segmentation"]) == 1
            np.testing.assert_allclose([outline.min(axis=0), outline.max(axis=0)], [low, high], atol=1e-3)
    assert several

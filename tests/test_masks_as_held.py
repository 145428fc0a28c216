"""Masks as people hold them: channels last, of another size than the picture, of numbers that are no labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

import augreg

HEIGHT, WIDTH = 40, 60
RNG = np.random.default_rng(0)
PICTURE = RNG.integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
LABELS = RNG.integers(0, 4, (HEIGHT, WIDTH)).astype(np.uint8)
ONE_HOT = np.eye(4, dtype=np.uint8)[LABELS]
SCHEMA = {"image": "image", "mask": "mask of image"}
MOVES = [{"image.rotate": {"degrees": [30, 30], "p": 1}}, {"image.crop": {"size": [30, 50]}}]


def moved(mask: Any, image: Any = PICTURE, schema: Any = None) -> Any:
    return augreg.augment({"image": image, "mask": mask}, MOVES, seed=3, keys=1, schema=schema)["mask"]


@pytest.mark.parametrize("schema", [None, SCHEMA])
@pytest.mark.parametrize("dtype", [np.uint8, np.bool_, np.int64, ">i2"])
def test_channels_that_stand_last_move_each_as_a_map_of_its_own(schema: Any, dtype: Any) -> None:
    given = ONE_HOT.astype(dtype)
    found = moved(given, schema=schema)
    assert (found.shape, found.dtype) == ((30, 50, 4), given.dtype)
    for channel in range(4):
        alone = moved(np.ascontiguousarray(given[..., channel]), schema=schema)
        np.testing.assert_array_equal(found[..., channel], alone)


def test_where_both_readings_fit_channels_stand_first() -> None:
    maps = RNG.integers(0, 9, (40, 40, 40)).astype(np.uint8)
    flip = augreg.Pipeline([{"image.hflip": {"p": 1}}], schema=SCHEMA)
    np.testing.assert_array_equal(flip({"image": PICTURE[:, :40], "mask": maps})["mask"], maps[:, :, ::-1])


SMALLER: dict[str, Any] = {
    "array": LABELS[:30],
    "channels": ONE_HOT[:30],
    "tensor": torch.from_numpy(LABELS[:, :30]),
    "PIL": PIL.Image.fromarray(LABELS[:30]),
    "channels of a tensor": torch.from_numpy(ONE_HOT),
}


@pytest.mark.parametrize("mask", SMALLER.values(), ids=list(SMALLER))
def test_masks_of_another_size_are_refused(mask: Any) -> None:
    with pytest.raises(augreg.SampleError, match=r"'mask': it holds labels of .*height and width \(40, 60\)"):
        moved(mask, schema=SCHEMA)


def test_masks_of_boxes_of_another_size_are_refused() -> None:
    record = {"image": PICTURE, "boxes": [[1, 1, 9, 9]], "parts": np.zeros((1, 30, 30), bool)}
    schema = {"image": "image", "boxes": "xyxy boxes of image", "parts": "masks of boxes"}
    with pytest.raises(augreg.SampleError, match=r"'parts': it holds labels of \(1, 30, 30\)"):
        augreg.augment(record, MOVES, seed=3, keys=1, schema=schema)


@pytest.mark.parametrize("kind", [np.asarray, torch.from_numpy])
def test_numbers_that_are_no_labels_are_refused_with_the_schema_that_moves_them(kind: Any) -> None:
    soft = kind(np.linspace(0, 1, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH))
    tied = {"role": "image", "tie": "image", "interpolation": "nearest"}
    with pytest.raises(augreg.SampleError, match=f"is no mask: .*{tied}"):
        moved(soft, schema=SCHEMA)
    with pytest.raises(augreg.SampleError, match=f"{tied}}} .*flow and disparity stay true"):
        moved(soft, image=PIL.Image.fromarray(PICTURE))
    found = moved(soft, schema={"image": "image", "mask": tied})
    assert set(np.unique(np.asarray(found))) <= set(np.unique(np.asarray(soft)))

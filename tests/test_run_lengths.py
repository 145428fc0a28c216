"""COCO's run lengths beside pycocotools, in every form that people hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pycocotools.mask
import pytest
from hypothesis import given, settings
from hypothesis.extra import numpy as hnp

import augreg
from augreg.data import run_lengths

MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


@given(mask=MASKS)
@settings(max_examples=200, deadline=None)
def test_packed_counts_are_those_of_pycocotools(mask: np.ndarray) -> None:
    theirs = pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert run_lengths.encode(mask, like=b"") == {"size": list(theirs["size"]), "counts": theirs["counts"]}
    assert run_lengths.encode(mask, like="")["counts"] == theirs["counts"].decode()
    assert (run_lengths.decode(theirs) == mask).all()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # of pycocotools itself
@given(mask=MASKS)
@settings(max_examples=100, deadline=None)
def test_lists_of_counts_are_read_and_written(mask: np.ndarray) -> None:
    listed = run_lengths.encode(mask)
    assert listed["counts"][0] == next((i for i, x in enumerate(mask.T.reshape(-1)) if x), mask.size)
    assert (run_lengths.decode(listed) == mask).all()
    theirs = pycocotools.mask.frPyObjects(listed, *mask.shape)
    assert (pycocotools.mask.decode(theirs) == mask).all()


GOLDEN = "01d<h0kC" + "0" * 77 + "K"


def test_known_strings() -> None:
    """What pycocotools 2.0.11 wrote."""
    mask, wide = np.zeros((9, 11), dtype=bool), np.zeros((40, 50), dtype=bool)
    mask[2:7, 3:8] = wide[5:30, 10:] = wide[0, 0] = True
    assert run_lengths.encode(mask, like=b"")["counts"] == b"m0540000000i0"
    assert run_lengths.encode(wide, like="")["counts"] == GOLDEN
    assert (run_lengths.decode({"size": [40, 50], "counts": GOLDEN}) == wide).all()


@pytest.mark.parametrize(
    "like", [[9], (9,), np.array([9], dtype=np.uint32), "9", b"9"], ids=lambda like: str(type(like))
)
@pytest.mark.parametrize("size", [[4, 6], (4, 6)], ids=["list", "tuple"])
def test_the_kinds_of_size_and_counts_come_back(size: Any, like: Any) -> None:
    mask = np.zeros((4, 6), dtype=bool)
    mask[1:3, 2:] = True
    lengths = {"size": size, "counts": run_lengths.encode(mask, like)["counts"], "more": 1}
    record = {"image": np.zeros((4, 6, 3), dtype=np.uint8), "boxes": [[2, 1, 4, 2]], "parts": [lengths]}
    schema = {"image": "image", "boxes": "xywh boxes of image", "parts": "segmentation of boxes"}
    (found,) = augreg.augment(record, [{"image.hflip": {"p": 1}}], schema=schema)["parts"]
    assert (run_lengths.decode(found) == mask[:, ::-1]).all()
    assert (type(found["size"]), type(found["counts"]), found["more"]) == (type(size), type(like), 1)
    assert getattr(found["counts"], "dtype", None) == getattr(like, "dtype", None)


def test_large_runs_take_several_characters() -> None:
    mask = np.zeros((700, 900), dtype=bool)
    mask[100:650, 3:870] = True
    theirs = pycocotools.mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    assert run_lengths.encode(mask, like=b"")["counts"] == theirs["counts"]


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        ({"counts": [4]}, "need 'size' and 'counts'"),
        ({"size": [2, 2], "counts": [3]}, "run lengths of 3 pixels do not fill a mask of 2 x 2"),
        ({"size": [2, 2], "counts": [6, -2]}, "do not fill"),
        ({"size": [2, 2], "counts": "\u007f"}, "hold the byte 127"),
        ({"size": [2, 2], "counts": "4V"}, "end within a number"),
        ({"size": [2], "counts": [2]}, r"size \[2\]; give \[height, width\]"),
        ({"size": ["2", "2"], "counts": [4]}, "give .height, width."),
        ({"size": [2, 3], "counts": [1.9, 5.1]}, "give whole numbers in a list"),
        ({"size": [2, 3], "counts": 6}, "give whole numbers in a list"),
    ],
)
def test_broken_run_lengths_are_refused(encoded, message) -> None:
    with pytest.raises(augreg.SampleError, match=message):
        run_lengths.decode(encoded)

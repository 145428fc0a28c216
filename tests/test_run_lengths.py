"""COCO's run lengths beside pycocotools, and polygons beside shapely."""

from __future__ import annotations

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
    ],
)
def test_broken_run_lengths_are_refused(encoded, message) -> None:
    with pytest.raises(augreg.SampleError, match=message):
        run_lengths.decode(encoded)

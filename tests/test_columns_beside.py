"""Fields with as many entries as there are boxes: usual ones follow; of others it is said that they stay."""

from __future__ import annotations

import warnings

import pytest
import torch

import augreg
from augreg.intake import handed_back

tv = pytest.importorskip("torchvision.tv_tensors")

CROP = augreg.Pipeline({"image": [{"image.center_crop": {"size": 20}}]})


@pytest.fixture(autouse=True)
def nothing_said():
    handed_back._said.clear()


def record(**fields):
    corners = [[0, 0, 8, 8], [20, 12, 40, 30], [55, 40, 64, 48]]
    boxes = tv.BoundingBoxes(corners, format="XYXY", canvas_size=(48, 64))
    return {"image": tv.Image(torch.zeros(3, 48, 64, dtype=torch.uint8)), "boxes": boxes, "key": 1, **fields}


@pytest.mark.parametrize("name", ["labels", "cls", "class", "class_ids", "class_names", "bbox_labels", "confidence"])
@pytest.mark.parametrize(
    "values", [[1, 2, 3], ["a", "b", "c"], torch.tensor([1, 2, 3])], ids=["list", "texts", "tensor"]
)
def test_columns_that_are_called_so_follow_the_boxes(name, values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        out = CROP(record(**{name: values}), seed=0)
    assert len(out["boxes"]) == 1
    assert list(out[name]) == [values[1]]


def test_of_any_other_field_it_is_said_once_that_it_stays():
    with pytest.warns(augreg.RowsWarning, match=r"'boxes' went from 3 to 1 entries, and 'foo'.*'per box of boxes'"):
        out = CROP(record(foo=[1, 2, 3]), seed=0)
    assert out["foo"] == [1, 2, 3]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CROP(record(foo=[1, 2, 3]), seed=0)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        ({"foo": [1, 2]}, None),
        ({"foo": 3}, None),
        ({"foo": "abc"}, None),
        ({"foo": [1, 2, 3]}, {"extra": ["foo"]}),
        ({"foo": [1, 2, 3]}, {"image": "image", "boxes": "boxes of image", "foo": "per box of boxes"}),
    ],
)
def test_nothing_is_said_where_there_is_nothing_to_say(fields, schema):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        CROP(record(**fields), seed=0, schema=schema)


def test_nothing_is_said_while_all_boxes_are_there():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        augreg.Pipeline({"image": [{"image.hflip": {"p": 1}}]})(record(foo=[1, 2, 3]), seed=0)


def test_an_area_that_is_no_number_is_any_column():
    assert CROP(record(area=["a", "b", "c"]), seed=0)["area"] == ["b"]

"""Boxes of all formats against torchvision, OpenCV and brute force."""

import cv2
import numpy as np
import pytest
import torch
import torchvision.transforms.v2.functional as tv
from augreg_image.geometry import Affine, HFlip, Rotate, VFlip
from augreg_image.resize import Resize, ResizedCrop
from augreg_image.targets.boxes import corners, from_corners, visible_area
from hypothesis import given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, noise, run, run_with
from torchvision import tv_tensors

from augreg import Boxes
from augreg.data.targets import BOX_COLUMNS

CORNERS = np.array([[8.0, 6.0, 20.0, 12.0], [3.0, 10.0, 12.0, 25.0], [14.5, 14.25, 30.0, 22.5]])


def boxes_in(form, angle=25.0):
    x, y, right, bottom = CORNERS.T
    w, h = right - x, bottom - y
    r = np.full(3, angle)
    columns = {
        "xyxy": (x, y, right, bottom), "xywh": (x, y, w, h), "cxcywh": (x + w / 2, y + h / 2, w, h),
        "xywhr": (x, y, w, h, r), "cxcywhr": (x + w / 2, y + h / 2, w, h, r),
    }  # fmt: skip
    if form == "xyxyxyxy":
        return Boxes(corners(boxes_in("cxcywhr", angle)).reshape(-1, 8), "xyxyxyxy", labels=[1, 2, 3])
    return Boxes(np.stack(columns[form], axis=1), form, labels=[1, 2, 3])


@pytest.mark.parametrize("form", ["xywhr", "cxcywhr"])
def test_corners_equal_torchvision(form):
    boxes = boxes_in(form)
    theirs = tv_tensors.BoundingBoxes(torch.from_numpy(boxes.data), format=form.upper(), canvas_size=(40, 50))
    found = tv.convert_bounding_box_format(theirs, new_format="XYXYXYXY").numpy()
    np.testing.assert_allclose(corners(boxes).reshape(-1, 8), found, atol=1e-9)


@pytest.mark.parametrize("form", list(BOX_COLUMNS))
def test_formats_survive_a_round_trip(form):
    boxes = boxes_in(form)
    np.testing.assert_allclose(from_corners(corners(boxes), form), boxes.data, atol=1e-9)


@pytest.mark.parametrize("form", list(BOX_COLUMNS))
@pytest.mark.parametrize(("augmenter", "reference"), [(HFlip(), tv.horizontal_flip), (VFlip(), tv.vertical_flip)])
def test_flips_equal_torchvision(form, augmenter, reference):
    boxes = boxes_in(form)
    out = run(augmenter, batch_of(noise(40, 50), boxes=[boxes])).info.target("boxes")[0]
    theirs = tv_tensors.BoundingBoxes(torch.from_numpy(boxes.data), format=form.upper(), canvas_size=(40, 50))
    expected = Boxes(reference(theirs).numpy(), form)
    same_outline(corners(out), corners(expected))


def same_outline(a, b):
    for one, other in zip(a, b, strict=True):
        order = [np.abs(one - np.roll(step, k, axis=0)).max() for step in (other, other[::-1]) for k in range(4)]
        assert min(order) < 1e-4


@pytest.mark.parametrize("form", list(BOX_COLUMNS))
@pytest.mark.parametrize("augmenter", [Rotate(), Resize(size=(31, 77)), HFlip(), VFlip(), Affine(shear=0, min_area=0)])
def test_corners_move_as_keypoints_would(form, augmenter):
    from augreg import Keypoints

    boxes = boxes_in(form)
    points = Keypoints(corners(boxes).reshape(-1, 2))
    out = run(augmenter, batch_of(noise(40, 50), boxes=[boxes], keypoints=[points])).info
    moved = out.target("keypoints")[0].data.reshape(-1, 4, 2)
    found = out.target("boxes")[0]
    similar = not isinstance(augmenter, Resize)
    if form in ("xyxy", "xywh", "cxcywh"):
        lows = np.clip(moved.min(axis=1), 0, None)
        np.testing.assert_allclose(corners(found).min(axis=1), lows, atol=1e-9)
    elif similar or form == "xyxyxyxy":
        same_outline(corners(found), moved)
    else:
        for outline, point in zip(corners(found), moved, strict=True):
            grown = cv2.convexHull(outline.astype(np.float32))
            assert all(cv2.pointPolygonTest(grown, p.tolist(), True) > -1e-3 for p in point.astype(np.float32))


def test_boxes_are_clipped_filtered_and_keep_their_labels_and_fields():
    boxes = Boxes(
        [[0, 0, 10, 10], [5, 5, 9, 30], [30, 30, 40, 40]], labels=["a", "b", "c"], columns={"id": np.arange(3)}
    )
    params = {"top": [0], "left": [0], "height": [20], "width": [20]}
    batch = batch_of(noise(40, 40), boxes=[boxes])
    out = run_with(ResizedCrop(size=20), batch, **params).info.target("boxes")[0]
    np.testing.assert_allclose(out.data, [[0, 0, 10, 10], [5, 5, 9, 20]])
    assert out.labels == ["a", "b"]
    assert out.columns["id"].tolist() == [0, 1]
    strict = run_with(ResizedCrop(size=20, min_visibility=0.7), batch, **params).info.target("boxes")[0]
    assert strict.labels == ["a"]
    large = run_with(ResizedCrop(size=20, min_area=70), batch, **params).info.target("boxes")[0]
    assert large.labels == ["a"]
    assert boxes.labels == ["a", "b", "c"]


@pytest.mark.parametrize("form", ["cxcywhr", "xyxyxyxy"])
def test_rotated_boxes_may_stick_out_but_vanish_when_nothing_is_left(form):
    boxes = boxes_in(form)
    params = {"top": [0], "left": [0], "height": [12], "width": [12]}
    out = run_with(ResizedCrop(size=12), batch_of(noise(40, 50), boxes=[boxes]), **params).info.target("boxes")[0]
    assert out.labels == [1, 2]
    same_outline(corners(out), corners(boxes)[:2])


@settings(max_examples=50, deadline=None)
@given(
    x=st.floats(-20, 40), y=st.floats(-20, 40), w=st.floats(0.5, 40), h=st.floats(0.5, 40), r=st.floats(-180, 180)
)  # fmt: skip
def test_visible_area_equals_opencv(x, y, w, h, r):
    points = corners(Boxes([[x, y, w, h, r]], "cxcywhr"))
    canvas = np.array([[0, 0], [30, 0], [30, 20], [0, 20]], dtype=np.float32)
    expected, _ = cv2.intersectConvexConvex(points[0].astype(np.float32), canvas)
    assert visible_area(points, (20, 30))[0] == pytest.approx(expected, abs=0.05)

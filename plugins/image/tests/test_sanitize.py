"""`image.sanitize` leaves the boxes that torchvision's SanitizeBoundingBoxes leaves, and all that is theirs."""

import math

import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision import tv_tensors
from torchvision.transforms import v2

import augreg
from augreg import Boxes, Image, Keypoints

HEIGHT, WIDTH = 40, 60


def sanitize(**settings):
    return augreg.Pipeline([{"image.sanitize": settings}])


@pytest.mark.parametrize("form", ["xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy"])
@pytest.mark.parametrize(("min_size", "min_area"), [(1.0, 1.0), (5.0, 1.0), (1.0, 100.0)])
def test_leaves_what_torchvision_leaves(form, min_size, min_area):
    """Random boxes in every format, in float64, as both compute."""
    rng = np.random.default_rng(0)
    middle, size = rng.uniform(-4, [WIDTH, HEIGHT], (400, 2)), rng.uniform(0, 20, (400, 2))
    size[::3] *= 0.05
    turned = form in ("xywhr", "cxcywhr", "xyxyxyxy")
    angle = [rng.choice([0.0, 30.0, 200.0], (400, 1))] if turned else []
    data, known = np.concatenate([middle, size, *angle], axis=1), "CXCYWHR" if turned else "CXCYWH"
    boxes = tv_tensors.BoundingBoxes(data, format=known, canvas_size=(HEIGHT, WIDTH))
    boxes = v2.functional.convert_bounding_box_format(boxes, new_format=form.upper())
    target = {"boxes": boxes, "labels": torch.arange(400)}
    picture = tv_tensors.Image(torch.zeros(3, HEIGHT, WIDTH, dtype=torch.uint8))
    if turned:  # of such torchvision (0.29) takes the second side from the wrong corners: a loop instead
        kept = [i for i, box in enumerate(boxes) if sound_polygon(box, form, min_size, min_area)]
        wanted = {"boxes": boxes.as_subclass(torch.Tensor)[kept], "labels": torch.tensor(kept)}
    else:
        _, wanted = v2.SanitizeBoundingBoxes(min_size=min_size, min_area=min_area)(picture, target)
    _, found = sanitize(min_size=min_size, min_area=min_area)(picture, target)
    assert 0 < len(found["boxes"]) < 400
    assert torch.equal(found["labels"], wanted["labels"])
    assert torch.equal(found["boxes"].as_subclass(torch.Tensor), wanted["boxes"].as_subclass(torch.Tensor))


def sound_polygon(box, form, min_size, min_area):
    """Whether a turned box has sides that are long enough, and all its corners on the picture."""
    row = tv_tensors.BoundingBoxes(box[None], format=form.upper(), canvas_size=(HEIGHT, WIDTH))
    points = v2.functional.convert_bounding_box_format(row, new_format="XYXYXYXY").reshape(4, 2).tolist()
    sides = math.dist(points[0], points[1]), math.dist(points[1], points[2])
    inside = all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    return inside and min(sides) >= min_size and sides[0] * sides[1] >= min_area


def test_everything_of_a_box_leaves_with_it():
    """Labels, further columns and instance masks; points, label maps and pixels stay."""
    masks = np.zeros((3, HEIGHT, WIDTH), np.uint8)
    masks[:] = np.arange(3)[:, None, None]
    boxes = Boxes([[0, 0, 9, 9], [5, 5, 5.5, 30], [50, 30, 61, 39]], labels=["a", "b", "c"], columns={"id": [7, 8, 9]})
    picture = PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8))
    points = Keypoints([[1, 1]])
    out = sanitize()(Image(picture, boxes=boxes, masks=masks, keypoints=points))
    assert (out.boxes.labels, out.boxes.columns["id"], out.masks[:, 0, 0].tolist()) == (["a"], [7], [0])
    assert out.keypoints is points
    assert out.data == picture
    whole = sanitize()(Image(picture, boxes=boxes, masks=masks[0]))
    assert np.array_equal(whole.masks, masks[0])
    assert len(whole.boxes) == 1


PLACE, SIDE = st.floats(-9, 70), st.floats(0, 30)


@given(st.lists(st.tuples(PLACE, PLACE, SIDE, SIDE), max_size=6), st.floats(0, 5), st.floats(0, 40))
@settings(max_examples=60, deadline=None)
def test_clipped_boxes_are_what_a_clamp_leaves(rows, min_size, min_area):
    """With ``clip`` boxes are cut first, as by torchvision's ClampBoundingBoxes; a loop says which are left."""
    given_boxes = [[x, y, x + w, y + h] for x, y, w, h in rows]
    given_boxes.append([1, 1, 9, 9])  # boxes that all lie in the first pixel are refused as shares of the sides
    wanted = []
    for x, y, right, bottom in given_boxes:
        left, top, right, bottom = max(x, 0), max(y, 0), min(right, WIDTH), min(bottom, HEIGHT)
        width, height = right - left, bottom - top
        if min(width, height) > 0 and min(width, height) >= min_size and width * height >= min_area:
            wanted.append([left, top, right, bottom])
    pipe = sanitize(min_size=min_size, min_area=min_area, clip=True)
    found = pipe(Image(np.zeros((HEIGHT, WIDTH, 3), np.uint8), boxes=Boxes(given_boxes))).boxes
    assert found.data.tolist() == wanted


def test_after_other_steps_on_clips_and_any_dtype():
    """At the end of a pipeline it sees the boxes as they are then; clips go frame by frame."""
    pipe = augreg.Pipeline([{"image.center_crop": {"size": 20}}, {"image.sanitize": {"min_size": 6.0}}])
    boxes = Boxes([[16, 6, 30, 20], [10, 10, 23, 30]], labels=[1, 2])
    out = pipe(Image(np.zeros((HEIGHT, WIDTH, 3), np.float64), boxes=boxes))
    assert out.boxes.labels == [1]
    assert out.data.dtype == np.float64
    clip = augreg.Video(torch.zeros(2, 3, HEIGHT, WIDTH, dtype=torch.uint8), boxes=[Boxes([[0, 0, 0.5, 9]]), boxes])
    done = augreg.Pipeline({"video": [{"image.sanitize": {"min_size": 14.0}}]})(clip)
    assert [len(frame) for frame in done.boxes] == [0, 1]


@pytest.mark.parametrize(("row", "what"), [([0, 0, np.nan, 3], "NaN"), ([5, 5, 2, 2], "end before they start")])
def test_boxes_that_no_step_could_move_are_refused_in_samples_and_records(row, what):
    """They never reach the step: each step before would have to guess what they mean."""
    data = tv_tensors.BoundingBoxes(torch.tensor([row, [1, 1, 9, 9]]), format="XYXY", canvas_size=(HEIGHT, WIDTH))
    picture = torch.zeros(3, HEIGHT, WIDTH)
    with pytest.raises(augreg.SampleError, match=what):
        sanitize()({"image": tv_tensors.Image(picture), "boxes": data})
    with pytest.raises(augreg.SampleError, match=what):
        sanitize()(Image(picture, boxes=Boxes(data)))

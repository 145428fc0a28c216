"""Points of people in a mirror: left and right change places, which must be said or is refused; never from the draw."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

import augreg

PICTURE = PIL.Image.new("RGB", (64, 48))
POINTS = np.array([[[12.0, 8, 2], [14, 20, 2], [26, 20, 1]]])
ROLE = {"role": "keypoints", "of": "boxes", "format": "xyv"}
RECORD = {"photo": PICTURE, "boxes": [[10, 5, 20, 30]], "joints": POINTS, "caption": "A dog on the left.", "id": 1}

MIRRORING: dict[str, Any] = {
    "hflip": ["image.hflip"],
    "vflip": ["image.vflip"],
    "d4": ["image.d4"],
    "that hardly fires": [{"image.hflip": {"p": 1e-9}}],
    "one of two": [{"one_of": ["image.rotate", "image.hflip"]}],
    "joint": {"record": ["image_text.hflip"]},
}


def run(steps: Any, role: Any, joints: Any = POINTS) -> Any:
    schema = {"photo": "image", "boxes": "xywh boxes of photo", "caption": "text", "joints": role}
    return augreg.augment({**RECORD, "joints": joints}, steps, seed=1, schema=schema)["joints"]


@pytest.mark.parametrize("steps", MIRRORING.values(), ids=list(MIRRORING))
def test_where_a_step_mirrors_the_sides_of_points_must_be_said(steps: Any) -> None:
    message = r"mirrors 'joints', 3 keypoints for each.*'flip_pairs': \[\[1, 2\]\]\}\}, or 'flip_pairs': \[\] for"
    for role in (ROLE, "xyv keypoints of boxes"):
        with pytest.raises(augreg.SampleError, match=message):
            run(steps, role)
    run(steps, {**ROLE, "flip_pairs": [[1, 2]]})
    run(steps, {**ROLE, "flip_pairs": []})


def test_a_mirror_moves_points_and_exchanges_pairs() -> None:
    moved = POINTS * [-1, 1, 1] + [64, 0, 0]
    flip = [{"image.hflip": {"p": 1}}]
    assert (run(flip, {**ROLE, "flip_pairs": []}) == moved).all()
    assert (run(flip, {**ROLE, "flip_pairs": [[1, 2]]}) == moved[:, [0, 2, 1]]).all()


@pytest.mark.parametrize("steps", [["image.rotate"], ["image.crop"], ["image.brightness"]], ids=str)
def test_steps_that_do_not_mirror_need_no_pairs(steps: Any) -> None:
    run([{steps[0]: {"size": [40, 60]} if "crop" in steps[0] else {}}], ROLE)


def test_one_point_for_each_box_has_no_sides() -> None:
    assert run([{"image.hflip": {"p": 1}}], ROLE, POINTS[:, :1]).tolist() == [[[52.0, 8.0, 2.0]]]


def coco(count: int) -> tuple[Any, list[dict[str, Any]]]:
    points = [number for k in range(count) for number in (10 + k, 20 - k, 2)]
    return PICTURE, [{"bbox": [9, 1, 20, 20], "keypoints": points, "num_keypoints": count}]


def test_people_of_coco_have_their_own_pairs_and_others_are_asked() -> None:
    flip = augreg.Pipeline([{"image.hflip": {"p": 1}}])
    left_eye = flip(coco(17))[1][0]["keypoints"][3:6]
    assert left_eye == [64 - 12, 18, 2]  # it was the right one, the third
    with pytest.raises(augreg.SampleError, match="mirrors '1.keypoints', 5 keypoints for each"):
        flip(coco(5))


def test_points_of_the_picture_itself_stay_as_they_were() -> None:
    sample = augreg.Image(torch.zeros(3, 48, 64), keypoints=augreg.Keypoints(POINTS[0, :, :2]))
    out = augreg.augment(sample, [{"image.hflip": {"p": 1}}], seed=1, keys=1)
    assert out.keypoints.data.tolist() == [[52, 8], [50, 20], [38, 20]]


def test_pairs_of_points_that_are_not_there_are_refused() -> None:
    for pair in ([1, 7], [-1, 1]):
        with pytest.raises(augreg.SampleError, match="'joints': flip_pairs holds .* for 3 points; give indices"):
            run(["image.hflip"], {**ROLE, "flip_pairs": [pair]})


def test_a_mirror_exchanges_a_labelled_point_with_one_that_never_was() -> None:
    joints = np.array([[[12.0, 8, 2], [0, 0, 0], [26, 20, 1]], [[12.0, 8, 2], [14, 20, 1], [0, 0, 0]]])
    mirrored = run([{"image.hflip": {"p": 1}}], {**ROLE, "flip_pairs": [[1, 2]]}, joints[:1])
    assert mirrored.tolist() == [[[52, 8, 2], [38, 20, 1], [0, 0, 0]]]
    mirrored = run([{"image.hflip": {"p": 1}}], {**ROLE, "flip_pairs": [[1, 2]]}, joints[1:])
    assert mirrored.tolist() == [[[52, 8, 2], [0, 0, 0], [50, 20, 1]]]

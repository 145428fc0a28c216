"""Predictions on views of clips: all frames lead back alike."""

import numpy as np
import pytest
import torch

import augreg
from augreg import Boxes, Keypoints


def clip():
    boxes = [Boxes([[1 + t, 2, 6 + t, 9]], labels=["ball"]) for t in range(3)]
    points = [Keypoints([[2 + t, 3], [7, 4.5]], swap=[(0, 1)]) for t in range(3)]
    pixels = torch.rand(3, 3, 12, 16, generator=torch.Generator().manual_seed(0))
    return augreg.Video(pixels, fps=10, boxes=boxes, keypoints=points)


STEPS = ["video.hflip", {"image.rot90": {"p": 0.9}}, "image.brightness"]


def test_boxes_and_points_of_frames_come_back():
    made = augreg.Pipeline({"video": STEPS}).views(6, seed=1)(clip(), keys=1)
    assert {tuple(view.data.shape) for view in made.samples} == {(3, 3, 12, 16), (3, 3, 16, 12)}
    for frames in made.back(boxes=[view.boxes for view in made.samples]):
        assert len(frames) == 3
        for found, before in zip(frames, clip().boxes, strict=True):
            assert np.array_equal(found.data, before.data)
            assert found.labels == ["ball"]
    numbers = [[frame.data for frame in view.boxes] for view in made.samples]
    for frames in made.back(boxes=numbers, scores=[[[0.5]] * 3] * 6, format="xyxy"):
        assert [frame.columns["scores"] for frame in frames] == [[0.5]] * 3
    points = [np.stack([frame.data for frame in view.keypoints]) for view in made.samples]
    expected = np.stack([frame.data for frame in clip().keypoints])
    assert all(np.array_equal(found, expected) for found in made.back(keypoints=points, swap=[(0, 1)]))


def test_scores_of_frames_come_back():
    made = augreg.Pipeline({"video": STEPS[:2]}).views(6, seed=1)([clip()], keys=[1])
    for scores, seen in made.back(masks=[view.data for view in made.samples]):
        assert torch.equal(scores, clip().data)
        assert seen.shape == (12, 16)
    (merged,) = made.merge(masks=[view.data for view in made.samples])
    assert torch.allclose(merged, clip().data)


def test_boxes_of_frames_are_not_fused():
    made = augreg.Pipeline({"video": STEPS}).views(2, seed=1)(clip(), keys=1)
    with pytest.raises(augreg.UnsupportedError, match="boxes of single frames are not merged"):
        made.merge(boxes=[view.boxes for view in made.samples])


def test_a_mirroring_that_renames_classes_is_refused():
    step = {"video.hflip": {"class_map": {"push left": "push right"}}}
    with pytest.raises(augreg.UnsupportedError, match="video.hflip may change the class"):
        augreg.Pipeline([step]).views(2)

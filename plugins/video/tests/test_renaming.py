"""Classes that speak of left and right, in clips that are mirrored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import augreg

MAP = {"push_left": "push_right"}


def clip(label: Any = None, **more: Any) -> augreg.Video:
    return augreg.Video(torch.arange(48, dtype=torch.uint8).reshape(2, 3, 2, 4), fps=10.0, label=label, **more)


def mirrored(*clips: augreg.Video, p: float = 1.0, class_map: Any = MAP) -> list[augreg.Video]:
    step = {"video.hflip": {"p": p, "class_map": class_map}}
    return augreg.augment(list(clips), {"video": [step]}, seed=1, keys=list(range(len(clips))))


def test_directed_classes_change_in_both_ways_and_others_stay():
    given = ["push_left", "push_right", "jump", {"push_left": 0.25, "jump": 0.75}, None]
    out = mirrored(*map(clip, given))
    assert [o.label for o in out] == ["push_right", "push_left", "jump", {"push_right": 0.25, "jump": 0.75}, None]
    assert all(torch.equal(o.data, clip().data.flip(-1)) for o in out)


def test_numbers_keep_their_kind():
    kinds = (4, torch.tensor(4), np.int64(4))
    for given, out in zip(kinds, mirrored(*map(clip, kinds), class_map={4: 7}), strict=True):
        assert type(out.label) is type(given)
        assert int(out.label) == 7


def test_classes_of_events_and_frames_change_too():
    events = augreg.Events([[0.0, 0.1], [0.1, 0.2]], labels=["push_left", "jump"])
    (out,) = mirrored(clip("jump", events=events, frame_labels=["push_right", "jump"]))
    assert out.events.labels == ["push_right", "jump"]
    assert out.frame_labels == ["push_left", "jump"]


def test_only_clips_that_are_mirrored_change_their_class():
    out = mirrored(*[clip("push_left")] * 40, p=0.5)
    turned = [not torch.equal(o.data, clip().data) for o in out]
    assert turned == [o.label == "push_right" for o in out]
    assert 8 < sum(turned) < 32


def test_a_class_that_cannot_be_seen_is_refused():
    with pytest.raises(augreg.SampleError, match=r"none of their own.*label="):
        augreg.augment(
            [{"clip": clip(), "class": "push_left"}],
            {"video": [{"video.hflip": {"p": 1.0, "class_map": MAP}}]},
            seed=1,
            keys=["a"],
        )
    with pytest.raises(augreg.SampleError, match="cannot rename the label 3"):
        mirrored(clip(3))


@pytest.mark.parametrize("wrong", [{}, {"a": 1}, {"a": "c", "b": "c"}, ["a"], {1.5: 2.5}])
def test_maps_that_are_none_are_refused(wrong: Any):
    with pytest.raises(augreg.ConfigError, match="class_map"):
        augreg.make("video.hflip", class_map=wrong)


def test_a_map_survives_the_pipeline_file():
    pipe = augreg.Pipeline({"video": [{"video.hflip": {"class_map": MAP}}]})
    again = augreg.Pipeline.from_yaml(pipe.to_yaml())
    assert again.to_dict() == pipe.to_dict()
    (out,) = again([clip("push_left")] * 1, seed=2, keys=[3])
    assert (out.label == "push_right") == (not torch.equal(out.data, clip().data))

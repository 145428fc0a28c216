"""Events of a film in a record move with its frames: what is shown in an event before is shown in it afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

import augreg

FPS, FRAMES = 12.0, 36
STEPS = (
    {"video.temporal_crop": {"frames": 20}},
    {"video.subsample": {"frames": 12}},
    {"video.speed": {"p": 1.0}},
    {"video.reverse": {"p": 1.0}},
    {"video.shift": {"p": 1.0}},
    {"video.duplicate": {"p": 1.0}},
    {"video.freeze": {"p": 1.0}},
    {"video.frame_drop": {"p": 1.0}},
    {"video.frame_rate": {"fps": 8}},
    {"video.fit_length": {"frames": 50}},
    {"video.fit_length": {"frames": 17}},
    {"video.clip_shuffle": {"p": 1.0}},
    {"video.hflip": {"p": 1.0}},
)
STANDING = ("video.freeze", "video.shift", "video.frame_drop")
"""Steps after which a picture stands still while events go on: the pictures of an event are not all its own."""
EVENTS = {"a": [0.0, 0.5], "b": [0.5, 1.0], "c": [1.25, 2.0], "d": [2.5, 3.0]}


def film(uneven: bool) -> augreg.Video:
    """Frames whose lightness is four times their number."""
    data = torch.arange(FRAMES, dtype=torch.uint8).mul(4)[:, None, None, None].repeat(1, 3, 8, 8)
    steps = np.random.default_rng(2).choice([1, 2], FRAMES - 1) / FPS
    return augreg.Video(data, fps=FPS, timestamps=np.cumsum([0, *steps]) if uneven else None)


def times_of(clip: augreg.Video) -> np.ndarray:
    """Seconds of frames from the first one, as events are counted; time stamps may begin later."""
    if clip.timestamps is not None:
        return np.asarray(clip.timestamps, dtype=np.float64) - float(clip.timestamps[0])
    return np.arange(len(clip.data)) / float(clip.fps or 0)


def moved(steps: list[Any], seed: int, uneven: bool) -> tuple[augreg.Video, list[Any], list[str]]:
    record = {"clip": film(uneven), "cues": list(EVENTS.values()), "names": list(EVENTS)}
    schema = {"clip": "video", "cues": "events of clip", "names": "label of cues"}
    out = augreg.augment(record, augreg.Pipeline({"video": steps}), seed=seed, keys=0, schema=schema)
    return out["clip"], out["cues"], out["names"]


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
def test_frames_in_an_event_are_those_that_were_in_it(step: dict[str, Any], seed: int, uneven: bool) -> None:
    before = times_of(film(uneven))
    clip, cues, names = moved([step], seed, uneven)
    times, shown = times_of(clip), clip.data[:, 0, 0, 0].numpy() // 4
    if step == {"video.hflip": {"p": 1.0}}:
        assert dict(zip(names, cues, strict=True)) == EVENTS
    if next(iter(step)) in STANDING:
        return
    for (start, end), name in zip(cues, names, strict=True):
        own = (before >= EVENTS[name][0] - 1e-6) & (before < EVENTS[name][1] - 1e-6)
        # What is shown at the very edge may be the frame that reaches into the event.
        inside = (times > start + 0.01) & (times < end - 0.09)
        for number in shown[inside]:
            near = np.flatnonzero(own)
            assert near.min() - 1 <= number <= near.max() + 1, (step, name, number)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("step", STEPS, ids=lambda step: next(iter(step)))
def test_an_event_that_is_shown_is_kept(step: dict[str, Any], seed: int) -> None:
    clip, _, names = moved([step], seed, False)
    shown = clip.data[:, 0, 0, 0].numpy() // 4
    for name, (start, end) in EVENTS.items():
        whole = np.isin(np.arange(round(start * FPS) + 1, round(end * FPS) - 1), shown).all()
        if whole and next(iter(step)) not in STANDING:
            assert name in names


def test_mirrored_in_time_and_refused_where_no_rate_is_known() -> None:
    clip, cues, names = moved([{"video.reverse": {"p": 1.0}}], 0, False)
    assert len(clip.data) == FRAMES
    assert dict(zip(names, cues, strict=True)) == {
        name: pytest.approx([3.0 - end, 3.0 - start]) for name, (start, end) in EVENTS.items()
    }
    record = {"clip": film(False).data, "cues": [[0.5, 1.0]]}
    with pytest.raises(augreg.SampleError, match="no frame rate and no timestamps"):
        augreg.augment(
            record,
            {"video": [{"video.reverse": {"p": 1.0}}]},
            seed=0,
            keys=0,
            schema={"clip": "video", "cues": "events of clip"},
        )

"""Clips that say how their frames are read, and clips that are tied to others."""

import numpy as np
import pytest

import augreg

LABELS = np.random.default_rng(0).choice([1, 9, 200], (5, 40, 56, 1)).astype(np.uint8)
PHOTO = np.random.default_rng(1).integers(0, 256, (5, 40, 56, 3), np.uint8)
HOW = {"interpolation": "nearest", "fill": 77}
SCHEMA = {"film": "video", "labels": "video"}


@pytest.mark.parametrize("temporal", ["shared", "per_frame", "smooth"])
@pytest.mark.parametrize("name", ["image.rotate", "image.elastic", "image.perspective"])
def test_frames_are_read_as_their_clip_says(temporal, name):
    if name == "image.elastic" and temporal == "smooth":
        pytest.skip("elastic has nothing that could run smoothly")
    pipe = augreg.Pipeline({"video": [{name: {"p": 1.0, "temporal": temporal}}, {"image.resize": {"size": [30, 33]}}]})
    said, plain = augreg.Video(LABELS, fps=5.0, options=HOW, key=1), augreg.Video(LABELS, fps=5.0, key=2)
    both = pipe([said, plain], seed=3)
    assert set(np.unique(both[0].data)) <= {1, 9, 200, 77}
    assert len(np.unique(both[1].data)) > 10
    for clip, out in zip([said, plain], both, strict=True):
        assert np.array_equal(pipe(clip, seed=3).data, out.data)


def test_a_clip_follows_what_moves_another():
    steps = [
        {"image.rotate": {"degrees": [-30, 30], "p": 1.0}},
        {"video.reverse": {"p": 1.0}},
        {"image.invert": {"p": 1.0}},
    ]
    pipe = augreg.Pipeline({"fields": {"film": steps}, "tie": {"labels": "film"}}, schema=SCHEMA)
    films = np.repeat(LABELS, 3, axis=3)
    record = {"film": augreg.Video(films, options=HOW), "labels": augreg.Video(LABELS, options=HOW), "key": 1}
    out = pipe(record, seed=2)
    assert np.array_equal(255 - out["film"].data[..., :1], out["labels"].data)


@pytest.mark.parametrize(
    ("step", "fine"), [("image.hflip", True), ("video.reverse", True), ("image.center_crop", False)]
)
def test_sizes_that_differ(step, fine):
    params = {"size": 20} if step == "image.center_crop" else {"p": 1.0}
    pipe = augreg.Pipeline({"video": [{step: params}], "tie": {"labels": "film"}}, schema=SCHEMA)
    half = LABELS[:, ::2, ::2].copy()
    record = {"film": augreg.Video(PHOTO), "labels": augreg.Video(half, options=HOW), "key": 1}
    if not fine:
        with pytest.raises(augreg.SampleError, match="different sizes"):
            pipe(record, seed=0)
        return
    turned = half[::-1] if step == "video.reverse" else half[:, :, ::-1]
    assert np.array_equal(pipe(record, seed=0)["labels"].data, turned)

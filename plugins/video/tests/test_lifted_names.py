"""Image augmenters by their names in video pipelines: parameters, fusion, replay, independence of the batch."""

import json
import pickle

import numpy as np
import pytest
import torch
from augreg_video import plugin
from click.testing import CliRunner

import augreg
from augreg import Boxes
from augreg.cli.app import app


def test_listed_augmenters_have_the_image_parameters():
    made = augreg.make("video.resized_crop", size=[5, 7], temporal="per_frame")
    assert made.inner == augreg.make("image.resized_crop", size=[5, 7])
    assert pickle.loads(pickle.dumps(made)) == made
    assert type(made).declares == made.declares
    with pytest.raises(augreg.ConfigError, match="video.hflip: temporal='smooth' does not fit HFlip"):
        augreg.make("video.hflip", temporal="smooth")
    with pytest.raises(augreg.ConfigError, match="size"):
        augreg.make("video.resized_crop", size=[0, 7])


def waves(frames, height, width):
    """Smooth pictures, which one interpolation and two treat nearly alike."""
    t, y, x = np.mgrid[0:frames, 0:height, 0:width]
    gray = 127 + 60 * np.sin((x + 2 * t) / 5) + 40 * np.cos(y / 4)
    return torch.from_numpy(gray.astype(np.uint8))[:, None].repeat(1, 3, 1, 1)


@pytest.mark.parametrize("temporal", ["shared", "per_frame", "smooth"])
def test_pipelines_take_image_names_in_a_video_branch(temporal):
    steps = [
        {"video.temporal_crop": {"frames": 5}},
        {"image.rotate": {"degrees": 20, "temporal": temporal}},
        {"video.hflip": {"p": 0.5}},
        {"video.color_jitter": {"temporal": temporal, "p": 0.5}},
        {"video.subsample": {"frames": 3, "mode": "random"}},
        {"video.resized_crop": {"size": [8, 9]}},
    ]
    pipe = augreg.Pipeline({"video": steps})
    samples = [
        augreg.Video(
            data=waves(n, 20, 24),
            fps=10.0,
            boxes=[Boxes([[t, 1, t + 9, 15]], labels=[t]) for t in range(n)],
            masks=waves(n, 20, 24)[:, 0] > 128,
            frame_labels=list(range(n)),
        )
        for n in (7, 9, 6, 30, 8, 5)
    ]
    fused, trace = augreg.augment(samples, pipe, seed=4, return_trace=True)
    apart = augreg.augment(samples, pipe, seed=4, fuse=False)
    again = pipe.replay(samples, json.loads(json.dumps([t.to_dict() for t in trace])))
    single = [augreg.augment([s], pipe, seed=4, keys=[i])[0] for i, s in enumerate(samples)]
    for a, b, c, d in zip(fused, apart, again, single, strict=True):
        assert a.data.shape == (3, 3, 8, 9)
        assert torch.equal(a.data, c.data)
        assert torch.equal(a.data, d.data)
        assert a.frame_labels == b.frame_labels == c.frame_labels
        assert (a.data.float() - b.data.float()).abs().mean() < 10  # one interpolation and border against two
        assert a.masks.shape == (3, 8, 9)
        assert len(a.boxes) == 3


@pytest.mark.parametrize("temporal", ["shared", "per_frame", "smooth"])
def test_steps_that_wait_while_others_run(temporal):
    """A step that cannot wait runs for some clips only; what the other clips still wait for stays theirs."""
    steps = [
        {"video.temporal_crop": {"frames": 9}},
        {"video.subsample": {"frames": 4, "mode": "random"}},
        {"image.rotate": {"degrees": 20, "temporal": temporal}},
        {"video.noise": {"p": 0.5}},
        {"image.brightness": {"temporal": temporal}},
        {"video.temporal_blur": {"p": 0.5}},
        {"video.speed": {"factor": [0.5, 2.0], "p": 0.5}},
    ]
    pipe = augreg.Pipeline({"video": steps})
    samples = [
        augreg.Video(data=waves(n, 12, 16), fps=10.0, timestamps=np.arange(n) * 0.1 + 3, frame_labels=list(range(n)))
        for n in range(10, 22)
    ]
    together = augreg.augment(samples, pipe, seed=6)
    for i, (sample, found) in enumerate(zip(samples, together, strict=True)):
        alone = augreg.augment([sample], pipe, seed=6, keys=[i])[0]
        assert torch.equal(found.data, alone.data)
        assert found.frame_labels == alone.frame_labels
        np.testing.assert_array_equal(found.timestamps, alone.timestamps)


@pytest.mark.parametrize("name", sorted(spec.name for spec in plugin.augreg_augmenters()))
def test_the_step_that_is_shown_tears_no_clip(name: str):
    """What `augreg show` prints is copied: one draw for the whole clip."""
    shown = CliRunner().invoke(app, ["show", name]).stdout
    assert name in shown.split("In Python")[1]
    assert "per_frame" not in shown.split("In Python")[1]

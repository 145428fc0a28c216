"""Clips in `augreg evaluate`: a network that sees frames and their changes tells where things move; files are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import augreg
import augreg.learn
from augreg.errors import AugregError
from augreg.learn.fronts import FRAMES, Front
from augreg.learn.network import Network, small_cnn
from augreg.learn.tasks import make_task


def moving(rng: np.random.Generator, right: bool, frames: int = 10, side: int = 28) -> torch.Tensor:
    """A bright block that moves to one side over a dark ground, uint8 (T, 1, H, W)."""
    clip = torch.full((frames, 1, side, side), int(rng.integers(20, 60)), dtype=torch.uint8)
    y, x, size = int(rng.integers(2, 16)), int(rng.integers(2, 8)), int(rng.integers(5, 9))
    for at in range(frames):
        left = x + at if right else side - x - at - size
        clip[at, :, y : y + size, left : left + size] = 220
    return clip


def clips(count: int) -> augreg.learn.Data:
    rng = np.random.default_rng(0)
    samples = [augreg.Video(moving(rng, bool(n % 2)), fps=10.0) for n in range(count)]
    return augreg.learn.Data.of(samples, ["left", "right"] * (count // 2), name="moves")


TINY = Network(small_cnn, steps=16, batch=16, rate=5e-3)


def test_mirroring_and_playing_backward_are_flagged_where_direction_is_the_class() -> None:
    found = augreg.learn.evaluate(
        clips(32),
        operations=[{"video.hflip": {"p": 1.0}}, {"video.reverse": {"p": 1.0}}],
        task="video-classification",
        model=TINY,
        seeds=3,
    )
    assert found.effect("none").numbers["accuracy"].mean > 0.9
    assert found.effect("video.hflip").verdict == "hurts"
    assert found.effect("video.reverse").verdict == "hurts"
    # What a network makes of clips that were turned round: the other class, mostly.
    assert found.judged["video.hflip"].affinity.mean < -0.5
    assert found.judged["video.reverse"].affinity.mean < -0.5


@pytest.mark.parametrize("frames", [1, 2, 9, 40])
def test_frames_stand_beside_their_change(frames: int) -> None:
    rng = np.random.default_rng(frames)
    clip = torch.from_numpy(rng.integers(0, 256, (frames, 3, 32, 32), dtype=np.uint8))
    sample = augreg.Video(clip)
    front = Front("video", 32, 3)
    (found,) = Front(front.modality, 32, 3, (0.0,) * 6, (1.0,) * 6)([sample])
    assert found.shape == (FRAMES, 6, 32, 32)
    for place, one in zip(np.round(np.linspace(0, max(frames - 2, 0), FRAMES)).astype(int), found, strict=True):
        now, then = clip[place].float() / 255, clip[min(place + 1, frames - 1)].float() / 255
        torch.testing.assert_close(one[:3], now)
        torch.testing.assert_close(one[3:], then - now)
    fitted = Front.fitted([sample])
    standardized = fitted([sample])
    assert standardized.movedim(2, 0).flatten(1).mean(1) == pytest.approx(0, abs=1e-4)


def test_folders_of_films_are_read(tmp_path: Path) -> None:
    data = clips(4)
    for number, (sample, label) in enumerate(zip(data.examples.samples, data.examples.labels, strict=True)):
        path = tmp_path / data.examples.classes[label] / f"{number}.mp4"
        path.parent.mkdir(exist_ok=True)
        augreg.media.write(augreg.Video(sample.data.expand(-1, 3, -1, -1).repeat(1, 1, 2, 2), fps=10.0), path)
    found = augreg.learn.read(tmp_path)
    assert found.modality == "video"
    assert found.examples.classes == ("left", "right")
    assert found.digest == augreg.learn.read(tmp_path).digest
    assert Front.fitted(found.examples.samples)(found.examples.samples).shape == (4, FRAMES, 6, 56, 56)


def test_estimators_take_clips() -> None:
    pytest.importorskip("sklearn")
    data = clips(16).examples
    task = make_task("sklearn:GaussianNB", "video")
    found = task.score(task.fit(data, None, 0), data)
    assert (found["probabilities"].argmax(1) == data.labels).all()


@pytest.mark.parametrize(
    ("modality", "shape"),
    [("image", (1, 28, 28)), ("image", (3, 32, 32)), pytest.param("video", (2, 3, 32, 32), marks=pytest.mark.slow)],
)
def test_resnet18_learns_pictures_and_clips(modality: str, shape: tuple[int, ...]) -> None:
    pytest.importorskip("torchvision")
    kind = augreg.Image if modality == "image" else augreg.Video
    rng = np.random.default_rng(0)
    data = augreg.learn.Data.of(
        [kind(torch.from_numpy(rng.integers(0, 60, shape) + 120 * (n % 2)).to(torch.uint8)) for n in range(9)],
        [str(n % 2) for n in range(9)],
    ).examples
    usual = make_task("resnet18", modality)
    # Nine by eights: the last step has one sample, which norms over a batch cannot take.
    task = Network(usual.build, steps=2, batch=8, rate=1e-3)
    chances = task.score(task.fit(data, None, 0), data)["probabilities"]
    assert chances.shape == (9, 2)
    assert np.isfinite(chances).all()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("torchvision:resnet81", "no classifier for video 'resnet81'. Did you mean 'resnet18'.*mobilenet_v3_small"),
        ("resnet81", "is unknown. Did you mean 'resnet18'.*small-cnn, resnet18, heatmap, linear"),
        ("heatmap", "is for boxes, and the data is video. .*small-cnn, resnet18"),
    ],
)
def test_models_that_are_none_are_refused_by_name(model: str, said: str) -> None:
    with pytest.raises(AugregError, match=said):
        augreg.learn.evaluate(clips(8), model=model)

"""Converted transforms draw as the originals do: the results of both, many times, compared by numbers taken off them.

For each transform that converts to an augmenter of ours, the original and the conversion run N times on one picture or
sound. Numbers of the results (how bright, where the light lies, how large, how rough) are then compared as two samples,
by Kolmogorov and Smirnov: parameters, how often a step runs and how draws go together all show in them, whatever the
parameters are called. Seeds are fixed, so nothing here is left to chance.
"""

from __future__ import annotations

import os
import random
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

import augreg
from augreg.conversion.peers import TABLES

os.environ["NO_ALBUMENTATIONS_UPDATE"] = "1"  # it asks the network for its newest version otherwise
A: Any = pytest.importorskip("albumentations")
T: Any = pytest.importorskip("torchvision.transforms.v2")
M: Any = pytest.importorskip("audiomentations")

N = 240
"""A distance of 0.2 between two distributions is found in 24 of 25 cases, at the level below."""
LEVEL = 1e-4
"""There are about 900 comparisons: a twentieth of one would be below it by chance."""
BLUR = 0.04
"""Both samples get noise of this share of their spread: the same picture to a rounding then counts as the same."""
LEVELS = 3.0
"""And of so many gray levels of 255 at least: edges may be blurred otherwise, colors cut off, not rounded."""


def picture() -> np.ndarray:
    """Return a picture (48, 64, 3) that every flip, turn, move and change of color makes another one."""
    y, x = np.mgrid[0:48, 0:64] / 2
    soft = np.stack([60 + 4 * x + y, 40 + 6 * y, 200 - 3 * x - 2 * y], -1) + 25 * np.sin(x / 3)[..., None]
    soft += np.random.default_rng(0).normal(0, 30, soft.shape)
    soft[:, :18] *= 0.4
    soft[4:14, 6:20], soft[32:40, 40:60] = (240, 30, 60), (20, 220, 90)
    return np.clip(soft, 45, 215).astype(np.uint8)


PICTURE = picture()
RATE = 8000
SOUND = np.concatenate(
    [
        0.4 * np.sin(np.arange(400) * 0.3) ** 3 + 0.02,
        0.1 * np.random.default_rng(0).normal(size=800),
        0.6 * np.sin(np.arange(400) * np.linspace(0.1, 1.5, 400)) * np.linspace(1, 0, 400),
    ]
).astype(np.float32)
"""(1600,): no two parts alike, and not the same upside down or backwards."""


PICTURES = {"height": 1.0, "width": 1.0, "red": LEVELS, "green": LEVELS, "blue": LEVELS, "contrast": LEVELS}
PICTURES |= {"down": 0.005, "right": 0.005, "diagonal": 0.005, "rough down": LEVELS, "rough right": LEVELS}
PICTURES |= {"black": 0.02, "white": 0.02, "colorful": LEVELS}
"""The numbers of a picture, and how much noise each gets at least."""


def of_picture(result: Any) -> list[float]:
    """Return PICTURES: size, colors, where the light lies, roughness, what is black or white."""
    values = np.asarray(result, dtype=np.float64)
    values = values if values.shape[-1] == 3 else np.moveaxis(values, 0, -1)
    light = values.sum(-1) + 1e-3
    weights = light / light.sum()
    rows, columns = np.linspace(0, 1, len(light)), np.linspace(0, 1, light.shape[1])
    rough = np.abs(np.diff(values, axis=0)).mean() if len(light) > 1 else 0.0
    return [
        *light.shape,
        *values.mean((0, 1)),
        values.std(),
        weights.sum(1) @ rows,
        weights.sum(0) @ columns,
        rows @ weights @ columns,
        rough,
        np.abs(np.diff(values, axis=1)).mean(),
        (values <= 1).mean(),
        (values >= 254).mean(),
        np.abs(values[..., 0] - values[..., 1]).mean(),
    ]


SOUNDS = {"decibels": 0.3, "peak": 0.01, "late": 0.01, "high": 0.01, "mean": 1e-3, "skew": 1e-4}
SOUNDS |= {"beginning": 0.02, "added": 0.005}
"""The numbers of a sound, and how much noise each gets at least."""


def of_sound(result: Any) -> list[float]:
    """Return SOUNDS: how loud, where in time, how high, which way up."""
    values = np.asarray(result, dtype=np.float64).reshape(-1)
    power = values**2 + 1e-12
    spectrum = np.abs(np.fft.rfft(values)) + 1e-12
    return [
        20 * np.log10(np.sqrt(power.mean())),
        np.abs(values).max(),
        (power @ np.linspace(0, 1, len(power))) / power.sum(),
        (spectrum @ np.linspace(0, 1, len(spectrum))) / spectrum.sum(),
        values.mean(),
        (values**3).mean(),
        values[:20].mean(),
        np.std(values - SOUND),
    ]


@pytest.fixture(autouse=True)
def _generators() -> Iterator[None]:
    """Seed the generators that peers draw from, and put back what others had."""
    # audiomentations draws from these, and takes no other.
    held = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    with torch.random.fork_rng():
        torch.manual_seed(5)
        yield
    random.setstate(held[0])
    np.random.set_state(held[1])  # noqa: NPY002


def distances(theirs: np.ndarray, ours: np.ndarray, least: Iterable[float]) -> list[float]:
    """Return for each number how likely such a difference is if both were drawn alike; NaN where it cannot be told."""
    found, rng = [], np.random.default_rng(1)
    for one, other, floor in zip(theirs.T, ours.T, least, strict=True):
        spread = np.ptp(np.concatenate([one, other]))
        noise = rng.uniform(-0.5, 0.5, (2, len(one))) * max(BLUR * spread, floor)
        # What hardly varies more than it is rounded tells nothing.
        found.append(float(ks_2samp(one + noise[0], other + noise[1]).pvalue) if spread > 2 * floor else np.nan)
    return found


def compared(transform: Any, them: Callable[[], Any], sample: Any) -> tuple[float, str, str]:
    """Return the least probability and its number, and what the conversion's report names as different."""
    numbers, least = (of_picture, PICTURES) if isinstance(sample, augreg.Image) else (of_sound, SOUNDS)
    found = augreg.convert(transform)
    assert [line.how for line in found.lines] == ["native"]
    made = found.pipeline([sample] * N, seed=11, keys=[f"k{i}" for i in range(N)])
    ours = np.array([numbers(one.data) for one in made])
    theirs = np.array([numbers(them()) for _ in range(N)])
    told = [pair for pair in zip(distances(theirs, ours, least.values()), least, strict=True) if pair[0] >= 0]
    assert told  # at least one number shows what is drawn
    return *min(told), " ".join(found.lines[0].differs)


def check(found: tuple[float, str, str], same: bool) -> None:
    least, number, differs = found
    assert (least > LEVEL) is same, f"{number}: p = {least:.2g}; the report says: {differs!r}"
    assert ("drawn evenly" in differs) is not same


P = {"p": 1.0}
ONE, NONE = (1, 1), (0, 0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # albumentations advises Affine
    SHIFTED = A.ShiftScaleRotate((-0.2, 0.3), NONE, (-30, 20), **P)
ALBUMENTATIONS = [
    A.HorizontalFlip(p=0.3),
    A.VerticalFlip(p=0.7),
    A.Transpose(p=0.4),
    A.RandomRotate90(**P),
    A.D4(**P),
    A.SquareSymmetry(**P),
    A.Rotate((-40, 15), p=0.8),
    A.Affine(rotate=(-30, 10), translate_percent=(-0.1, 0.25), **P),
    A.Affine(shear={"x": (-25, 10), "y": NONE}, **P),
    A.Affine(shear={"x": NONE, "y": (-25, 10)}, **P),
    SHIFTED,
    A.RandomCrop(12, 16, **P),
    A.RandomResizedCrop((48, 64), scale=(0.2, 1), ratio=(0.5, 2.5), **P),
    A.ColorJitter((0.5, 1.5), ONE, ONE, NONE, **P),
    A.ColorJitter(ONE, (0.4, 1.3), ONE, NONE, **P),
    A.ColorJitter(ONE, ONE, (0, 2), NONE, **P),
    A.ColorJitter(ONE, ONE, ONE, (-0.2, 0.4), **P),
    A.ColorJitter((0.8, 1.2), (0.8, 1.2), (0.8, 1.2), (-0.1, 0.1), p=0.6),
    A.GaussianBlur(0, (0.5, 3), **P),
    A.Blur((3, 15), **P),
    A.MedianBlur((3, 15), **P),
    A.CoarseDropout((1, 4), (0.2, 0.5), (0.2, 0.5), **P),
    A.Erasing((0.05, 0.2), (0.7, 0.7), p=0.7),
    A.ToGray(p=0.4),
    A.ToSepia(p=0.4),
    A.GaussNoise((0.05, 0.3), **P),
    A.HueSaturationValue((-30, 60), NONE, NONE, **P),
    A.RGBShift((-40, 60), (-40, 60), (-40, 60), **P),
    A.Solarize((0.2, 0.9), **P),
    A.Posterize((1, 7), **P),
    A.InvertImg(p=0.2),
    A.CLAHE((1, 6), (2, 2), **P),
    A.ChannelShuffle(**P),
    A.PixelDropout(0.3, **P),
    A.PixelDropout(0.3, per_channel=True, p=0.5),
    A.ChannelDropout((1, 2), **P),
    A.AutoContrast(method="pil", p=0.5),
    A.RandomBrightnessContrast(NONE, (-0.4, 0.4), **P),
]
UNEVEN = [
    A.RandomGamma((30, 300), **P),
    A.Affine(scale=(0.3, 3), keep_ratio=True, **P),
    A.RandomScale((-0.8, 2), **P),
    A.Erasing((0.05, 0.4), (0.3, 3.3), **P),
]
STILL = {
    "albumentations": "CenterCrop LongestMaxSize Normalize Pad PadIfNeeded Resize SmallestMaxSize ToTensorV2",
    "torchvision": "CenterCrop ConvertImageDtype Grayscale Normalize PILToTensor Pad Resize SanitizeBoundingBoxes "
    "ToDtype ToImage ToTensor",
    "audiomentations": "",
}
"""What draws nothing."""


def name_of(one: Any) -> str:
    return type(one).__name__


@pytest.mark.parametrize(
    ("transform", "same"), [*((one, True) for one in ALBUMENTATIONS), *((one, False) for one in UNEVEN)], ids=name_of
)
def test_albumentations_draws_alike(transform: Any, same: bool) -> None:
    theirs = A.Compose([transform], seed=5)
    check(compared(transform, lambda: theirs(image=PICTURE)["image"], augreg.Image(PICTURE)), same)


TORCHVISION = [
    T.RandomHorizontalFlip(0.3),
    T.RandomVerticalFlip(0.7),
    T.RandomRotation((-40, 15)),
    T.RandomRotation(30, expand=True),
    T.RandomAffine((-30, 10), translate=(0.2, 0.2)),
    T.RandomAffine(NONE, shear=(-25, 10)),
    T.RandomResizedCrop((48, 64), scale=(0.2, 1), ratio=(0.5, 2.5)),
    T.RandomCrop((12, 16)),
    T.RandomCrop((24, 32), padding=6, fill=51),
    T.ColorJitter((0.5, 1.5)),
    T.ColorJitter(contrast=(0.4, 1.3)),
    T.ColorJitter(saturation=(0, 2)),
    T.ColorJitter(hue=(-0.2, 0.4)),
    T.ColorJitter(0.2, 0.2, 0.2, 0.1),
    T.GaussianBlur(23, (0.5, 3.5)),
    T.GaussianNoise(0.1, 0.3),
    T.RandomGrayscale(0.3),
    T.RandomInvert(0.3),
    T.RandomPosterize(3, p=0.4),
    T.RandomSolarize(100, p=0.4),
    T.RandomAdjustSharpness(1.5, p=0.5),
    T.RandomAutocontrast(0.4),
    T.RandomEqualize(0.4),
    T.RandomErasing(0.6),
    T.RandomChannelPermutation(),
    T.JPEG((5, 95)),
    T.RandomZoomOut(side_range=(1, 3), p=0.7),
]


@pytest.mark.parametrize(
    ("transform", "same"),
    [*((one, True) for one in TORCHVISION), (T.RandomAffine(NONE, scale=(0.3, 3)), False)],
    ids=name_of,
)
def test_torchvision_draws_alike(transform: Any, same: bool) -> None:
    given = torch.from_numpy(np.moveaxis(PICTURE, -1, 0).copy())

    def them() -> torch.Tensor:
        floats = isinstance(transform, T.GaussianNoise)  # takes nothing else
        return transform(given / 255) * 255 if floats else transform(given)

    check(compared(transform, them, augreg.Image(PICTURE)), same)


AUDIOMENTATIONS = [
    M.AddGaussianSNR(0, 30, **P),
    M.Gain(-12, 6, **P),
    M.Gain(-12, 6, p=0.4),
    M.Normalize(p=0.4),
    M.Clip(-0.1, 0.1, p=0.4),
    M.PolarityInversion(p=0.3),
    M.Reverse(p=0.3),
    M.Shift(-0.4, 0.2, fade_duration=0, **P),
    M.Shift(-0.4, 0.2, rollover=False, fade_duration=0, **P),
    M.LowPassFilter(1000, 1000, 24, 24, p=0.4),
    M.HighPassFilter(1000, 1000, 24, 24, p=0.4),
    M.PeakingFilter(1000, 1000, -12, 12, 0.5, 3, **P),
    M.LowShelfFilter(1000, 1000, -12, 12, 0.3, 0.9, **P),
    M.HighShelfFilter(1000, 1000, -12, 12, 0.3, 0.9, **P),
]
UNEVEN_SOUNDS = [M.AddGaussianNoise(0.001, 0.2, **P), M.LowPassFilter(50, 3900, 24, 24, **P)]


@pytest.mark.parametrize(
    ("transform", "same"),
    [*((one, True) for one in AUDIOMENTATIONS), *((one, False) for one in UNEVEN_SOUNDS)],
    ids=name_of,
)
def test_audiomentations_draws_alike(transform: Any, same: bool) -> None:
    sample = augreg.Audio(SOUND[None], sample_rate=RATE)
    check(compared(transform, lambda: transform(samples=SOUND.copy(), sample_rate=RATE), sample), same)


@pytest.mark.parametrize(
    ("library", "tried"),
    [
        ("albumentations", [*ALBUMENTATIONS, *UNEVEN]),
        ("torchvision", TORCHVISION),
        ("audiomentations", [*AUDIOMENTATIONS, *UNEVEN_SOUNDS]),
    ],
)
def test_every_conversion_is_tried(library: str, tried: list[Any]) -> None:
    assert {name_of(one) for one in tried} | set(STILL[library].split()) == set(TABLES[library])


def test_differences_are_seen() -> None:
    """Another range, another probability and another law are found by these numbers."""
    sample = augreg.Image(PICTURE)
    for one, other in [
        (A.Rotate((-40, 15), **P), A.Rotate((-40, 40), **P)),
        (A.HorizontalFlip(p=0.5), A.HorizontalFlip(p=0.2)),
        (A.RGBShift((-40, 60), (-40, 60), (-40, 60), **P), A.RGBShift((-40, 10), (-40, 10), (-40, 10), **P)),
    ]:
        theirs = A.Compose([other], seed=5)
        least, *_ = compared(one, lambda theirs=theirs: theirs(image=PICTURE)["image"], sample)
        assert least < LEVEL

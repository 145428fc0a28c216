"""Spectrogram augmenters against loops over single values, real and complex."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.spectra.gains import FilterAugment
from augreg_audio.spectra.masks import FrequencyMask, SpecAugment, TimeMask
from augreg_audio.spectra.warps import FrequencyWarp, TimeWarp

import augreg
from augreg.data.params import Params
from augreg.kernel import make_batch

BINS, FRAMES = 24, 31
KINDS = [torch.float64, torch.complex128]


def sample(dtype: torch.dtype) -> torch.Tensor:
    """A spectrogram (2, bins, frames) with a zero in it."""
    x = torch.randn(2, BINS, FRAMES, generator=torch.Generator().manual_seed(1), dtype=dtype)
    x[0, 3, 4] = 0.0
    return x


def applied(step: Any, x: torch.Tensor, seed: int = 0) -> tuple[np.ndarray, Params]:
    batch = make_batch("spectrogram", [x], rates=100.0)
    params = step.draw(batch.info, augreg.Rng(seed, batch.info.keys).at("s"))
    return step.apply(batch, params).data[0].numpy(), params


def between(low: complex, high: complex, share: float) -> complex:
    """Reals linearly; of complex numbers the size, with the direction of the nearer one."""
    if not isinstance(low, complex):
        return low + (high - low) * share
    size = abs(low) + (abs(high) - abs(low)) * share
    near = low if share < 0.5 else high
    return size if near == 0 else cmath.rect(size, cmath.phase(near))


def loop(x: torch.Tensor, source: Callable[[int], float], axis: int) -> np.ndarray:
    """Return x read at ``source(k)`` for every k along the axis."""
    size, values = x.shape[axis], np.moveaxis(x.numpy(), axis, 0)
    made = np.empty_like(values)
    for k in range(size):
        place = min(max(source(k), 0.0), size - 1.0)
        low = min(int(place), size - 2)
        for index in np.ndindex(values.shape[1:]):
            made[(k, *index)] = between(values[(low, *index)].item(), values[(low + 1, *index)].item(), place - low)
    return np.moveaxis(made, 0, axis)


@pytest.mark.parametrize("dtype", KINDS, ids=str)
@pytest.mark.parametrize("warp", [-0.2, 0.07, 0.3])
@pytest.mark.parametrize("bundle", [False, True])
def test_time_warp(dtype: torch.dtype, warp: float, bundle: bool):
    step = SpecAugment(warp=(warp, warp), bands=0, stretches=0) if bundle else TimeWarp(warp=(warp, warp))
    x = sample(dtype)
    got, params = applied(step, x)
    point = float(params.array("point")[0])

    def source(k: int) -> float:
        moment, goal = (k + 0.5) / FRAMES, min(max(point + warp, 0.02), 0.98)
        if moment < goal:
            return moment * point / goal * FRAMES - 0.5
        return (point + (moment - goal) * (1 - point) / (1 - goal)) * FRAMES - 0.5

    np.testing.assert_allclose(got, loop(x, source, 2), atol=1e-9)


@pytest.mark.parametrize("dtype", KINDS, ids=str)
@pytest.mark.parametrize("warp", [0.8, 1.15])
def test_frequency_warp(dtype: torch.dtype, warp: float):
    x = sample(dtype)
    got, _ = applied(FrequencyWarp(warp=(warp, warp)), x)

    def source(k: int) -> float:
        # Jaitly and Hinton: f -> warp f below the knee; above it straight to the end of the band.
        share, knee = k / (BINS - 1), 0.6 * min(1.0, warp)
        if share <= knee:
            return share / warp * (BINS - 1)
        return (1 - (1 - share) / (1 - knee) * (1 - knee / warp)) * (BINS - 1)

    np.testing.assert_allclose(got, loop(x, source, 1), atol=1e-9)


@pytest.mark.parametrize("dtype", KINDS, ids=str)
@pytest.mark.parametrize("fill", ["mean", "zero", "min"])
@pytest.mark.parametrize("seed", range(4))
def test_masks(dtype: torch.dtype, fill: str, seed: int):
    x = sample(dtype)
    numbers = x.numpy()
    value = {"mean": numbers.mean(), "zero": 0.0, "min": 0.0 if dtype.is_complex else numbers.real.min()}[fill]
    steps = [
        FrequencyMask(width=(0.1, 0.4), count=2, fill=fill),
        TimeMask(width=(0.1, 0.4), count=2, fill=fill),
        SpecAugment(warp=(0, 0), bands=1, band=(0.1, 0.4), stretches=2, stretch=(0.1, 0.3), fill=fill),
    ]
    for step in steps:
        got, params = applied(step, x, seed)
        wanted = numbers.copy()
        for name, axis, size in (("band", 1, BINS), ("stretch", 2, FRAMES)):
            if f"{name}_width" not in params:
                continue
            for width, place in zip(params[f"{name}_width"][0], params[f"{name}_place"][0], strict=True):
                wide = round(width * size)
                first = min(math.floor(place * (size - wide + 1)), size - wide)
                for k in range(first, first + wide):
                    wanted[(slice(None),) * axis + (k,)] = value
        assert not np.array_equal(wanted, numbers)
        np.testing.assert_allclose(got, wanted, atol=1e-12)


@pytest.mark.parametrize("dtype", KINDS, ids=str)
def test_filter_augment(dtype: torch.dtype):
    x = sample(dtype)
    got, params = applied(FilterAugment(scale="amplitude", bands=3), x)
    edges, gains = params["edges"][0], params["gains"][0]
    for k in range(BINS):
        share = k / (BINS - 1)
        band = max(i for i in range(3) if edges[i] <= share)
        within = (share - edges[band]) / (edges[band + 1] - edges[band])
        decibels = gains[band] + (gains[band + 1] - gains[band]) * within
        np.testing.assert_allclose(got[:, k], x.numpy()[:, k] * 10 ** (decibels / 20), rtol=1e-9)

"""Recursive filters by blocks against scipy's recursion frame by frame in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio import biquads, recursion
from augreg_audio.filters import Lowpass
from augreg_audio.waveform import power


def filtered(sections: np.ndarray, x: np.ndarray, gain: float = 1.0) -> np.ndarray:
    out = np.full_like(x, np.nan)
    made = recursion.tables(recursion.system(sections), np.array([gain]), x.shape[-1], x.dtype)
    recursion.filter_row(x, made[0], out)
    return out


def step(frames: int, channels: int = 1) -> np.ndarray:
    """Noise on a constant: both the fast and the slowest parts of a filter are heard."""
    generator = np.random.default_rng(frames)
    return 0.1 + 0.2 * generator.standard_normal((channels, frames))


@pytest.mark.parametrize("frames", [1, 31, 32, 33, 512, 5000, 70000])
@pytest.mark.parametrize("order", [2, 4, 8, 14])
@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_equals_the_recursion(kind: str, order: int, frames: int):
    x = step(frames, channels=2)
    sections = biquads.butterworth(kind, order, np.array([300.0]), np.array([16000.0]))
    wanted = scipy.signal.sosfilt(scipy.signal.butter(order, 300.0, kind, fs=16000, output="sos"), x)
    assert np.abs(filtered(sections, x) - wanted).max() < 1e-11
    assert np.abs(filtered(sections, x.astype(np.float32)) - wanted).max() < 1e-6


@pytest.mark.parametrize("frames", [1, 31, 32, 512, 5000])
@pytest.mark.parametrize("order", [2, 4, 14])
def test_a_batch_on_a_device_equals_the_recursion(order: int, frames: int):
    x = np.stack([step(frames, channels=2), -2.0 * step(frames, channels=2)])
    sections = biquads.butterworth("highpass", order, np.array([300.0]), np.array([16000.0]))
    by = recursion.tables(recursion.system(sections), np.ones(1), frames, np.dtype(np.float64))[0]
    wanted = scipy.signal.sosfilt(scipy.signal.butter(order, 300.0, "highpass", fs=16000, output="sos"), x)
    assert np.abs(recursion.filter_batch(torch.from_numpy(x), by).numpy() - wanted).max() < 1e-11


@pytest.mark.parametrize(("corner", "rate"), [(1.0, 16000.0), (1.0, 192000.0), (20.0, 192000.0), (90000.0, 192000.0)])
@pytest.mark.parametrize("kind", ["lowpass", "highpass"])
def test_float32_is_enough_for_poles_next_to_the_unit_circle(kind: str, corner: float, rate: float):
    x = step(200000)
    sections = biquads.butterworth(kind, 4, np.array([corner]), np.array([rate]))
    wanted = scipy.signal.sosfilt(scipy.signal.butter(4, corner, kind, fs=rate, output="sos"), x)
    assert np.abs(filtered(sections, x.astype(np.float32)) - wanted).max() < 1e-6


def test_sections_in_a_cascade_follow_each_other():
    x = step(3000)
    rate, q = np.array([16000.0]), np.array([2.0])
    parts = [
        biquads.peaking(np.array([500.0]), q, np.array([4.0]), rate),
        biquads.low_shelf(np.array([200.0]), q, np.array([0.2]), rate),
        biquads.notch(np.array([1000.0]), q, rate),
    ]
    wanted = x
    for part in parts:
        wanted = filtered(part, wanted)
    assert np.abs(filtered(np.concatenate(parts, axis=1), x, 0.5) - 0.5 * wanted).max() < 1e-13


def test_the_identity_section_is_the_identity():
    x = step(1000)
    assert np.abs(filtered(np.asarray([[[1.0, 2.0, 1.0, 1.0, 2.0, 1.0]]]), x) - x).max() < 1e-15


def test_x_may_be_overwritten():
    x = step(2000)
    sections = biquads.bandpass(np.array([400.0]), np.array([1.0]), np.array([16000.0]))
    wanted = filtered(sections, x)
    made = recursion.tables(recursion.system(sections), np.ones(1), x.shape[-1], x.dtype)
    recursion.filter_row(x, made[0], x)
    assert np.array_equal(x, wanted)


def test_a_row_is_filtered_alike_in_any_company(noise, run):
    rows = [noise(n, seed=n) for n in (5000, 300, 16000)]
    keys = np.array([4, 5, 6], dtype=np.uint64)
    together = run(Lowpass(), rows, keys=keys)
    for i, row in enumerate(rows):
        alone = run(Lowpass(), [row], keys=keys[i : i + 1])
        assert np.array_equal(alone.row(0).numpy(), together.row(i).numpy())


def test_power_is_the_mean_square():
    for frames in (1, 8192, 8193, 50000):
        x = step(frames, channels=3)
        assert power(x.astype(np.float32)) == pytest.approx(float(np.mean(x**2)), rel=1e-6)
    assert power(np.zeros((2, 0), dtype=np.float32)) == 0.0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [256, 2048])
def test_a_row_of_a_product_does_not_depend_on_how_many_there_are(dtype: Any, columns: int):
    """BLAS multiplies a single row in another way than several, and long products are made in pieces."""
    generator = np.random.default_rng(0)
    x, table = generator.standard_normal((70, 33)).astype(dtype), generator.standard_normal((33, columns)).astype(dtype)
    whole = recursion.product(x, table)
    np.testing.assert_allclose(whole, x.astype(np.float64) @ table.astype(np.float64), atol=1e-4)
    for count in range(1, 70):
        assert np.array_equal(recursion.product(x[:count], table), whole[:count])

"""Bursts and clicks: ratio, edges and pulses by their formulas, and all rows at once as row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import files
from augreg_audio.bursts import Clicks, ShortNoises

import augreg
from augreg.kernel import make_batch

RAIN = str(files.SAMPLES / "rain.wav")

STEPS = [
    ShortNoises(),
    ShortNoises(source=RAIN),
    ShortNoises(count=(3, 9), duration=(0.001, 5.0), snr=(-10, 40)),
    ShortNoises(count=(0, 1)),
    Clicks(),
    Clicks(rate=(0, 200), decibels=(0, 0)),
    Clicks(rate=(0, 0)),
]


@pytest.mark.parametrize("step", STEPS, ids=repr)
@pytest.mark.parametrize("rate", [8000, 44100])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_rows_at_once_agree_with_row_by_row(step: Any, rate: int, channels: int, dtype: torch.dtype, noise: Any):
    rows = [noise(n, channels=channels, seed=n).to(dtype) for n in (1, 10, 3000, 16000)] + [
        noise(50, channels).to(dtype) * 0
    ]
    batch = make_batch("audio", rows, rates=rate)
    params = step.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted, got = step.apply(batch, params), step.apply(tracked, params)
    torch.testing.assert_close(got.data.detach(), wanted.data, atol=1e-5, rtol=0)
    for length, row in zip(batch.lengths.tolist(), got.data, strict=True):
        assert not row[:, length:].any()


@pytest.mark.parametrize("source", [None, RAIN])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("snr", "seconds"), [(-5.0, 0.2), (6.0, 0.003), (20.0, 0.5)])
def test_a_burst_without_its_edges_has_the_ratio(
    source: str | None, channels: int, snr: float, seconds: float, noise: Any, run: Any
):
    rate = 16000
    x = noise(rate, channels=channels).double()
    step = ShortNoises(source=source, count=(1, 1), duration=(seconds, seconds), snr=(snr, snr))
    added = (run(step, [x], rate=rate).data[0] - x).numpy()
    width = round(seconds * rate)
    heard = np.flatnonzero(np.abs(added).max(axis=0))
    start = int(heard[0])
    assert heard[-1] - start < width
    rise = min(width // 4, round(0.01 * rate))
    edge = np.sin(np.pi / 2 * np.clip((np.arange(width) + 0.5) / rise, 0, 1)) ** 2
    burst = added[:, start : start + width] / (edge * edge[::-1])
    assert abs(10 * np.log10(float(x.square().mean()) / np.square(burst).mean()) - snr) < 0.1


@pytest.mark.parametrize("rate", [8000, 16000, 192000])
def test_clicks_are_decaying_pulses(rate: int):
    """What is added, taken apart into its pulses from left to right."""
    step = Clicks(rate=(40, 40), decibels=(-6, -6))
    batch = make_batch("audio", [torch.zeros(2, 2 * rate, dtype=torch.float64)], rates=rate)
    params = step.draw(batch.info, augreg.Rng(1, batch.info.keys))
    out = step.apply(batch, params).data[0].numpy()
    assert np.array_equal(out[0], out[1])
    rest, pulse = out[0].copy(), np.exp(-np.arange(round(0.0008 * rate)) / (0.00015 * rate))
    sizes = []
    while len(loud := np.flatnonzero(np.abs(rest) > 1e-9)):
        place, size = loud[0], float(rest[loud[0]])
        room = len(rest[place : place + len(pulse)])
        rest[place : place + room] -= size * pulse[:room]
        sizes.append(size)
    assert 50 < len(sizes) < 115
    assert np.abs(sizes).max() <= 10 ** (-6 / 20)
    assert min(sizes) < -0.3
    assert max(sizes) > 0.3


@pytest.mark.parametrize("step", [ShortNoises(), ShortNoises(source=RAIN)], ids=repr)
def test_silence_stays_silence(step: Any, run: Any):
    assert not run(step, [torch.zeros(1, 4000)]).data.any()

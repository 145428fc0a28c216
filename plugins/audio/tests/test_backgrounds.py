"""Sounds in a background: the ratio where the sound is, and all rows at once as row by row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import files
from augreg_audio.background import BackgroundMix, InsertInBackground

import augreg
from augreg import Events
from augreg.kernel import make_batch

RAIN = str(files.SAMPLES / "rain.wav")

STEPS = [
    BackgroundMix(source=RAIN),
    InsertInBackground(source=RAIN),
    InsertInBackground(source=RAIN, before=(0, 0), behind=(0, 0)),
    InsertInBackground(source=RAIN, before=(2, 3), snr=(-10, 60)),
]


@pytest.mark.parametrize("step", STEPS, ids=repr)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_all_rows_at_once_agree_with_row_by_row(step: Any, channels: int, dtype: torch.dtype, noise: Any):
    rows = [noise(n, channels=channels, seed=n).to(dtype) for n in (1, 10, 3000, 16000)]
    rows += [torch.zeros(channels, 50, dtype=dtype), torch.zeros(channels, 0, dtype=dtype)]
    events = [Events([[0.0, row.shape[-1] / 16000]]) for row in rows]
    batch = make_batch("audio", rows, rates=16000, targets={"events": events})
    params = step.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted, got = step.apply(batch, params), step.apply(tracked, params)
    assert np.array_equal(wanted.info.shapes, got.info.shapes)
    torch.testing.assert_close(got.data.detach(), wanted.data, atol=1e-5, rtol=0)
    for a, b in zip(wanted.info.target("events"), got.info.target("events"), strict=True):
        assert np.array_equal(a.data, b.data)
    got.data.sum().backward()
    grown = tracked.data.grad
    for length, row in zip(batch.lengths.tolist(), grown, strict=True):
        assert (row[:, :length] == 1).all()
        assert not row[:, length:].any()


@pytest.mark.parametrize("snr", [-10.0, 3.0, 40.0])
def test_the_ratio_holds_where_the_sound_is(snr: float, noise: Any, run: Any):
    x = noise(8000, channels=2).double()
    step = InsertInBackground(source=RAIN, before=(0.3, 0.3), behind=(0.7, 0.7), snr=(snr, snr))
    out = run(step, [x]).data[0]
    rain = out[:, 2400:10400] - x
    assert abs(10 * np.log10(float(x.square().mean() / rain.square().mean())) - snr) < 0.1
    assert out[:, :2400].any()
    assert out[:, 10400:].any()

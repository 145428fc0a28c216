"""Low sample rates and warped formants."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.codecs import Telephone
from augreg_audio.degrade import Aliasing, Resample, VocalTract
from augreg_audio.formants import warped_bins

import augreg
from augreg.kernel import make_batch


def tone(hertz: float, frames: int = 16000) -> torch.Tensor:
    return torch.from_numpy(np.sin(2 * np.pi * hertz * np.arange(frames) / 16000)).float()[None]


def level(x: torch.Tensor, hertz: float) -> float:
    spectrum = np.abs(np.fft.rfft(x[0].numpy() * np.hanning(x.shape[-1]))) / x.shape[-1] * 4
    return float(spectrum[round(hertz * x.shape[-1] / 16000)])


def test_resample_keeps_low_and_loses_high(run: Any):
    step = Resample(rate=(8000, 8000))
    assert abs(level(run(step, [tone(1000)]).data[0], 1000) - 1) < 0.01
    assert level(run(step, [tone(5000)]).data[0], 5000) < 1e-3
    x = tone(7000)
    assert torch.equal(run(Resample(rate=(16000, 16000)), [x]).data[0], x)


def test_aliasing_folds(run: Any):
    out = run(Aliasing(rate=(8000, 8000)), [tone(5000)]).data[0]
    assert level(out, 3000) > 0.3


def test_vocal_tract_moves_formants_and_keeps_pitch(run: Any):
    time = np.arange(32000) / 16000
    buzz = sum(
        (np.exp(-(((k * 125 - 1500) / 500) ** 2)) + 0.01) * np.cos(2 * np.pi * k * 125 * time + k * k)
        for k in range(1, 60)
    )
    x = torch.from_numpy(0.1 * buzz).float()[None]
    for warp in (0.85, 1.2):
        out = run(VocalTract(warp=(warp, warp)), [x]).data[0]
        spectrum = np.abs(np.fft.rfft(out[0].numpy() * np.hanning(32000))) ** 2
        hertz = np.fft.rfftfreq(32000, 1 / 16000)
        assert abs(float((spectrum * hertz).sum() / spectrum.sum()) / (1500 * warp) - 1) < 0.06
        harmonics = spectrum[(np.abs(hertz / 125 - np.rint(hertz / 125)) < 0.05)].sum()
        assert harmonics > 0.98 * spectrum.sum()
    assert torch.equal(run(VocalTract(warp=(1, 1)), [x]).data[0], x)


def test_warping_maps_the_band_onto_itself():
    for warp in (0.7, 1.0, 1.4):
        place = warped_bins(257, warp)
        assert place[0] == 0
        assert abs(place[-1] - 256) < 1e-9
        assert (np.diff(place) > 0).all()
        assert abs(place[64] - 64 / warp) < 1e-9


STEPS = [Resample(rate=(3000, 15000)), Aliasing(rate=(3000, 18000)), VocalTract(), Telephone(law="none")]


@pytest.mark.parametrize("step", STEPS, ids=repr)
def test_all_rows_at_once_agree_with_row_by_row(step: Any, noise: Any):
    batch = make_batch("audio", [noise(n, channels=2, seed=n) for n in (1, 10, 3000, 4000, 16000)], rates=16000)
    params = step.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    wanted, got = step.apply(batch, params).data, step.apply(tracked, params).data
    torch.testing.assert_close(got.detach(), wanted, atol=1e-4, rtol=0)
    got.square().sum().backward()
    assert torch.isfinite(tracked.data.grad).all()


def test_aliasing_is_reading_at_a_lower_rate(noise: Any, run: Any):
    x = noise(500)
    y = run(Aliasing(rate=(6400, 6400)), [x]).data[0, 0].double().numpy()
    low = [np.interp(k * 2.5, np.arange(500), x[0].double().numpy()) for k in range(201)]
    np.testing.assert_allclose(y, np.interp(np.arange(500) / 2.5, np.arange(201), low), atol=1e-6)

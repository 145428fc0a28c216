"""Filters against scipy.signal, and the fused chain against the chain."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.chain import Chain
from augreg_audio.filters import Bandpass, Bandstop, Highpass, Lowpass
from augreg_audio.gain import Delay, Gain, Polarity

import augreg
from augreg import Events
from augreg.kernel import make_batch

FUSIBLE = [
    Gain(decibels=(-6, 6)),
    Polarity(),
    Delay(seconds=(0, 0.2)),
    Lowpass(frequency=(300, 4000)),
    Highpass(frequency=(40, 2000), slope=24),
    Bandpass(),
    Bandstop(),
]
TOLERANCE = 1e-5


def lowered(augmenter: Any, info: augreg.BatchInfo, path: str) -> Chain:
    return augmenter.lower(info, augmenter.draw(info, augreg.Rng(3, info.keys).at(path)))


def measured(augmenter: Any, rate: float, frames: int = 1 << 15) -> np.ndarray:
    """Amplitude response at the bins of the response to a unit impulse, float64."""
    click = torch.zeros(1, frames, dtype=torch.float64)
    click[0, 0] = 1.0
    batch = make_batch("audio", [click], rates=rate)
    out = augmenter.apply(batch, augmenter.draw(batch.info, augreg.Rng(0, batch.info.keys)))
    return np.abs(np.fft.rfft(out.data[0, 0].numpy()))


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 192000])
@pytest.mark.parametrize("slope", [12, 24, 48])
@pytest.mark.parametrize(("make", "kind"), [(Lowpass, "lowpass"), (Highpass, "highpass")])
def test_butterworth_equals_scipy(make: Any, kind: str, slope: int, rate: float):
    corner = 1000.0
    sos = scipy.signal.butter(slope // 6, corner, kind, fs=rate, output="sos")
    _, wanted = scipy.signal.sosfreqz(sos, np.linspace(0, np.pi, (1 << 14) + 1))
    got = measured(make(frequency=corner, slope=slope), rate)
    heard = np.abs(wanted) > 1e-4
    assert np.abs(20 * np.log10(got[heard] / np.abs(wanted)[heard])).max() < 0.1


@pytest.mark.parametrize("frames", [1, 10, 100, 5000, 40000])
def test_filtering_equals_scipy_sample_by_sample(frames: int, noise: Any):
    x = noise(frames, channels=2)
    batch = make_batch("audio", [x], rates=16000)
    step = Highpass(frequency=100.0, slope=24)
    got = step.apply(batch, step.draw(batch.info, augreg.Rng(0, batch.info.keys))).data[0]
    wanted = scipy.signal.sosfilt(scipy.signal.butter(4, 100.0, "highpass", fs=16000, output="sos"), x.double().numpy())
    assert np.abs(got.numpy() - wanted).max() < TOLERANCE


def test_band_filters_have_the_stated_width():
    got = measured(Bandpass(frequency=1000.0, octaves=2.0), 48000.0)
    hertz = np.fft.rfftfreq(1 << 15, 1 / 48000)
    level = 20 * np.log10(np.interp([500.0, 1000.0, 2000.0], hertz, got))
    assert np.abs(level - [-3.01, 0.0, -3.01]).max() < 0.1
    stopped = measured(Bandstop(frequency=1000.0, octaves=2.0), 48000.0)
    level = 20 * np.log10(np.interp([500.0, 2000.0, 20.0], hertz, stopped))
    assert np.abs(level - [-3.01, -3.01, 0.0]).max() < 0.1
    assert np.interp(1000.0, hertz, stopped) < 0.01


def test_lowpass_above_half_the_rate_passes_everything(noise: Any, run: Any):
    x = noise(500)
    assert torch.equal(run(Lowpass(frequency=9000.0), [x]).data[0], x)


def test_highpass_above_half_the_rate_is_an_ordinary_filter(noise: Any, run: Any):
    out = run(Highpass(frequency=9000.0), [noise(500)]).data
    assert torch.isfinite(out).all()
    assert out.abs().max() < 0.5


def test_gain_and_polarity_are_exact(noise: Any, run: Any):
    x = noise(1000, channels=3)
    assert torch.equal(run(Polarity(), [x]).data[0], -x)
    assert torch.allclose(run(Gain(decibels=(6, 6)), [x]).data[0], x * 10 ** (6 / 20), rtol=1e-6)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(FUSIBLE, FUSIBLE)), ids=lambda a: type(a).__name__)
def test_fused_equals_the_chain(first: Any, second: Any, noise: Any):
    rows = [noise(n, channels=2, seed=n) for n in (1, 700, 20000)]
    events = [Events([[0.0, 0.01], [0.02, 1.0]]) for _ in rows]
    batch = make_batch("audio", rows, rates=16000, targets={"events": events})
    one, two = lowered(first, batch.info, "one"), lowered(second, batch.info, "two")
    fused = one.then(two)
    assert fused is not None
    got, wanted = fused.run(batch), two.run(one.run(batch))
    loudest = max(float(wanted.data.abs().max()), float(batch.data.abs().max()))
    assert (got.data - wanted.data).abs().max() <= TOLERANCE * loudest
    for a, b in zip(got.info.target("events"), wanted.info.target("events"), strict=True):
        np.testing.assert_allclose(a.data, b.data, atol=1e-9)


def test_a_long_chain_in_int16_stays_within_a_step_per_member(noise: Any):
    rows = [(noise(4000) * 8000).to(torch.int16)]
    batch = make_batch("audio", rows, rates=16000)
    ops = [lowered(a, batch.info, str(k)) for k, a in enumerate(FUSIBLE[:5])]
    fused, chained = ops[0], batch
    for op in ops[1:]:
        fused = fused.then(op)
    for op in ops:
        chained = op.run(chained)
    assert fused.run(batch).data.dtype == torch.int16
    assert (fused.run(batch).data.int() - chained.data.int()).abs().max() <= 2 * len(ops)


def test_expand_leaves_other_rows_exactly_alone(noise: Any):
    rows = [noise(3000, seed=i) for i in range(3)]
    batch = make_batch("audio", rows, rates=16000)
    some = batch.info.take(np.array([1]))
    op = lowered(Highpass(), some, "x").then(lowered(Delay(seconds=0.01), some, "y"))
    out = op.expand(np.array([1]), batch.info).run(batch)
    assert torch.equal(out.data[0], rows[0])
    assert torch.equal(out.data[2], rows[2])
    assert torch.equal(out.data[1], op.run(batch.take(np.array([1]))).data[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("seed", range(4))
def test_filters_that_fire_on_some_rows_leave_the_others_their_bits(dtype: torch.dtype, seed: int, noise: Any):
    """What fires on a neighbor only must not even change the rounding of a row."""
    steps = [{"audio.highpass": {"p": 0.5}}, {"audio.seven_band_eq": {"p": 0.5}}, {"audio.bandpass": {"p": 0.5}}]
    steps += [{"audio.synthetic_reverb": {"p": 0.3}}]
    pipe = augreg.Pipeline({"audio": steps})
    sounds = [(noise(n, channels=2, seed=n).to(dtype), 16000) for n in (999, 3000, 5000, 7000, 800, 1, 64, 4000)]
    together = augreg.augment(sounds, pipe, seed=seed, keys=list(range(8)))
    for key, (sound, (row, _)) in enumerate(zip(sounds, together, strict=True)):
        assert torch.equal(augreg.augment([sound], pipe, seed=seed, keys=[key])[0][0], row)


def test_rows_in_one_go_agree_with_rows_one_by_one(noise: Any):
    rows = [noise(n, channels=2, seed=n) for n in (40, 5000, 30000)]
    batch = make_batch("audio", rows, rates=16000)
    op = (
        lowered(Highpass(), batch.info, "x")
        .then(lowered(Gain(), batch.info, "y"))
        .then(lowered(Delay(), batch.info, "z"))
    )
    tracked = batch.replace(batch.data.clone().requires_grad_())
    torch.testing.assert_close(op.run(tracked).data.detach(), op.run(batch).data, atol=1e-6, rtol=0)


def test_gradients_flow(noise: Any):
    x = noise(300).double()[None].requires_grad_()
    batch = make_batch("audio", [x[0]], rates=16000)
    batch = batch.replace(x)
    op = lowered(Lowpass(), batch.info, "a")
    op.run(batch).data.sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()
    assert x.grad.abs().max() > 0


def test_delay_moves_sound_and_events(noise: Any, run: Any):
    x = noise(1000)
    out = run(Delay(seconds=0.01), [x], targets={"events": [Events([[0.0, 0.02], [0.05, 0.06]])]})
    assert torch.equal(out.data[0, :, 160:], x[:, :840])
    assert (out.data[0, :, :160] == 0).all()
    np.testing.assert_allclose(out.info.target("events")[0].data, [[0.01, 0.03], [0.06, 0.0625]])

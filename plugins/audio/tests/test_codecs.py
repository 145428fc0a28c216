"""Codecs: length, timing, loudness, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from augreg_audio.codecs import G722, Aac, ALaw, Amr, Gsm, Mp3, MuLaw, Opus, Telephone, Vorbis
from augreg_audio.transcode import nearest_rate

import augreg
from augreg import Events
from augreg.errors import SampleError
from augreg.kernel import make_batch

CODECS = [Mp3(bitrate=32), Aac(bitrate=32), Opus(bitrate=16), Vorbis(), G722(), Gsm(), Amr(bitrate=12.2)]


def speech(frames: int, rate: int, channels: int = 1) -> torch.Tensor:
    """Noise between 300 and 3000 Hz in syllables, float32 (channels, frames)."""
    white = np.random.default_rng(0).standard_normal((channels, frames))
    taps = scipy.signal.firwin(201, [300, 3000], pass_zero=False, fs=rate)
    band = scipy.signal.lfilter(taps, 1.0, white, axis=-1)
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * np.arange(frames) / rate)
    return torch.from_numpy((0.3 * band * syllables).astype(np.float32))


@pytest.mark.parametrize("codec", [*CODECS, MuLaw(), ALaw()], ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_timing_length_and_loudness_stay(codec: Any, rate: int, run: Any):
    x = speech(rate, rate)
    out = run(codec, [x], rate=rate)
    assert out.data.shape == (1, *x.shape)
    y = out.data[0, 0].numpy()
    correlation = scipy.signal.correlate(y, x[0].numpy(), method="fft")
    late = int(correlation.argmax()) - (len(y) - 1)
    assert abs(late) <= max(1, rate // 8000)
    assert 0.5 < np.square(y).sum() / float(x.square().sum()) < 1.5
    assert float((out.data[0] - x).abs().max()) > 1e-4


@pytest.mark.parametrize("codec", CODECS, ids=lambda c: type(c).__name__)
def test_hard_inputs(codec: Any, run: Any):
    assert not run(codec, [torch.zeros(1, 4000)]).data.abs().gt(1e-3).any()
    for frames in (1, 10, 999):
        assert torch.isfinite(run(codec, [speech(frames, 16000, channels=3)]).data).all()
    loud = run(codec, [speech(8000, 16000) * 20]).data
    assert float(loud.abs().max()) > 2.0
    for rate in (12345.0, 192000.0):
        assert torch.isfinite(run(codec, [speech(4000, 16000)], rate=rate).data).all()


@pytest.mark.parametrize("codec", CODECS, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_never_reaches_an_encoder(codec: Any, bad: float, run: Any):
    x = speech(4000, 16000)
    x[0, 100] = bad
    with pytest.raises(SampleError, match="NaN or infinity"):
        run(codec, [x])


def test_lower_bitrates_are_worse(run: Any):
    x = speech(16000, 16000)
    errors = [float((run(Mp3(bitrate=b), [x]).data[0] - x).square().mean()) for b in (8, 32, 128)]
    assert errors[0] > errors[1] > errors[2]


def test_events_stay(run: Any):
    events = Events([[0.1, 0.2]])
    assert run(Opus(), [speech(8000, 16000)], targets={"events": [events]}).info.target("events")[0] is events


@pytest.mark.parametrize("law", [MuLaw(), ALaw()], ids=lambda c: type(c).__name__)
def test_companding_error_is_relative(law: Any, run: Any):
    x = torch.linspace(-1, 1, 4001, dtype=torch.float64)[None]
    y = run(law, [x]).data[0]
    assert len(y.unique()) <= 255
    loud = x.abs() > 0.05
    assert float(((y - x).abs() / x.abs())[loud].max()) < 0.035
    assert torch.equal(y, -y.flip(-1))


def test_mu_law_equals_torchaudio(run: Any):
    import torchaudio.functional as reference

    x = torch.linspace(-1, 1, 1001)[None]
    y = run(MuLaw(), [x]).data[0]
    coarse = reference.mu_law_decoding(reference.mu_law_encoding(x, 256), 256)
    assert float((y - coarse).abs().max()) < 0.05


def test_companding_agrees_on_all_devices(noise: Any):
    batch = make_batch("audio", [noise(4000)], rates=16000)
    for law in (MuLaw(), ALaw()):
        tracked = batch.replace(batch.data.clone().requires_grad_())
        wanted = law.apply(batch, augreg.Params(1)).data
        torch.testing.assert_close(law.apply(tracked, augreg.Params(1)).data.detach(), wanted, atol=2e-5, rtol=0)


def test_telephone_band(run: Any):
    click = torch.zeros(1, 16384, dtype=torch.float64)
    click[0, 0] = 1.0
    step = Telephone(low=(300, 300), high=(3400, 3400), law="none")
    level = 20 * np.log10(np.abs(np.fft.rfft(run(step, [click]).data[0, 0].numpy())) + 1e-12)
    hertz = np.fft.rfftfreq(16384, 1 / 16000)
    np.testing.assert_allclose(np.interp([300, 1000, 3400], hertz, level), [-3.0, 0.0, -3.0], atol=0.3)
    assert np.interp(100, hertz, level) < -35


def test_rates():
    assert nearest_rate((8000, 16000), 7000) == 8000
    assert nearest_rate((8000, 16000), 44100) == 16000


@pytest.mark.parametrize("codec", CODECS, ids=lambda c: type(c).__name__)
@pytest.mark.parametrize("rate", [1000, 384_000, 1_000_000])
@pytest.mark.parametrize("frames", [1, 10, 2000])
def test_rates_that_no_codec_knows(codec: Any, rate: int, frames: int, noise: Any, run: Any):
    """libvorbis ends the process above 200 kHz."""
    out = run(codec, [noise(frames, channels=2)], rate=rate).data
    assert out.shape == (1, 2, frames)
    assert torch.isfinite(out).all()

"""Every waveform augmenter over odd lengths, rates, channels, dtypes and contents: a result of the same kind."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import torch
from augreg_audio import plugin

import augreg
from augreg.errors import SampleError

NAMES = [spec.name for spec in plugin.augreg_augmenters() if spec.modalities == ("audio",)]
DTYPES = (torch.float32, torch.float16, torch.bfloat16, torch.float64, torch.int16)
PASSING = [name for name in NAMES if augreg.registry.load(name).declares.nonfinite == "passes"]
SOUNDS_OF_ITS_OWN = {"audio.gaussian_noise": 0.2, "audio.clicks": 1.0}
"""What makes silence sound on purpose, and how loud at most."""
CODING_NOISE = 2.0**-10


def pipeline(name: str) -> augreg.Pipeline:
    examples = augreg.registry.load(name).examples
    return augreg.Pipeline({"audio": [{name: {**(examples[0] if examples else {}), "p": 1.0}}]})


def sound(frames: int, channels: int, dtype: torch.dtype, rate: int, kind: str = "noise") -> augreg.Audio:
    wave = np.random.default_rng(frames + channels).standard_normal((channels, frames))
    made = {"noise": 0.2 * wave, "silence": 0.0 * wave, "clipping": np.clip(3 * wave, -1, 1), "beyond": 5 * wave}
    data = torch.from_numpy({**made, "constant": 0.0 * wave + 0.5, "faint": 1e-7 * wave}[kind])
    data = (data.clamp(-1, 1) * 32767).to(dtype) if dtype == torch.int16 else data.to(dtype)
    span = frames / rate
    return augreg.Audio(
        data, rate, events=augreg.Events([[0.0, span / 2], [span, span]], labels=["a", "b"]), frame_labels=[1, 2, 3]
    )


def check(before: augreg.Audio, after: augreg.Audio, about: str) -> None:
    data = after.data
    assert data.dtype == before.data.dtype, about
    assert torch.isfinite(data.float()).all(), about
    assert data.ndim == 2, about
    assert (data.shape[-1] > 0) or before.data.shape[-1] == 0, about
    span = data.shape[-1] / after.sample_rate
    assert (after.events.data >= 0).all(), about
    assert (after.events.data <= span + 1e-9).all(), about


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_lengths_rates_channels_and_dtypes(name: str):
    pipe = pipeline(name)
    rates = (8000, 11025, 44100, 192000)
    grid = list(product((0, 1, 2, 10, 500), (1, 2, 6), DTYPES))
    cases = [(*case, rates[k % 4]) for k, case in enumerate(grid)]
    samples = [sound(*case) for case in cases]
    copies = [s.data.clone() for s in samples]
    for case, before, after in zip(cases, samples, augreg.augment(samples, pipe, seed=3), strict=True):
        check(before, after, f"{name} {case}")
    assert all(torch.equal(s.data, copy) for s, copy in zip(samples, copies, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_contents(name: str):
    pipe = pipeline(name)
    kinds = ("silence", "clipping", "beyond", "constant", "faint")
    cases = list(product(kinds, (1, 1600), (torch.float32, torch.float16, torch.int16)))
    samples = [sound(frames, 2, dtype, 16000, kind) for kind, frames, dtype in cases]
    for case, before, after in zip(cases, samples, augreg.augment(samples, pipe, seed=4), strict=True):
        check(before, after, f"{name} {case}")


@pytest.mark.parametrize("name", NAMES)
def test_silence_stays_silence(name: str):
    cases = [(*case, 16000) for case in product((1, 10, 1600), (1, 6), (torch.float32, torch.int16))]
    cases += [(1600, 2, torch.float32, rate) for rate in (8000, 16000, 44100, 192000)]
    samples = [sound(*case, "silence") for case in cases]
    for case, after in zip(cases, augreg.augment(samples, pipeline(name), seed=4), strict=True):
        loudest = float(after.data.float().abs().max()) / (32768 if after.data.dtype == torch.int16 else 1)
        assert loudest <= SOUNDS_OF_ITS_OWN.get(name, CODING_NOISE), f"{name} {case}"


def spoiled(bad: float) -> torch.Tensor:
    data = 0.1 * torch.from_numpy(np.random.default_rng(0).standard_normal((1, 800))).float()
    data[0, 300:302] = bad
    return data


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PASSING])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_refused_and_counted(name: str, bad: float):
    data = spoiled(bad)
    for kind in (data, data.half(), data.double().numpy()):
        with pytest.raises(SampleError, match="NaN or infinity at 2 of 800 places"):
            augreg.augment([(kind, 16000)], pipeline(name), seed=0)


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_only_copies_frames_spoils_no_others(name: str, bad: float):
    """At most four copies of the bad frames, or what is faded into one, differ from a clean sound's.

    What cannot be measured is not scaled at all.
    """
    clean, got = (
        augreg.augment([(data, 16000)], pipeline(name), seed=0)[0][0] for data in (spoiled(0.0), spoiled(bad))
    )
    clean = spoiled(0.0) if "normalize" in name else clean
    assert got.shape == clean.shape
    assert (got != clean).sum() <= 2 * 4 + 100
    assert torch.equal(got[:, :50], clean[:, :50]) or torch.equal(got[:, -50:], clean[:, -50:])


@pytest.mark.parametrize("name", [name for name in NAMES if augreg.registry.load(name).declares.devices == ("cpu",)])
def test_a_codec_behind_what_lets_nan_pass_still_refuses_it(name: str):
    for before in ("audio.gain", "audio.shift"):
        with pytest.raises(SampleError, match="NaN or infinity"):
            augreg.augment([(spoiled(float("nan")), 16000)], {"audio": [before, {name: {"p": 1.0}}]}, seed=0)


@pytest.mark.parametrize("name", NAMES)
def test_int16_is_scaled_like_floats(name: str):
    """The result of int16 is that of the same floats, within the rounding of what goes in and comes out."""
    pipe = pipeline(name)
    coarse = sound(1600, 2, torch.int16, 16000)
    exact = augreg.Audio(coarse.data.float() / 32768, 16000)
    results = augreg.augment([augreg.Audio(coarse.data, 16000), exact], pipe, seed=5, keys=["a", "a"])
    wanted = (results[1].data * 32768).round().clamp(-32768, 32767)
    assert (results[0].data.float() - wanted).abs().max() <= 1.0

"""Steps that take 1 for full scale refuse floats in the units of int16; others do the same at any scale."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import augreg

RATE = 8000
WAVE = (0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.float32)
SCALED = np.rint(WAVE * 32768).astype(np.float32)

HANG = ("gaussian_noise", "clicks", "mu_law", "a_law", "telephone", "bit_crush", "compressor", "overdrive")
RELATIVE = ("gain", "lowpass", "gaussian_snr", "time_mask", "speed", "clip", "tanh", "limiter", "synthetic_reverb")


@pytest.mark.parametrize("name", HANG)
@pytest.mark.parametrize("form", ["alone", "batch", "tensors", "stack"])
def test_int16_that_was_only_converted_is_refused(name: str, form: str) -> None:
    pipe = augreg.Pipeline([{f"audio.{name}": {"p": 0.5}}])
    stack = torch.from_numpy(np.stack([WAVE, SCALED]))[:, None]
    samples, more = {
        "alone": ((SCALED, RATE), {"keys": 1}),
        "batch": ([(WAVE, RATE), (SCALED, RATE)], {"keys": [1, 2]}),
        "tensors": ([(row, RATE) for row in stack], {"keys": [1, 2]}),
        "stack": (stack, {"modality": "audio", "sample_rate": RATE, "layout": "BCT", "keys": [1, 2]}),
    }[form]
    with pytest.raises(augreg.SampleError, match=rf"audio\.{name} takes 1 for full scale.*Divide it by 32768"):
        pipe(samples, seed=1, **more)
    for fine in (WAVE, WAVE * 10, np.rint(WAVE * 32768).astype(np.int16)):
        assert pipe((fine, RATE), seed=1, keys=1)[0].dtype == fine.dtype


@pytest.mark.parametrize("name", RELATIVE)
def test_others_do_the_same_at_any_scale(name: str) -> None:
    pipe = augreg.Pipeline([{f"audio.{name}": {"p": 1}}])
    scaled, wave = (pipe((x, RATE), seed=1, keys=1)[0] for x in (WAVE * 32768, WAVE))
    np.testing.assert_allclose(scaled / 32768, wave, atol=1e-4)


def test_a_step_that_never_runs_refuses_nothing() -> None:
    pipe = augreg.Pipeline([{"audio.mu_law": {"p": 0}}, {"audio.polarity": {"p": 1}}])
    assert np.array_equal(pipe((SCALED, RATE), seed=1, keys=1)[0], -SCALED)


def test_nan_is_refused_as_before() -> None:
    bad = SCALED.copy()
    bad[7] = np.nan
    with pytest.raises(augreg.SampleError, match="NaN or infinity at 1 of"):
        augreg.Pipeline(["audio.mu_law"])((bad, RATE), seed=1, keys=1)

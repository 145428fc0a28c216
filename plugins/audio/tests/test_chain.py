"""Steps run as one: the same bits as one after another, for every dtype, and only where they fire."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import files
from augreg_audio.background import BackgroundMix
from augreg_audio.chain import Chain
from augreg_audio.dynamics import Compressor, Limiter, LoudnessNormalize, PeakNormalize
from augreg_audio.envelopes import Fade, GainTransition
from augreg_audio.filters import Lowpass
from augreg_audio.gain import Delay, Gain
from augreg_audio.masking import TimeMask
from augreg_audio.shapers import BitCrush, Clip, Overdrive, Tanh
from augreg_audio.shift import Reverse, Shift

import augreg
from augreg import Events
from augreg.kernel import make_batch

RAIN = str(files.SAMPLES / "rain.wav")
STEPS = [
    Gain(),
    Delay(seconds=(0.001, 0.01)),
    Lowpass(frequency=(300, 4000)),
    BackgroundMix(source=RAIN),
    TimeMask(),
    Shift(),
    Shift(wrap=False),
    Reverse(),
    Clip(),
    Tanh(),
    Overdrive(),
    BitCrush(),
    GainTransition(),
    Fade(),
    PeakNormalize(),
    LoudnessNormalize(),
    Limiter(),
    Compressor(),
]
LENGTHS = (1, 10, 700, 9000)


def sounds(noise: Any, dtype: torch.dtype = torch.float32) -> augreg.Batch:
    rows = [noise(n, channels=2, seed=n) for n in LENGTHS]
    rows = [(r * 9000).to(dtype) if dtype == torch.int16 else r.to(dtype) for r in rows]
    return make_batch("audio", rows, rates=16000.0, targets={"events": [Events([[0.01, 0.2]]) for _ in rows]})


def drawn(augmenter: Any, info: augreg.BatchInfo, path: str) -> augreg.Params:
    return augmenter.draw(info, augreg.Rng(5, info.keys).at(path))


def one_by_one(steps: list[Any], batch: augreg.Batch) -> augreg.Batch:
    for k, step in enumerate(steps):
        batch = step.apply(batch, drawn(step, batch.info, str(k)))
    return batch


def chained(steps: list[Any], batch: augreg.Batch) -> Any:
    op = None
    for k, step in enumerate(steps):
        one = step.lower(batch.info, drawn(step, batch.info, str(k)))
        op = one if op is None else op.then(one)
    return op


def same(got: augreg.Batch, wanted: augreg.Batch) -> None:
    assert got.data.dtype == wanted.data.dtype
    assert torch.equal(got.data, wanted.data)
    for a, b in zip(got.info.target("events"), wanted.info.target("events"), strict=True):
        np.testing.assert_allclose(a.data, b.data, atol=1e-12)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(STEPS, STEPS[3:])), ids=lambda a: type(a).__name__)
def test_two_steps_as_one_have_the_bits_of_one_after_the_other(first: Any, second: Any, noise: Any):
    batch = sounds(noise)
    before = batch.data.clone()
    same(chained([first, second], batch).run(batch), one_by_one([first, second], batch))
    assert torch.equal(batch.data, before)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int16])
def test_long_chains_round_between_steps_as_batches_do(dtype: torch.dtype, noise: Any):
    steps = [GainTransition(start=(12, 12), end=(20, 20)), Lowpass(), TimeMask(), BackgroundMix(source=RAIN), Shift()]
    batch = sounds(noise, dtype)
    same(chained(steps, batch).run(batch), one_by_one(steps, batch))


def test_filters_that_meet_in_a_chain_become_one(noise: Any):
    op = chained([TimeMask(), Gain(), Lowpass(), Shift()], sounds(noise))
    assert isinstance(op, Chain)
    assert len(op.stages) == 3


def test_steps_for_other_devices_do_not_join(noise: Any):
    info = sounds(noise).info
    gain, tanh = (step.lower(info, drawn(step, info, "a")) for step in (Gain(), Tanh()))
    assert isinstance(gain.then(tanh), Chain)
    assert gain.then(Chain(tanh.stages, frozenset({"cpu"}))) is None


def test_rows_on_which_a_step_does_not_fire_skip_it(noise: Any):
    batch = sounds(noise)
    some = np.array([1, 3])
    part = batch.info.take(some)
    op = chained([Tanh(), Shift()], batch.take(some)).expand(some, batch.info)
    out = op.run(batch)
    alone = chained([Tanh(), Shift()], batch.take(some)).run(batch.take(some))
    for i in (0, 2):
        assert torch.equal(out.data[i], batch.data[i])
    for k, i in enumerate(some):
        assert torch.equal(out.row(i), alone.row(k))
    assert len(part) == 2


def test_gradients_flow_through_a_chain(noise: Any):
    batch = sounds(noise)
    tracked = batch.replace(batch.data.clone().requires_grad_())
    op = chained([GainTransition(), BackgroundMix(source=RAIN), Lowpass(), TimeMask(), Shift()], batch)
    made = op.run(tracked)
    torch.testing.assert_close(made.data.detach(), op.run(batch).data, atol=2e-6, rtol=0)
    made.data.square().sum().backward()
    assert torch.isfinite(tracked.data.grad).all()


def test_a_pipeline_of_chained_steps_gives_what_unfused_steps_give(noise: Any):
    rows = [noise(n, seed=n) for n in (16000, 16000, 700, 9000, 16000)]
    steps = ["audio.time_mask", "audio.tanh", "audio.shift", "audio.fade"]
    pipe = augreg.Pipeline({"audio": [{name: {"p": 0.6}} for name in steps]})
    how: dict[str, Any] = {"seed": 3, "modality": "audio", "sample_rate": 16000}
    fused, plain = (augreg.augment(rows, pipe, fuse=fuse, **how) for fuse in (True, False))
    for a, b in zip(fused, plain, strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.int16], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_steps_that_fire_on_some_rows_leave_the_others_their_bits(dtype: torch.dtype, seed: int, noise: Any):
    """Filters between which a step fires on neighbors only are one filter, as they are without neighbors."""
    steps: list[Any] = [{"audio.lowpass": {"p": 0.7}}, {"audio.clip": {"p": 0.5}}, {"audio.delay": {"p": 0.7}}]
    steps += [{"audio.gaussian_snr": {"p": 0.3}}, {"audio.fade": {"p": 0.5}}, {"audio.seven_band_eq": {"p": 0.7}}]
    pipe = augreg.Pipeline({"audio": steps})
    rows = [noise(n, channels=2, seed=n) for n in (999, 3000, 5000, 7000, 800, 1, 64, 4000)]
    rows = [(x.clamp(-1, 1) * 32767).to(dtype) if dtype == torch.int16 else x.to(dtype) for x in rows]
    sounds = [
        augreg.Audio(x, 16000, events=augreg.Events([[0.0, x.shape[-1] / 16000]]), frame_labels=list(range(20)))
        for x in rows
    ]
    together = augreg.augment(sounds, pipe, seed=seed, keys=list(range(8)))
    for key, (sound, row) in enumerate(zip(sounds, together, strict=True)):
        (alone,) = augreg.augment([sound], pipe, seed=seed, keys=[key])
        assert torch.equal(alone.data, row.data)
        assert np.array_equal(alone.events.data, row.events.data)
        assert alone.frame_labels == row.frame_labels

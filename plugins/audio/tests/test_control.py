"""Control signals against loops over their definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from augreg_audio import control
from augreg_audio.dynamics import GROUP, Limiter
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.batch import Batch, make_batch


@pytest.mark.parametrize("step", [1, 2, 3, 4, 8, 22, 24, 48, 96])
@pytest.mark.parametrize("frames", [1, 7, 48, 1000])
def test_levels_are_the_largest_of_every_step(step: int, frames: int):
    x = np.random.default_rng(frames).standard_normal((2, frames))
    wanted = [np.abs(x[:, k : k + step]).max() for k in range(0, frames, step)]
    np.testing.assert_allclose(control.levels(x, step), 20 * np.log10(wanted), rtol=1e-12)


def test_silence_has_a_finite_level():
    assert control.levels(np.zeros((1, 16), dtype=np.float32), 8).tolist() == pytest.approx([-200.0, -200.0])


@settings(deadline=None, max_examples=60)
@given(
    steps=st.integers(1, 300),
    ahead=st.lists(st.integers(1, 150), min_size=1, max_size=3),
    seed=st.integers(0, 1000),
)
def test_anticipation_is_the_mean_of_the_largest_of_what_comes_next(steps: int, ahead: list[int], seed: int):
    rows = np.abs(np.random.default_rng(seed).standard_normal((len(ahead), steps)))
    got = control.anticipated(rows, ahead)
    for row, found, count in zip(rows, got, ahead, strict=True):
        largest = [row[k : k + count].max() for k in range(steps)]
        wanted = [np.mean(largest[max(0, k - count + 1) : k + 1]) for k in range(steps)]
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
        assert (found >= row * (1 - 1e-9)).all()


@pytest.mark.parametrize("step", [1, 8])
def test_factors_run_linearly_and_never_above_the_reductions(step: int):
    reduction = np.abs(np.random.default_rng(1).standard_normal((1, 20))) * 6
    gain = np.empty((1, 20 * step))
    control.faded(np.ones((1, 20 * step)), control.factors(reduction, [20])[0], step, gain)
    per_step = gain.reshape(20, step)
    assert (per_step <= 10 ** (-reduction[0, :, None] / 20) * (1 + 1e-12)).all()
    if step > 2:
        np.testing.assert_allclose(np.diff(per_step, n=2, axis=1), 0.0, atol=1e-12)


def test_limiting_a_row_does_not_depend_on_its_group():
    # More rows than go together, of uneven lengths, two of them without any frame.
    rng = np.random.default_rng(3)
    lengths = [16000, 0, 1, 10, 15999, 8000, *rng.integers(1, 16000, GROUP + 3).tolist(), 0]
    rows = [torch.from_numpy(rng.standard_normal((1, n)).astype(np.float32)) for n in lengths]
    batch = make_batch("audio", rows, rates=16000)
    step = Limiter()
    params = step.draw(batch.info.replace(data=batch.rows()), augreg.Rng(1, batch.info.keys))
    whole = step.apply(batch, params)
    listed = step.apply(Batch(rows, batch.info), params)
    work = step.work(batch.info, params)
    for i, row in enumerate(rows):
        at = np.asarray([i])
        alone = step.apply(make_batch("audio", [row], rates=16000), params.take(at))
        assert torch.equal(whole.row(i), alone.row(0))
        assert torch.equal(whole.row(i), listed.row(i))
        if row.shape[-1]:
            out = np.empty(row.shape, dtype=np.float32)
            work(i, row.numpy(), out)
            assert np.array_equal(out, whole.row(i).numpy())
        assert not whole.data[i, :, lengths[i] :].any()

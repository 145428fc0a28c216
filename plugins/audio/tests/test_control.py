"""Control signals against loops over their definitions, on the CPU and as devices work them out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio import control, control_device
from augreg_audio.dynamics import Compressor, Limiter
from augreg_audio.leveling import group_of
from hypothesis import given, settings
from hypothesis import strategies as st
from torch._subclasses.fake_tensor import FakeTensorMode

import augreg
from augreg.data.batch import Batch
from augreg.kernel import make_batch

DYNAMIC = [
    Limiter(),
    Limiter(relative=False, threshold=(-12, -12)),
    Limiter(attack=(0.0, 0.0)),
    Limiter(attack=(0.3, 0.4), release=(2.0, 3.0)),
    Compressor(),
    Compressor(makeup=False, ratio=(1.0, 4.0)),
]


def lines(rows: np.ndarray, ahead: int = 1) -> np.ndarray:
    """Rows (n, steps) with the room that control signals need."""
    n, steps = rows.shape
    made = np.zeros((n, control.room_for(steps, ahead)), dtype=rows.dtype)
    made[:, :steps] = rows
    return made


@pytest.mark.parametrize("step", [1, 2, 3, 4, 8, 22, 24, 48, 96])
@pytest.mark.parametrize("frames", [1, 7, 48, 1000])
def test_peaks_are_the_largest_of_every_step(step: int, frames: int):
    xs = [np.random.default_rng(k).standard_normal((2, n)) for k, n in enumerate((frames, 5, frames))]
    wanted = [[np.abs(x[:, k : k + step]).max() for k in range(0, x.shape[-1], step)] for x in xs]
    out = np.full((3, max(map(len, wanted)) + 2), np.nan)
    control.peaks(xs, step, out)
    for found, row in zip(out.tolist(), wanted, strict=True):
        assert found == row + [0.0] * (len(found) - len(row))
    assert control_device.peaks(torch.from_numpy(xs[0])[None], step)[0].tolist() == wanted[0]


def test_what_is_above_a_limit_is_counted_in_nepers_and_never_infinite():
    levels = np.array([[0.0, 0.5, 1.0, 2.0], [0.0, 1e-40, 1e-38, 1e-30]], dtype=np.float32)
    found = control.above(levels.copy(), [0.5, 1e-45])
    np.testing.assert_allclose(found[0], np.log([1, 1, 2, 4]), rtol=1e-6)
    assert np.isfinite(found).all()
    limits = torch.tensor([[0.5], [1e-45]], dtype=torch.float64)
    torch.testing.assert_close(control_device.above(torch.from_numpy(levels), limits), torch.from_numpy(found))


@pytest.mark.slow
@settings(deadline=None, max_examples=60)
@given(
    steps=st.integers(1, 300),
    times=st.lists(st.floats(0.001, 400.0), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
)
def test_recursions_are_those_step_by_step(steps: int, times: list[float], seed: int):
    rows = np.abs(np.random.default_rng(seed).standard_normal((len(times), steps)))
    found = control.held(lines(rows), times), control.smoothed(lines(rows), times)
    device = [f(torch.from_numpy(rows), times).numpy() for f in (control_device.held, control_device.smoothed)]
    for i, time in enumerate(times):
        keep, high, mean = np.exp(-1 / max(time, 1e-3)), 0.0, 0.0
        for k, value in enumerate(rows[i]):
            high, mean = max(value, keep * high), (1 - keep) * value + keep * mean
            for signals in (found, device):
                assert signals[0][i, k] == pytest.approx(high, rel=1e-9)
                assert signals[1][i, k] == pytest.approx(mean, rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    steps=st.integers(1, 300),
    ahead=st.lists(st.integers(1, 150), min_size=1, max_size=3),
    seed=st.integers(0, 1000),
)
def test_anticipation_is_the_mean_of_the_largest_of_what_comes_next(steps: int, ahead: list[int], seed: int):
    rows = np.abs(np.random.default_rng(seed).standard_normal((len(ahead), steps)))
    got = control.anticipated(lines(rows, max(ahead)), ahead)
    device = control_device.anticipated(torch.from_numpy(rows), ahead).numpy()
    for row, found, other, count in zip(rows, got, device, ahead, strict=True):
        largest = [row[k : k + count].max() for k in range(steps)]
        wanted = [np.mean(largest[max(0, k - count + 1) : k + 1]) for k in range(steps)]
        np.testing.assert_allclose(found[:steps], wanted, rtol=1e-9)
        np.testing.assert_allclose(other, wanted, rtol=1e-9)
        assert (found[:steps] >= row * (1 - 1e-9)).all()


@pytest.mark.parametrize("step", [1, 8])
def test_gains_run_linearly_and_never_above_the_reductions(step: int):
    reduction = np.abs(np.random.default_rng(1).standard_normal((2, 21)))
    counts = [21, 14]
    gain = control.curves(control.corners(lines(reduction), counts), step)[:, : 21 * step]
    for row, needed, count in zip(gain, reduction, counts, strict=True):
        per_step = row[: count * step].reshape(count, step)
        assert (per_step <= np.exp(-needed[:count, None]) * (1 + 1e-12)).all()
        if step > 2:
            np.testing.assert_allclose(np.diff(per_step, n=2, axis=1), 0.0, atol=1e-12)
    x = torch.ones(2, 1, 21 * step, dtype=torch.float64)
    device = control_device.faded(x, torch.from_numpy(reduction), counts, step)[:, 0].numpy()
    np.testing.assert_allclose(device[0], gain[0], rtol=1e-12)
    np.testing.assert_allclose(device[1, : 14 * step], gain[1, : 14 * step], rtol=1e-12)


@pytest.mark.parametrize("augmenter", DYNAMIC, ids=repr)
def test_a_row_does_not_depend_on_its_group(augmenter: Any):
    # More rows than go together, of uneven lengths, two of them without any frame.
    rng = np.random.default_rng(3)
    lengths = [16000, 0, 1, 10, 15999, 8000, *rng.integers(1, 16000, group_of(16000, 8) + 3).tolist(), 0]
    rows = [torch.from_numpy(rng.standard_normal((1, n)).astype(np.float32)) for n in lengths]
    batch = make_batch("audio", rows, rates=16000)
    params = augmenter.draw(batch.info, augreg.Rng(1, batch.info.keys))
    whole = augmenter.apply(batch, params)
    listed = augmenter.apply(Batch(rows, batch.info), params)
    work = augmenter.work(batch.info, params)
    for i, row in enumerate(rows):
        at = np.asarray([i])
        alone = augmenter.apply(make_batch("audio", [row], rates=16000), params.take(at))
        assert torch.equal(whole.row(i), alone.row(0))
        assert torch.equal(whole.row(i), listed.row(i))
        if row.shape[-1]:
            out = row.numpy().copy()
            work(i, out, out)
            assert np.array_equal(out, whole.row(i).numpy())
        assert not whole.data[i, :, lengths[i] :].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int16], ids=str)
def test_groups_on_threads_in_inference_mode(dtype: torch.dtype, noise: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AUGREG_THREADS", "2")
    rows = [(noise(n, seed=n) * (9000 if dtype == torch.int16 else 1)).to(dtype) for n in (3000, 100, 2000)] * 20
    batch = make_batch("audio", rows, rates=16000)
    params = Limiter().draw(batch.info, augreg.Rng(2, batch.info.keys))
    wanted = Limiter().apply(batch, params).data
    with torch.inference_mode():
        assert torch.equal(Limiter().apply(batch, params).data, wanted)


@pytest.mark.parametrize("rate", [16000.0, 44100.0, np.array([8000.0, 8000.0, 44100.0, 44100.0])], ids=str)
@pytest.mark.parametrize("augmenter", DYNAMIC, ids=repr)
def test_all_rows_at_once_agree_with_row_by_row(augmenter: Any, rate: Any, noise: Any):
    rows = [noise(n, channels=2, seed=n) for n in (1, 300, 16000, 7001)]
    rows[2][:, 9000:] *= 0.01
    batch = make_batch("audio", rows, rates=rate)
    params = augmenter.draw(batch.info, augreg.Rng(2, batch.info.keys))
    tracked = batch.replace(batch.data.clone().requires_grad_())
    found = augmenter.apply(tracked, params).data.detach()
    torch.testing.assert_close(found, augmenter.apply(batch, params).data, atol=2e-6, rtol=2e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.int16])
@pytest.mark.parametrize("augmenter", DYNAMIC, ids=repr)
def test_kernels_stay_on_their_device_and_wait_for_nothing(augmenter: Any, dtype: torch.dtype):
    sounds = torch.zeros(3, 2, 5000, dtype=dtype)
    info = make_batch("audio", list(sounds), rates=16000).info
    params = augmenter.draw(info, augreg.Rng(2, info.keys))
    with FakeTensorMode(allow_non_fake_inputs=True):
        made = augmenter.apply(Batch(torch.empty_like(sounds, device="cuda"), info), params).data
    assert made.device.type == "cuda"
    assert made.dtype == dtype
    assert made.shape == sounds.shape

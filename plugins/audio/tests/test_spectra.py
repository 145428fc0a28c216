"""Spectrogram augmenters: what is masked, moved and mixed, through the dispatcher as users call it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from augreg_audio.spectra.base import read_at
from augreg_audio.spectra.gains import FilterAugment, SpecMixup
from augreg_audio.spectra.masks import FrequencyMask, SpecAugment, TimeMask
from augreg_audio.spectra.modality import Spectrogram
from augreg_audio.spectra.warps import FrequencyWarp, TimeWarp

import augreg
from augreg import Events
from augreg.engine.augment import augment
from augreg.errors import SampleError
from augreg.kernel import make_batch

ALL = [FrequencyMask(), TimeMask(count=3), SpecAugment(), TimeWarp(), FrequencyWarp(), FilterAugment()]


def spectrogram(frames: int = 60, seed: int = 0, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 40, frames, generator=generator, dtype=dtype)


def run(step: Any, rows: list[torch.Tensor], seed: int = 3, **targets: Any) -> augreg.Batch:
    batch = make_batch("spectrogram", rows, rates=100.0, targets=targets)
    return step.apply(batch, step.draw(batch.info, augreg.Rng(seed, batch.info.keys).at("s")))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.float64, torch.complex64], ids=str)
@pytest.mark.parametrize("step", ALL, ids=repr)
def test_rows_are_independent_and_keep_their_kind(step: Any, dtype: torch.dtype):
    wide = torch.complex64 if dtype.is_complex else torch.float32
    rows = [spectrogram(n, n, wide).to(dtype) for n in (60, 1, 33)]
    before = [row.clone() for row in rows]
    out = run(step, rows)
    batch = make_batch("spectrogram", rows, rates=100.0)
    params = step.draw(batch.info, augreg.Rng(3, batch.info.keys).at("s"))
    for i in range(3):
        alone = step.apply(batch.take(np.array([i])), params.take(np.array([i])))
        assert torch.equal(alone.data[0], out.data[i])
        assert out.data[i].dtype == dtype
        assert out.data[i].shape == rows[i].shape
        assert torch.equal(rows[i], before[i])
    same = batch.take(np.array([0, 0]))
    stacked = step.apply(same.replace(torch.stack(list(same.data))), params.take(np.array([0, 0])))
    torch.testing.assert_close(stacked.data[1], out.data[0])


@pytest.mark.parametrize(("step", "axis", "size"), [(FrequencyMask(width=0.25), 1, 40), (TimeMask(width=0.25), 2, 60)])
def test_masks_hold_the_samples_own_mean(step: Any, axis: int, size: int):
    x = spectrogram()
    out = run(step, [x, x + 100.0]).data
    for row, source in zip(out, (x, x + 100.0), strict=True):
        changed = (row != source).any(dim=0).any(dim=2 - axis)
        assert int(changed.sum()) == size // 4
        at = torch.nonzero(changed).ravel()
        assert int(at[-1] - at[0]) == size // 4 - 1
        torch.testing.assert_close(row.select(axis, int(at[0])).unique(), source.mean().reshape(1))


@pytest.mark.parametrize(("fill", "value"), [("zero", 0.0), ("min", -2.0)])
def test_other_fills(fill: str, value: float):
    x = torch.arange(-2.0, 598.0).reshape(1, 20, 30)
    out = run(FrequencyMask(width=0.5, fill=fill), [x]).data[0]
    assert float(out[out != x].unique()) == value


@pytest.mark.parametrize("step", [TimeWarp(warp=(0.15, 0.15)), SpecAugment(warp=(-0.2, -0.2), bands=0, stretches=0)])
def test_targets_follow_the_warp(step: Any):
    x = torch.zeros(1, 4, 200)
    labels = np.zeros(200, dtype=np.int64)
    for k, (start, end) in enumerate([(20, 60), (90, 110), (150, 190)]):
        x[:, :, start:end] = k + 1
        labels[start:end] = k + 1
    events = Events([[0.2, 0.6], [0.9, 1.1], [1.5, 1.9]], labels=[1, 2, 3])
    out = run(step, [x], events=[events], frame_labels=[labels])
    heard = out.data[0][0, 0].round().numpy()
    assert not np.array_equal(heard, labels)
    assert (out.info.target("frame_labels")[0] == heard).mean() > 0.97
    marked = np.zeros(200)
    for (onset, offset), name in zip(out.info.target("events")[0].data, [1, 2, 3], strict=True):
        marked[round(onset * 100) : round(offset * 100)] = name
    assert (marked == heard).mean() > 0.97


def test_frequency_warp_moves_bands_up():
    x = torch.zeros(1, 101, 5)
    x[:, 40] = 1.0
    out = run(FrequencyWarp(warp=(1.25, 1.25)), [x]).data[0]
    assert int(out[0, :, 0].argmax()) == 50
    assert run(FrequencyWarp(warp=(1, 1)), [x]).data[0] is x


@pytest.mark.parametrize("scale", ["log_power", "log_amplitude", "decibel", "power", "amplitude"])
def test_filter_means_the_same_on_every_scale(scale: str):
    amplitude = spectrogram().abs() + 0.1
    to = {
        "amplitude": lambda a: a,
        "power": lambda a: a**2,
        "log_power": lambda a: 2 * a.log(),
        "log_amplitude": torch.log,
        "decibel": lambda a: 20 * a.log10(),
    }[scale]
    wanted = to(run(FilterAugment(scale="amplitude"), [amplitude]).data[0])
    torch.testing.assert_close(run(FilterAugment(scale=scale), [to(amplitude)]).data[0], wanted, atol=1e-4, rtol=1e-4)


def test_reading_complex_values_keeps_amplitudes():
    x = torch.polar(torch.ones(1, 2, 50), torch.linspace(0, 60, 50).expand(1, 2, 50))
    out = read_at(x, np.linspace(0, 49, 77), 2)
    torch.testing.assert_close(out.abs(), torch.ones(1, 2, 77))


def test_mixup_mixes_what_both_have():
    rows = [torch.zeros(1, 3, 10), torch.ones(1, 3, 6)]
    events = [Events([[0.0, 0.1]], labels=["a"]), Events([[0.0, 0.06]], labels=["b"])]
    targets = {"label": [0, 1], "events": events, "frame_labels": [np.zeros((10, 1)), np.ones((6, 1))]}
    batch = make_batch("spectrogram", rows, rates=100.0, targets=targets)
    step = SpecMixup()
    params = step.draw(batch.info, augreg.Rng(0, batch.info.keys))
    out, weight = step.apply(batch, params), params.array("weight")
    assert float(out.data[0][0, 0, 0]) == pytest.approx(1 - weight[0], abs=1e-6)
    assert not out.data[0][..., 6:].any()
    assert float(out.data[1].mean()) == pytest.approx(weight[1], abs=1e-6)
    assert out.info.target("label")[0] == pytest.approx({0: weight[0], 1: 1 - weight[0]})
    assert list(out.info.target("events")[0].labels) == ["a", "b"]
    wanted = np.where(np.arange(10) < 6, 1 - weight[0], 0.0)  # the share of the partner in every frame
    np.testing.assert_allclose(out.info.target("frame_labels")[0][:, 0], wanted)
    np.testing.assert_allclose(out.info.target("frame_labels")[1][:, 0], weight[1])


def test_dispatcher_takes_and_returns_every_form():
    pipe = augreg.Pipeline({"spectrogram": ["spectrogram.spec_augment", "spectrogram.filter_augment"]})
    sample = Spectrogram(spectrogram(), 100.0, Events([[0.1, 0.2]]), label=3)
    array = spectrogram(30)[0].numpy()
    out = augment([sample, sample], pipe, seed=1)
    assert isinstance(out[0], Spectrogram)
    assert out[0].label == 3
    assert len(out[0].events) == 1
    assert not torch.equal(out[0].data, out[1].data)
    one = augment(array, pipe, seed=1, keys=0, modality="spectrogram")
    assert isinstance(one, np.ndarray)
    assert one.shape == array.shape


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        (Spectrogram(torch.full((2, 3), float("nan"))), "NaN"),
        (Spectrogram(torch.zeros(3)), "shape"),
        (Spectrogram(torch.zeros(2, 3, dtype=torch.int32)), "dtype"),
        (Spectrogram(torch.zeros(2, 3), events=Events([[0, 1]])), "frame_rate"),
        (Spectrogram(torch.zeros(2, 3), frame_rate=0.0), "positive"),
    ],
)
def test_bad_spectrograms_are_refused(sample: Spectrogram, message: str):
    pipe = augreg.Pipeline({"spectrogram": ["spectrogram.time_mask"]})
    with pytest.raises(SampleError, match=message):
        augment([sample], pipe, seed=0)


def test_half_precision_saturates():
    """60 dB of power are a factor of a million: more than float16 holds."""
    loud = torch.full((1, 4, 3), 2.0, dtype=torch.float16)
    step = {"spectrogram.filter_augment": {"scale": "power", "decibels": [60, 60]}}
    out = augreg.augment([loud], augreg.Pipeline({"spectrogram": [step]}), seed=0, modality="spectrogram")[0]
    assert out.dtype == torch.float16
    assert (out == torch.finfo(torch.float16).max).all()

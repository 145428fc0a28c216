"""Every augmenter against a plain loop in numpy, on series of different lengths, with what follows them."""

import json

import numpy as np
import pytest
import torch
from augreg_series import Crop, Mixup, Scale, Series
from augreg_series.examples import example

import augreg

NAMES = [spec.name for spec in augreg.list_augmenters(modality="series")]
LENGTHS = (5, 9, 1, 30, 31)


def made(n, channels=2, **more):
    rng = np.random.default_rng(n)
    data = rng.normal(size=(channels, n)).astype(np.float32)
    return Series(data, timestamps=np.arange(n) / 10, mask=rng.random(n) < 0.8, key=f"s{n}", **more)


def traced(samples, steps, **options):
    return augreg.augment(samples, {"series": steps}, seed=3, return_trace=True, **options)


def params(trace, i, step=0):
    return trace[i].to_dict()["steps"][step]["params"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["tensors", "arrays", "series", "records"])
def test_two_lengths_come_back_as_two_lengths(name, kind):
    given = [torch.randn(2, 5), torch.randn(2, 9)]
    step = {name: {"share": 1.0}} if name == "series.crop" else name
    samples = {
        "tensors": given,
        "arrays": [row.numpy() for row in given],
        "series": [Series(row) for row in given],
        "records": [{"x": row, "id": i} for i, row in enumerate(given)],
    }[kind]
    out = augreg.augment(samples, {"series": [step]}, seed=1, modality="series")
    rows = [{"series": lambda o: o.data, "records": lambda o: o["x"]}.get(kind, lambda o: o)(one) for one in out]
    assert [tuple(row.shape) for row in rows] == [(2, 5), (2, 9)]


def test_scale_is_a_product():
    samples = [made(n) for n in LENGTHS]
    out, trace = traced(samples, ["series.scale"])
    for i, (sample, scaled) in enumerate(zip(samples, out, strict=True)):
        np.testing.assert_array_equal(scaled.data, sample.data * np.float32(params(trace, i)["factor"]))
        assert np.array_equal(scaled.mask, sample.mask)
        assert np.array_equal(scaled.timestamps, sample.timestamps)


def test_scales_in_a_row_are_one():
    samples = [made(n) for n in LENGTHS]
    steps = ["series.scale", {"series.scale": {"p": 0.5}}, "series.scale"]
    fused, trace = traced(samples, steps)
    assert len({len(trace[i].steps) for i in range(len(samples))}) == 2  # one fires for some of them only
    for i, (sample, scaled) in enumerate(zip(samples, fused, strict=True)):
        factor = np.prod([step["params"]["factor"] for step in trace[i].steps])
        np.testing.assert_array_equal(scaled.data, sample.data * np.float32(factor))
    plain, _ = traced(samples, steps, fuse=False)
    for a, b in zip(fused, plain, strict=True):
        np.testing.assert_allclose(a.data, b.data, rtol=1e-6)


def test_crop_keeps_one_stretch_of_all_that_belongs_to_it():
    samples = [made(n, label=n) for n in LENGTHS]
    out, trace = traced(samples, ["series.crop"])
    for i, (sample, cropped) in enumerate(zip(samples, out, strict=True)):
        drawn = params(trace, i)
        kept = slice(drawn["start"], drawn["start"] + drawn["length"])
        assert max(1, round(0.5 * len(sample.mask))) <= drawn["length"] <= len(sample.mask)
        np.testing.assert_array_equal(cropped.data, sample.data[:, kept])
        np.testing.assert_array_equal(cropped.mask, sample.mask[kept])
        np.testing.assert_array_equal(cropped.timestamps, sample.timestamps[kept])
        assert cropped.label == sample.label
    assert len({len(one.mask) for one in out}) > 2


@pytest.mark.parametrize("fuse", [True, False])
def test_crops_in_a_row_are_one_and_see_true_lengths(fuse):
    samples = [made(n) for n in LENGTHS]
    steps = [{"series.crop": {"p": 0.5}}, "series.scale", "series.crop", {"series.crop": {"p": 0.5}}, "series.crop"]
    out, trace = traced(samples, steps, fuse=fuse)
    for i, (sample, result) in enumerate(zip(samples, out, strict=True)):
        data, times, factor = sample.data, sample.timestamps, 1.0
        for step in trace[i].steps:
            drawn = step["params"]
            if step["augmenter"] == "series.scale":
                factor = drawn["factor"]
                continue
            assert drawn["start"] + drawn["length"] <= data.shape[1]
            kept = slice(drawn["start"], drawn["start"] + drawn["length"])
            data, times = data[:, kept], times[kept]
        np.testing.assert_array_equal(result.data, data * np.float32(factor))
        np.testing.assert_array_equal(result.timestamps, times)
        assert len(result.mask) == data.shape[1]


def test_mixup_is_a_weighted_mean_with_partners_of_any_length():
    samples = [made(n, label=i) for i, n in enumerate(LENGTHS)]
    out, trace = traced(samples, [{"series.mixup": {"classes": 5}}])
    by_key = {str(key): i for i, key in enumerate(augreg.kernel.hash_keys([s.key for s in samples]))}
    partners = set()
    for i, (sample, mixed) in enumerate(zip(samples, out, strict=True)):
        drawn = params(trace, i)
        j, weight = by_key[drawn["partner"]], drawn["weight"]
        partners.add(j)
        assert j != i
        assert weight >= 0.5
        n = sample.data.shape[1]
        other = np.stack([samples[j].data[:, k % samples[j].data.shape[1]] for k in range(n)], axis=1)
        np.testing.assert_allclose(mixed.data, weight * sample.data + (1 - weight) * other, rtol=1e-5, atol=1e-6)
        valid = [sample.mask[k] and samples[j].mask[k % len(samples[j].mask)] for k in range(n)]
        np.testing.assert_array_equal(mixed.mask, valid)
        label = np.zeros(5)
        label[i] += weight
        label[j] += 1 - weight
        np.testing.assert_allclose(mixed.label, label, atol=1e-6)
    assert len(partners) > 1


def test_mixup_needs_masks_of_all_or_of_none():
    samples = [made(5), Series(np.zeros((2, 7), np.float32))]
    with pytest.raises(augreg.SampleError, match="some series of the batch have a mask and some have none"):
        augreg.augment(samples, {"series": ["series.mixup"]}, seed=1)


def test_masks_per_channel_mix_with_masks_per_moment():
    first, second = np.array([[1, 0], [1, 1]], bool), np.array([1, 1], bool)
    samples = [Series(np.zeros((2, 2)), mask=mask) for mask in (first, second)]
    out = augreg.augment(samples, {"series": [Mixup()]}, seed=1)
    np.testing.assert_array_equal(out[0].mask, first)
    np.testing.assert_array_equal(out[1].mask, [True, False])


def test_gaps_pass_where_every_step_lets_them():
    gap = np.array([[1.0, np.nan, 3.0]])
    (out,) = augreg.augment([Series(gap)], {"series": [Scale(factor=2.0), Crop(share=1.0)]}, seed=1)
    np.testing.assert_array_equal(out.data, 2 * gap)
    with pytest.raises(augreg.SampleError, match="NaN or infinity at 1 of 3 places"):
        augreg.augment([Series(gap)], {"series": ["series.scale", "series.mixup"]}, seed=1)


def test_traces_repeat_it_from_json():
    samples = [made(n, label=n % 3) for n in LENGTHS]
    steps = ["series.crop", {"series.mixup": {"classes": 3}}, {"series.scale": {"p": 0.5}}, "series.crop"]
    pipe = augreg.Pipeline({"series": steps})
    out, trace = pipe(samples, seed=1, return_trace=True)
    again = pipe.replay(samples, json.loads(json.dumps(trace.to_dicts())))
    for a, b in zip(out, again, strict=True):
        assert np.array_equal(a.data, b.data)
        assert np.array_equal(a.mask, b.mask)
        assert np.array_equal(a.timestamps, b.timestamps)


@pytest.mark.parametrize("case", ["one_moment", "no_moment", "one_channel", "many_channels", "constant"])
@pytest.mark.parametrize("name", NAMES)
def test_odd_series_are_augmented(name, case):
    from augreg_series import SeriesModality

    for sample in SeriesModality().odd_examples()[case]:
        (out,) = augreg.augment([sample], {"series": [name]}, seed=1)
        assert type(out.data) is type(sample.data)
        assert out.data.ndim == sample.data.ndim
        assert 0 < out.data.shape[-1] <= sample.data.shape[-1] or case == "no_moment"


def test_examples_are_the_same_each_time():
    assert torch.equal(example(3).data, example(3).data)

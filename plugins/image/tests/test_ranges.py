"""Pictures that say which values are black and white, and floats beyond 0 to 1, which nothing cuts off unsaid."""

import numpy as np
import pytest
import torch

import augreg
from augreg import Image, Pipeline, SampleError, UnsupportedError
from augreg.registry import default

EVERY = {s.name: default().load(s.id) for s in default().augmenters() if s.modalities == ("image",)}
FLOATS = [n for n, c in EVERY.items() if "float32" in c.declares.dtypes]
HOUNSFIELD = {"range": [-1024, 3071]}


def pipe(*steps):
    return Pipeline({"image": [{name: {"p": 1.0, **config}} for name, config in steps]})


def scan(low=-1200, high=3300, dtype=np.int16):
    return np.random.default_rng(0).integers(low, high, (30, 36)).astype(dtype)


def deep():
    return np.random.default_rng(1).integers(0, 4500, (30, 36, 3)).astype(np.uint16)


def reflectances():
    return np.random.default_rng(2).normal(0.6, 0.5, (30, 36, 5)).astype(np.float32)


@pytest.mark.parametrize("more", [[], [("image.brightness", {"factor": [1.0, 1.0]})]])
@pytest.mark.parametrize(
    ("array", "options"),
    [
        (scan(), HOUNSFIELD),
        (deep(), {"white": 4095}),
        (scan(dtype=np.int32), HOUNSFIELD),
        (reflectances(), {"white": 2}),
    ],
)
def test_moves_keep_every_value_those_beyond_the_range_too(array, options, more):
    out = pipe(("image.hflip", {}), *more)(
        array, seed=1, keys=0, modality="image", options=options, layout=None if array.ndim == 2 else "HWC"
    )
    assert out.dtype == array.dtype
    np.testing.assert_array_equal(out, array[:, ::-1])


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (("image.invert", {}), lambda x: 1 - x),
        (("image.brightness", {"factor": [1.5, 1.5]}), lambda x: 1.5 * x),
        (("image.solarize", {"threshold": [0.5, 0.5]}), lambda x: np.where(x >= 0.5, 1 - x, x)),
    ],
)
@pytest.mark.parametrize(("array", "low", "high"), [(scan(), -1024, 3071), (deep(), 0, 4095), (reflectances(), -1, 2)])
def test_values_are_changed_relative_to_white(step, wanted, array, low, high):
    found = pipe(step)(Image(array, options={"range": [low, high]}), seed=1, keys=0).data
    shares = (
        ((array.astype(np.float64) - low) / (high - low)).clip(0, 1)
        if step[0] != "image.brightness"
        else (array.astype(np.float64) - low) / (high - low)
    )
    expected = wanted(shares).clip(0, 1) * (high - low) + low
    assert found.dtype == array.dtype
    assert np.abs(found - expected).max() <= (0.501 if array.dtype.kind != "f" else 1e-5)


def test_margins_are_filled_with_the_black_and_white_of_the_picture():
    for more in ([], [("image.brightness", {"factor": [1.0, 1.0]})]):
        for array, low, high in ((scan(), -1024, 3071), (deep(), 0, 4095), (reflectances(), -1, 2)):
            for fill, value in ((0.0, low), (1.0, high)):
                steps = pipe(("image.pad", {"padding": 1, "fill": fill}), *more)
                out = steps(Image(array, options={"range": [low, high]}), seed=1, keys=0).data
                assert np.all(out[0] == value)
    said = Image(scan(), options={**HOUNSFIELD, "fill": -1000})
    assert np.all(pipe(("image.pad", {"padding": 1}))(said, seed=1, keys=0).data[0] == -1000)


def test_normalized_and_tensor_results_are_those_of_the_shares():
    shares = (scan().astype(np.float64) + 1024) / 4095
    sample = Image(scan(), options=HOUNSFIELD)
    for samples in (sample, [sample, Image(scan())][:1]):
        out = pipe(("image.normalize", {"mean": 0.5, "std": 0.25}))(samples, seed=1, keys=[0])
        out = out[0] if isinstance(out, list) else out
        assert out.data.dtype == np.float32
        np.testing.assert_allclose(out.data, (shares - 0.5) / 0.25, atol=1e-5)
    tensor = pipe(("image.to_tensor", {}))(sample, seed=1, keys=0).data
    np.testing.assert_allclose(tensor[0], shares, atol=1e-6)
    with pytest.raises(UnsupportedError, match="scale=False"):
        pipe(("image.to_tensor", {"scale": False}))(sample, seed=1, keys=0)


def test_samples_with_ranges_share_batches_with_others():
    samples = [
        Image(scan()[..., None].repeat(3, 2), options=HOUNSFIELD),
        Image(deep(), options={"white": 4095}),
        Image(deep()),
    ]
    steps = Pipeline({"image": [{n: {"p": 0.6}} for n in ("image.brightness", "image.rotate", "image.normalize")]})
    for seed in range(6):
        together = steps(samples, seed=seed, keys=[0, 1, 2])
        for i, sample in enumerate(samples):
            np.testing.assert_array_equal(steps(sample, seed=seed, keys=i).data, together[i].data)


def test_loaders_and_views_pass_options_on():
    steps = pipe(("image.invert", {}))
    bound = steps.bind(seed=1, modality="image", options={"white": 4095})
    np.testing.assert_array_equal(bound(deep(), key=0), 4095 - deep().clip(0, 4095).astype(int))
    first, second = steps(deep(), seed=1, keys=0, modality="image", options={"white": 4095}, views=2)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", FLOATS)
def test_floats_beyond_the_range_are_kept_or_refused_with_what_to_say(name):
    cls = EVERY[name]
    channels = 3 if not cls.declares.channels or 3 in cls.declares.channels else 1
    array = np.random.default_rng(3).normal(0.5, 1.0, (40, 48, channels)).astype(np.float32)
    config = {**(cls.examples[0] if cls.examples else {})}
    steps = Pipeline({"image": [augreg.Step(cls(**config), p=1.0)]})
    clips = getattr(cls(**config), "clips", False)
    try:
        out = steps([Image(array), Image(array[::-1].copy())], seed=1, keys=[0, 1])[0].data
    except SampleError as error:
        out, refused = None, str(error)
    else:
        refused = ""
    assert ("'range': [low, high]" in refused) == clips
    if out is None:
        return
    if cls.declares.keeps_range:
        assert float(np.asarray(out).max()) > 1.2


def test_floats_just_beyond_and_restored_ones_are_taken():
    nearly = np.full((8, 8, 3), 1.002, np.float32)
    assert pipe(("image.brightness", {}))(nearly, seed=1, keys=0, modality="image").max() <= 1
    normal = torch.randn(3, 8, 8)
    steps = Pipeline({"image": ["image.denormalize", {"image.brightness": {"p": 1.0}}]})
    assert steps(normal, seed=1, keys=0, modality="image").max() <= 1


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"white": 0}, "above 0"),
        ({"range": [3, 3]}, "values of black and white"),
        ({"range": 4095}, "values of black and white"),
        ({"whit": 4095}, "Did you mean 'white'"),
        ({"white": 1, "range": [0, 1]}, "Keep the range"),
    ],
)
def test_wrong_ranges_are_refused(options, match):
    for given in (
        {"samples": Image(deep(), options=options)},
        {"samples": deep(), "modality": "image", "options": options},
    ):
        with pytest.raises(SampleError, match=match):
            pipe(("image.hflip", {}))(given.pop("samples"), seed=1, keys=0, **given)


def test_what_has_no_range_is_refused_with_advice_that_loses_nothing():
    with pytest.raises(SampleError, match=r"int16.*options=\{'range': \[low, high\]\}"):
        pipe(("image.hflip", {}))(scan(), seed=1, keys=0, modality="image")
    huge = scan().astype(np.int64) * 100_000
    with pytest.raises(SampleError, match="float32"):
        pipe(("image.hflip", {}))(huge, seed=1, keys=0, modality="image", options={"white": 1e9})
    with pytest.raises(SampleError, match="none of text"):
        augreg.augment("a text", {"text": []}, seed=1, keys=0, options={"white": 3})

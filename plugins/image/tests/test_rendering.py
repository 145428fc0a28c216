"""Pictures that say how they are read: interpolation, border and fill of their own, whatever the steps say."""

import itertools

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, rng_for, run_on_torch, smooth

import augreg
from augreg import Image
from augreg.modalities import RENDERING, Rendering

MOVING = [
    {"image.rotate": {"degrees": [-40, 40], "p": 1.0}},
    {"image.affine": {"p": 1.0}},
    {"image.perspective": {"p": 1.0}},
    {"image.resize": {"size": [31, 45]}},
    {"image.resized_crop": {"size": 30}},
    {"image.pad": {"padding": 5}},
    {"image.letterbox": {"size": 40}},
    {"image.zoom_out": {"p": 1.0}},
    {"image.scale": {"p": 1.0}},
    {"image.elastic": {"p": 1.0, "magnitude": [0.05, 0.1]}},
    {"image.grid_distortion": {"p": 1.0}},
    {"image.thin_plate_spline": {"p": 1.0}},
    {"image.corruption": {"kind": "elastic_transform", "severity": [3, 3], "p": 1.0}},
    {"image.grid_shuffle": {"p": 1.0}},
]
HOW = {"interpolation": "nearest", "border": "constant", "fill": 77}


def labels(height=48, width=64, dtype=np.uint8, seed=0):
    return np.random.default_rng(seed).choice(np.array([1, 9, 200]), (height, width)).astype(dtype)


@pytest.mark.parametrize("step", MOVING, ids=lambda step: next(iter(step)))
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float16", "float32"])
def test_what_is_read_at_the_nearest_pixel_holds_what_went_in_and_the_fill(step, dtype):
    data = labels(dtype=dtype)
    if dtype.startswith("float"):
        data = data / data.dtype.type(256)  # some of the steps take floats in 0..1 only
    how = {**HOW, "fill": 77 if dtype.startswith("u") else 0.25}
    for key in range(4):
        out = augreg.augment(Image(data, options=how, key=key), [step], seed=3).data
        assert out.dtype == data.dtype
        assert set(np.unique(out)) <= {*np.unique(data), data.dtype.type(how["fill"])}


@pytest.mark.parametrize("steps", [[s] for s in MOVING[:12]] + [MOVING[:3], MOVING[:5]], ids=str)
def test_neighbors_change_nothing_and_one_by_one_is_as_in_a_batch(steps):
    photo = smooth(48, 64).permute(1, 2, 0).numpy()
    mixed = [None, HOW, {"border": "reflect"}, HOW, {"interpolation": "bicubic", "fill": [1, 2, 3]}, None]
    samples = [Image(photo, options=options, key=i) for i, options in enumerate(mixed)]
    together = augreg.augment(samples, steps, seed=5)
    for sample, out in zip(samples, together, strict=True):
        assert np.array_equal(augreg.augment(sample, steps, seed=5).data, out.data)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic"])
@pytest.mark.parametrize(("border", "code"), [("constant", 0), ("edge", 1), ("reflect", 2)])
def test_a_turn_is_opencv_s_with_the_options_of_the_sample(interpolation, border, code):
    photo = smooth(40, 60).permute(1, 2, 0).numpy()
    options = {"interpolation": interpolation, "border": border, "fill": [10, 20, 30]}
    step = {"image.rotate": {"degrees": [20, 20], "border": "edge", "interpolation": "bilinear", "p": 1.0}}
    out = augreg.augment(Image(photo, options=options, key=0), [step], seed=0).data
    turn = cv2.getRotationMatrix2D((29.5, 19.5), 20, 1)
    flag = {"nearest": cv2.INTER_NEAREST, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}[interpolation]
    known = cv2.warpAffine(photo, turn, (60, 40), flags=flag, borderMode=code, borderValue=(10, 20, 30))
    assert (np.abs(out.astype(int) - known) <= 2).mean() > 0.98


def test_options_equal_to_a_step_s_give_what_the_step_gives():
    photo = smooth(40, 60).permute(1, 2, 0).numpy()
    for interpolation, border in itertools.product(["nearest", "bilinear", "bicubic"], ["constant", "edge", "reflect"]):
        how = {"interpolation": interpolation, "border": border}
        for name in ("image.rotate", "image.elastic", "image.perspective"):
            by_step = augreg.augment(Image(photo, key=1), [{name: {**how, "fill": 0.2, "p": 1.0}}], seed=2).data
            said = Image(photo, options={**how, "fill": 51}, key=1)
            assert np.array_equal(augreg.augment(said, [{name: {"p": 1.0}}], seed=2).data, by_step)


@pytest.mark.parametrize("name", ["image.rotate", "image.perspective", "image.resize"])
@pytest.mark.parametrize("dtype", [torch.uint8, torch.uint16, torch.float32])
def test_batched_torch_reads_each_sample_as_it_says(name, dtype):
    augmenter = augreg.make(name, **({"size": [21, 35]} if name == "image.resize" else {}))
    rows = [smooth(24, 30, 1, seed=s, dtype=dtype) for s in range(4)]
    said = Rendering("nearest", "constant", (0.5,) if dtype is torch.float32 else (7.0,), str(dtype)[6:])
    ways = [None, said, None, said]
    plain = batch_of(*rows)
    batch = plain.replace(rows, extras={RENDERING: ways})
    params = augmenter.draw(batch.info, rng_for(batch))
    done, before = run_on_torch(augmenter, batch, params), run_on_torch(augmenter, plain, params)
    on_cpu = augmenter.apply(batch, params)
    for i, way in enumerate(ways):
        out = done.data[i]
        if way is None:
            assert torch.equal(out, before.data[i])
            continue
        assert set(out.flatten().tolist()) <= {*rows[i].flatten().tolist(), *way.fill}
        same = torch.from_numpy(out.numpy() == on_cpu.data[i].numpy())
        assert same.double().mean() > 0.99


def test_batched_torch_distorts_by_the_nearest_pixel():
    from augreg_image.kernels.displacement import remap_torch
    from augreg_image.kernels.resampling import Resampling

    image = smooth(20, 30, 1, dtype=torch.float32)[None] + 1 / 3
    field = np.random.default_rng(0).uniform(-6, 6, (1, 20, 30, 2)).astype(np.float32)
    found = remap_torch(image, field, Resampling("constant", (0.1,), interpolation="nearest"))
    places = np.stack(np.meshgrid(np.arange(30), np.arange(20)), axis=2) + field
    grid = torch.from_numpy((places + 0.5) * [2 / 30, 2 / 20] - 1).float()
    known = F.grid_sample(image, grid, "nearest", "zeros", align_corners=False)
    inside = known != 0
    assert (found[inside] == known[inside]).double().mean() > 0.99
    assert set(found[~inside].tolist()) <= {0.1, float(np.float32(0.1)), *image.flatten().tolist()}


@settings(max_examples=25, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    degrees=st.floats(-180, 180),
    size=st.integers(1, 50),
    seed=st.integers(0, 99),
)
def test_nearest_invents_no_value(height, width, degrees, size, seed):
    data = labels(height, width, np.uint16, seed)
    steps = [
        {"image.rotate": {"degrees": [degrees, degrees], "expand": True, "p": 1.0}},
        {"image.resize": {"size": size}},
    ]
    out = augreg.augment(Image(data, options={**HOW, "fill": 65535}, key=0), steps, seed=1).data
    assert out.shape == (size, size)
    assert set(np.unique(out)) <= {*np.unique(data), 65535}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"interpolation": "nearst"}, "'nearst' is not valid. Did you mean 'nearest'"),
        ({"border": "mirror"}, "border='mirror' is not valid. Valid: constant, edge, reflect"),
        ({"fil": 3}, "no option 'fil'. Did you mean 'fill'"),
        ({"fill": 300}, "no value of image of dtype uint8: give a whole number from 0 to 255"),
        ({"fill": 0.5}, "not a share of white"),
        ({"fill": float("nan")}, "is not valid: give a number"),
        ({"fill": True}, "is not valid: give a number"),
        ({"fill": [1, 2]}, "2 values for image of 3 channels"),
        (["nearest"], "are no mapping"),
    ],
)
def test_what_is_wrong_is_named(options, words):
    with pytest.raises(augreg.SampleError, match=words.replace("(", r"\(")):
        augreg.augment(Image(np.zeros((4, 4, 3), np.uint8), options=options, key=0), ["image.hflip"], seed=0)


def test_a_fill_of_another_dtype_is_refused():
    steps = ["image.to_tensor", {"image.rotate": {"p": 1.0, "degrees": [30, 30]}}]
    sample = Image(np.zeros((9, 9, 3), np.uint8), options=HOW, key=0)
    with pytest.raises(augreg.SampleError, match="said for a picture of uint8, and a step made float32 of it"):
        augreg.augment(sample, steps, seed=0)
    augreg.augment(sample, steps[::-1], seed=0)


def test_float64_that_would_be_rounded_is_refused():
    steps, exact = [{"image.rotate": {"p": 1.0}}], labels(9, 9, np.float64)
    out = augreg.augment(Image(exact, options={"interpolation": "nearest"}, key=0), steps, seed=0).data
    assert out.dtype == np.float64
    assert set(np.unique(out)) <= {0.0, *np.unique(exact)}
    with pytest.raises(augreg.SampleError, match="Convert it first"):
        augreg.augment(Image(exact / 3, options={"interpolation": "nearest"}, key=0), steps, seed=0)


def test_masks_are_read_as_the_steps_say():
    mask = torch.from_numpy(labels().astype(np.int64))
    step = {"image.rotate": {"degrees": [30, 30], "mask_fill": 5, "p": 1.0}}
    plain = augreg.augment(Image(labels(), masks=mask, key=0), [step], seed=0)
    said = augreg.augment(Image(labels(), masks=mask, key=0, options=HOW), [step], seed=0)
    assert torch.equal(plain.masks, said.masks)


def test_mosaics_read_each_part_as_its_picture_says():
    samples = [Image(labels(seed=i), options=HOW, key=i) for i in range(4)]
    for out in augreg.augment(samples, [{"image.mosaic": {"p": 1.0, "scale": [0.4, 0.7]}}], seed=0):
        assert set(np.unique(out.data)) <= {1, 9, 200, 77}

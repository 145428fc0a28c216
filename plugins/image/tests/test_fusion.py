"""Fused and unfused runs agree; identities, barriers and batches behave."""

import itertools

import numpy as np
import pytest
import torch
from augreg_image.geometry import Affine, HFlip, Rotate, VFlip
from augreg_image.ops import ImageOp
from augreg_image.photometric import Brightness, ColorJitter, Contrast, Normalize
from augreg_image.resize import Resize, ResizedCrop
from hypothesis import given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, chain, noise, rng_for, run, share, smooth

from augreg import Boxes, Keypoints
from augreg.data.batch import Batch
from augreg.data.params import Params

# Gentle maps that keep the content of the middle in view at every step.
STEPS = {
    "hflip": HFlip(),
    "vflip": VFlip(),
    "rotate": Rotate(degrees=6, border="edge"),
    "affine": Affine(degrees=4, translate=0.02, scale=(0.95, 1.1), shear=3, border="edge"),
    "resize": Resize(size=(52, 60)),
    "resized_crop": ResizedCrop(size=48, scale=(0.8, 1.0)),
    "brightness": Brightness(factor=(0.85, 1.05)),
    "contrast": Contrast(factor=(0.8, 1.1)),
    "color_jitter": ColorJitter(brightness=(0.9, 1.0), contrast=0.1, saturation=0.1, hue=0.02),
    "normalize": Normalize(),
}


# What comes after normalizing is no picture in [0, 1], on which the other steps are defined.
PAIRS = [(first, second) for first, second in itertools.product(STEPS, STEPS) if first != "normalize"]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_every_pair_agrees_with_one_step_at_a_time(first, second):
    images = [smooth(56, 64, seed=s, dtype=torch.float32) * 0.7 + 0.1 for s in range(3)]
    fused, single = chain([STEPS[first], STEPS[second]], batch_of(*images), seed=hash_of(first + second))
    for a, b in zip(fused.data, single.data, strict=True):
        assert a.shape == b.shape
        middle = (slice(None), slice(8, -8), slice(8, -8))
        difference = np.abs(a[middle].numpy() - b[middle].numpy())
        # One interpolation against two: a few levels on structures of a few pixels.
        assert difference.mean() < (0.03 if second == "normalize" else 0.008)


def hash_of(text):
    return sum(ord(c) * 31**k for k, c in enumerate(text)) % 1000


@settings(max_examples=25, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(set(STEPS) - {"normalize"})), min_size=2, max_size=6), seed=st.integers(0, 99)
)
def test_chains_agree_and_targets_follow(names, seed):
    image = smooth(56, 64, seed=seed, dtype=torch.float32) * 0.7 + 0.1
    points = Keypoints([[30.0, 25.0], [33.0, 30.0]], swap=[(0, 1)])
    boxes = Boxes([[26.0, 22.0, 40.0, 33.0]])
    batch = batch_of(image, keypoints=[points], boxes=[boxes])
    fused, single = chain([STEPS[name] for name in names], batch, seed=seed)
    for a, b in zip(fused.info.target("keypoints"), single.info.target("keypoints"), strict=True):
        np.testing.assert_allclose(a.data, b.data, atol=1e-6)
    tight, loose = fused.info.target("boxes")[0].data[0], single.info.target("boxes")[0].data[0]
    assert (tight[:2] >= loose[:2] - 1e-6).all()
    assert (tight[2:] <= loose[2:] + 1e-6).all()
    middle = (slice(None), slice(12, -12), slice(12, -12))
    assert np.abs(fused.data[0][middle].numpy() - single.data[0][middle].numpy()).mean() < 0.02


def test_geometry_and_color_become_one_stage_each():
    batch = batch_of(noise(20, 20))
    steps = [ResizedCrop(size=10), HFlip(), Rotate(), Brightness(), ColorJitter(), Normalize()]
    op = None
    for k, step in enumerate(steps):
        lowered = step.lower(batch.info, step.draw(batch.info, rng_for(batch, path=str(k))))
        op = lowered if op is None else op.then(lowered)
    assert [type(stage).__name__ for stage in op.stages] == ["Geometry", "Color", "Normalize"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Rotate(border="edge"), Rotate(border="reflect")),
        (Rotate(fill=0.0), Rotate(fill=0.5)),
        (Rotate(interpolation="nearest"), Rotate()),
        (ResizedCrop(size=8, hard=True), Rotate()),
        (ResizedCrop(size=8, hard=True), HFlip()),
    ],
)
def test_steps_that_read_differently_do_not_fuse(first, second):
    batch = batch_of(noise(12, 12))
    one, other = (s.lower(batch.info, s.draw(batch.info, rng_for(batch))) for s in (first, second))
    assert one.then(other) is None


def test_a_hard_crop_hides_what_a_soft_one_lets_in():
    image = torch.full((1, 40, 40), 1.0)
    crop = {"top": [10], "left": [10], "height": [20], "width": [20]}
    results = []
    for hard in (False, True):
        step = ResizedCrop(size=20, hard=hard)
        batch = batch_of(image)
        first = step.lower(batch.info, Params(1, {k: np.array(v) for k, v in crop.items()}))
        second = Rotate().lower(first.infer(batch.info), Params(1, degrees=np.array([45.0])))
        joined = first.then(second)
        results.append(second.run(first.run(batch)) if joined is None else joined.run(batch))
    assert results[0].data[0].min() == 1.0
    assert results[1].data[0].min() == 0.0


def test_expand_leaves_other_rows_the_same_objects():
    images = [noise(9, 9, seed=s) for s in range(4)]
    batch = batch_of(*images)
    rows = np.array([1, 3])
    part = batch.info.take(rows)
    for step in (HFlip(), ColorJitter(), Rotate(degrees=(9, 10)), ResizedCrop(size=5), Normalize()):
        op = step.lower(part, step.draw(part, rng_for(batch).take(rows))).expand(rows, batch.info)
        out = op.run(batch)
        assert out.data[0] is images[0]
        assert out.data[2] is images[2]
        alone = step.apply(batch.take(rows), step.draw(part, rng_for(batch).take(rows)))
        assert torch.equal(out.data[3], alone.data[1])
        assert op.infer(batch.info).dtypes == out.info.dtypes
        np.testing.assert_array_equal(op.infer(batch.info).shapes, out.info.shapes)


def test_result_does_not_depend_on_neighbors_or_on_stacking():
    images = [noise(20, 24, seed=s) for s in range(5)]
    for step in (Rotate(), Affine(), ResizedCrop(size=9), ColorJitter(), HFlip(), Normalize()):
        batch = batch_of(*images)
        params = step.draw(batch.info, rng_for(batch))
        whole = step.apply(batch, params).data
        stacked = step.apply(Batch(torch.stack(images), batch.info), params).data
        for i in range(5):
            alone = step.apply(batch.take(np.array([i])), params.take(np.array([i]))).data[0]
            assert torch.equal(whole[i], alone)
            assert torch.equal(stacked[i], alone)


def test_ragged_batches_and_mixed_sizes():
    batch = batch_of(noise(20, 24), noise(33, 12), noise(5, 6))
    out = run(ResizedCrop(size=16), batch)
    assert [tuple(row.shape) for row in out.data] == [(3, 16, 16)] * 3
    turned = run(Rotate(expand=True), batch)
    assert [tuple(s) for s in turned.info.shapes[:, 1:]] == [tuple(row.shape[1:]) for row in turned.data]


def test_fused_is_closer_to_exact_than_one_step_at_a_time():
    fine = noise(64, 64, 1, dtype=torch.float32)
    exact = chain([Rotate(degrees=(20, 20)), Rotate(degrees=(-20, -20))], batch_of(fine))
    error = [np.abs(share(r.data[0]) - share(fine))[:, 16:-16, 16:-16].mean() for r in exact]
    assert error[0] < 1e-5 < error[1]


def test_operators_of_other_kinds_do_not_compose():
    batch = batch_of(noise(4, 4))
    op = HFlip().lower(batch.info, Params(1))
    assert isinstance(op, ImageOp)
    assert op.then(object()) is None

"""Operations with a kernel of their own run between their neighbors, and nobody's result shows it."""

import numpy as np
import pytest
import torch
from augreg_image import patterns
from augreg_image.blur import GaussianBlur
from augreg_image.compression import JPEG, WebP
from augreg_image.geometry import Affine, HFlip, Rotate
from augreg_image.histogram import Equalize
from augreg_image.noise import GaussianNoise
from augreg_image.photometric import Brightness, Normalize
from augreg_image.resize import ResizedCrop
from augreg_image.run_torch import run_torch
from image_testkit import batch_of, noise, rng_for, share, smooth

import augreg
from augreg.data.batch import Batch

CHAIN = [
    {"image.hflip": {"p": 0.5}},
    {"image.gaussian_blur": {"p": 0.5}},
    {"image.rotate": {"p": 0.7}},
    {"image.gaussian_noise": {"p": 0.5}},
    {"image.color_jitter": {"p": 0.5}},
    {"image.jpeg": {"p": 0.5}},
    {"image.sharpen": {"p": 0.5}},
    {"image.normalize": {"p": 0.8}},
]


def drawn(steps, batch, only=None):
    """Each step's operator, drawn for the batch as it is by then."""
    info, found = batch.info, []
    for k, step in enumerate(steps):
        found.append(step.lower(info, step.draw(info, rng_for(batch, path=str(k)))))
        info = found[-1].infer(info)
    return found


def joined(ops):
    op = ops[0]
    for other in ops[1:]:
        op = op.then(other)
    return op


@pytest.mark.parametrize("layout", ["CHW", "HWC"])
def test_a_chain_gives_each_picture_what_it_gets_alone(layout):
    rng = np.random.default_rng(1)
    pictures = [torch.from_numpy(rng.integers(0, 256, (3, 20 + i % 3, 26), dtype=np.uint8)) for i in range(24)]
    if layout == "HWC":
        pictures = [p.permute(1, 2, 0).contiguous().permute(2, 0, 1) for p in pictures]
    before = [p.clone() for p in pictures]
    pipe = augreg.Pipeline({"image": CHAIN})
    together = augreg.augment(pictures, pipe, seed=5, modality="image")
    for i, picture in enumerate(pictures):
        alone = augreg.augment([picture], pipe, seed=5, keys=[i], modality="image")[0]
        assert torch.equal(together[i], alone)
        assert torch.equal(picture, before[i])


def test_fused_kernels_have_the_bits_of_one_step_at_a_time():
    batch = batch_of(*(noise(18, 22, seed=s) for s in range(4)))
    steps = [HFlip(), GaussianBlur(), Brightness(factor=(0.5, 1.5)), Equalize(), Normalize()]
    ops = drawn(steps, batch)
    fused, single = joined(ops).run(batch), batch
    for op in ops:
        single = op.run(single)
    for a, b in zip(fused.data, single.data, strict=True):
        assert torch.equal(a, b)
    assert fused.info.dtypes == single.info.dtypes == ("float32",) * 4


def test_a_step_for_the_cpu_only_takes_no_other_there():
    batch = batch_of(noise(16, 16))
    rotate, jpeg, webp, blur = drawn([Rotate(), JPEG(), WebP(), GaussianBlur()], batch)
    assert rotate.then(jpeg) is None
    assert jpeg.then(rotate) is None
    assert jpeg.then(blur) is None
    assert len(jpeg.then(webp).stages) == 2
    assert len(rotate.then(blur).stages) == 2


def test_noise_stands_alone():
    noisy, blur = drawn([GaussianNoise(), GaussianBlur()], batch_of(noise(16, 16)))
    assert noisy.then(blur) is None
    assert blur.then(noisy) is None


def test_samples_stay_together_unless_two_of_their_stages_become_one():
    batch = batch_of(*(noise(16, 16, seed=s) for s in range(4)))
    rows = np.array([0, 2])

    def some(step):
        part = batch.info.take(rows)
        return step.lower(part, step.draw(part, rng_for(batch).take(rows))).expand(rows, batch.info)

    rotate, affine, equal = drawn([Rotate(), Affine(), Equalize()], batch)
    apart = joined([rotate, some(GaussianBlur()), equal])
    assert patterns.split(apart.stages, batch.info) is None
    between = joined([rotate, some(GaussianBlur()), affine])
    groups = patterns.split(between.stages, batch.info)
    assert sorted((len(stages), found.tolist()) for found, stages in groups) == [(1, [1, 3]), (3, [0, 2])]


def test_rows_that_a_kernel_leaves_alone_are_the_same_objects():
    images = [noise(12, 14, seed=s) for s in range(3)]
    batch = batch_of(*images)
    step = GaussianBlur()
    params = step.draw(batch.info, rng_for(batch))
    params["sigma"][1] = 0.0
    out = step.apply(batch, params)
    assert out.data[1] is images[1]
    assert not torch.equal(out.data[0], images[0])
    part = batch.info.take(np.array([2]))
    op = step.lower(part, step.draw(part, rng_for(batch).take([2]))).expand(np.array([2]), batch.info)
    spread = op.run(batch)
    assert spread.data[0] is images[0]
    alone = op.take(np.array([2])).run(batch.take(np.array([2])))
    assert torch.equal(spread.data[2], alone.data[0])


def test_the_torch_path_runs_kernels_for_some_rows():
    batch = batch_of(*(smooth(40, 44, seed=s) for s in range(4)))
    rows = np.array([1, 3])
    flip, bright = drawn([HFlip(), Brightness(factor=(0.5, 0.8))], batch)
    part = batch.info.take(rows)
    blur = GaussianBlur(sigma=(1.0, 2.0))
    some = blur.lower(part, blur.draw(part, rng_for(batch).take(rows))).expand(rows, batch.info)
    op = joined([flip, some, bright])
    cpu, device = op.run(batch), run_torch(op.stages, Batch(torch.stack(list(batch.data)), batch.info))
    for a, b in zip(cpu.data, device.data, strict=True):
        apart = np.abs(share(a) - share(b)) * 255
        assert (apart <= 1.01).mean() >= 0.998


def test_a_kernel_that_changes_nothing_passes_on_what_came_before():
    image = noise(20, 20)
    batch = batch_of(image)
    crop = ResizedCrop(size=10, scale=(0.25, 0.25), ratio=(1.0, 1.0))
    blur = GaussianBlur()
    first = crop.lower(batch.info, crop.draw(batch.info, rng_for(batch)))
    params = blur.draw(batch.info, rng_for(batch))
    params["sigma"][0] = 0.0
    out = first.then(blur.lower(first.infer(batch.info), params)).run(batch)
    assert torch.equal(out.data[0], first.run(batch).data[0])

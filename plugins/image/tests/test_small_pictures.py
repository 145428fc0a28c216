"""Small pictures, of which one call takes many, against the same pictures one by one."""

import numpy as np
import pytest
import torch
from augreg_image.crops import CenterCrop
from augreg_image.geometry import Rotate
from augreg_image.kernels.layout import small_to_hwc, stack_to_hwc, to_hwc
from augreg_image.photometric import Brightness, Contrast
from augreg_image.tone import Posterize, Solarize
from hypothesis import given, settings
from hypothesis import strategies as st
from image_testkit import batch_of, noise, rng_for

import augreg

WARPS = ["image.rotate", "image.shear", "image.translate", "image.zoom", "image.perspective", "image.rot90"]
# Blurs of small pictures are often too narrow to show: then a picture is left as it was, or as a warp left it.
VALUES = ["image.gaussian_blur", "image.contrast", "image.posterize", "image.sharpen", "image.coarse_dropout"]
DTYPES = {
    "uint8": lambda x: x,
    "uint16": lambda x: (x.to(torch.int32) * 257).to(torch.uint16),
    "float32": lambda x: x.float() / 255,
    "float16": lambda x: x.half() / 255,
}


def pictures(n, channels, size, dtype, *, planar=True):
    rng = np.random.default_rng(n)
    made = torch.from_numpy(rng.integers(0, 256, (n, channels, *size), dtype=np.uint8))
    made = made if planar else made.contiguous(memory_format=torch.channels_last)
    return [DTYPES[dtype](picture) for picture in made]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 1 << 20),
    st.sampled_from([1, 3, 4]),
    st.sampled_from([(1, 7), (12, 12), (32, 32), (40, 21), (64, 64), (65, 70)]),
    st.sampled_from(sorted(DTYPES)),
    st.booleans(),
    st.sampled_from(["bilinear", "nearest"]),
)
def test_many_small_pictures_get_what_each_gets_alone(seed, channels, size, dtype, planar, interpolation):
    warps = [{name: {"interpolation": interpolation}} for name in WARPS[:4]] + WARPS[4:]
    own = [{"image.gaussian_blur": {"level": "own", "sigma": (0.05, 0.2)}}]
    rand = {"policy.uniform": {"n": 3, "p": 0.8, "operations": [*warps[:4], *own, *VALUES]}}
    pipe = augreg.Pipeline({"image": [rand, {"one_of": WARPS[4:]}]})
    given_ = pictures(12, channels, size, dtype, planar=planar)
    many = pipe(given_, seed=seed, keys=list(range(12)), modality="image")
    for i, (one, picture) in enumerate(zip(many, given_, strict=True)):
        assert torch.equal(one, pipe(picture, seed=seed, keys=i, modality="image"))


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32", "float16"])
def test_pictures_are_interleaved_alike_together_and_apart(channels, dtype):
    given_ = pictures(5, channels, (6, 9), dtype)
    for one, picture in zip(small_to_hwc(given_), given_, strict=True):
        assert (one == picture.permute(1, 2, 0).numpy()).all()
        assert (one == to_hwc(picture)).all()
    stack = stack_to_hwc(torch.stack(given_))
    assert stack is None or (stack == torch.stack(given_).permute(0, 2, 3, 1).numpy()).all()
    assert (stack is None) == (channels in (1, 5) or dtype == "float16")


GATHERED = [
    (Rotate(degrees=30), Rotate(degrees=(5, 9))),
    (CenterCrop(size=20), CenterCrop(size=12)),
    (Brightness(), Contrast()),
    (Posterize(), Solarize()),
]


@pytest.mark.parametrize("some", GATHERED)
def test_operators_on_different_samples_gathered_do_what_they_do_composed(some):
    batch = batch_of(*(noise(24, 30, seed=i) for i in range(8)))
    rows = [np.array([1, 6, 2]), np.array([0, 7])]
    ops = []
    for augmenter, chosen in zip(some, rows, strict=True):
        part = batch.take(chosen)
        ops.append(augmenter.lower(part.info, augmenter.draw(part.info, rng_for(part))))
    assert ops[0].family == ops[1].family
    together = ops[0].gathered(list(zip(rows, ops, strict=True)), batch.info)
    first = ops[0].expand(rows[0], batch.info)
    composed = first.then(ops[1].expand(rows[1], first.infer(batch.info)))
    for one, other in zip(together.run(batch).data, composed.run(batch).data, strict=True):
        assert torch.equal(one, other)
    assert (together.infer(batch.info).shapes == composed.infer(batch.info).shapes).all()
    assert (together.run(batch).info.shapes == composed.run(batch).info.shapes).all()

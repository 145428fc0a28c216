"""image.to_tensor against torchvision's ToImage and ToDtype: every container, dtype and place in a pipeline."""

import numpy as np
import PIL.Image
import pytest
import torch
from augreg_image.kernels.casts import cast_torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision import tv_tensors
from torchvision.transforms import v2

import augreg

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 14, 3), dtype=np.uint8)
PICTURE = PIL.Image.fromarray(PIXELS)
TENSOR = torch.from_numpy(PIXELS).permute(2, 0, 1)
BARE = {"modality": "image"}
CONTAINERS = {
    "PIL": (PICTURE, {}),
    "array": (PIXELS, BARE),
    "tensor": (TENSOR.contiguous(), BARE),
    "tensor with channels last": (TENSOR, BARE),
    "tv_tensor": (tv_tensors.Image(TENSOR), {}),
}
REFERENCE = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.ToPureTensor()])
NORMALIZED = v2.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))(REFERENCE(PICTURE))


def run(steps, samples, **options):
    n = len(samples) if isinstance(samples, list) else 1
    return augreg.augment(samples, {"image": steps}, seed=3, keys=range(n), **options)


def is_plain(tensor):
    return type(tensor) is torch.Tensor and tensor.is_contiguous()


@pytest.mark.parametrize("fuse", [True, False])
@pytest.mark.parametrize("container", CONTAINERS)
def test_every_container_becomes_the_tensor_of_torchvision(container, fuse):
    sample, hint = CONTAINERS[container]
    for out in (run(["image.to_tensor"], sample, fuse=fuse, **hint), *run(["image.to_tensor"], [sample] * 2, **hint)):
        assert is_plain(out)
        assert torch.equal(out, REFERENCE(PICTURE))
    out = run(["image.to_tensor", "image.normalize"], sample, fuse=fuse, **hint)
    assert is_plain(out)
    torch.testing.assert_close(out, NORMALIZED, atol=2e-6, rtol=0)


def test_the_data_of_samples_records_and_pairs():
    sample = run(["image.to_tensor"], augreg.Image(PICTURE, label=3, key="a"))
    assert torch.equal(sample.data, REFERENCE(PICTURE))
    assert (sample.label, sample.key) == (3, "a")
    record = run(["image.to_tensor"], {"image": PICTURE, "y": 3})
    assert torch.equal(record["image"], REFERENCE(PICTURE))
    picture, label = run(["image.to_tensor"], (PICTURE, 3))
    assert (is_plain(picture), label) == (True, 3)
    boxes = tv_tensors.BoundingBoxes([[1, 2, 5, 6]], format="XYXY", canvas_size=(9, 14))
    picture, targets = run([{"image.hflip": {"p": 1}}, "image.to_tensor"], (PICTURE, {"boxes": boxes}))
    assert torch.equal(picture, REFERENCE(PICTURE).flip(-1))
    assert targets["boxes"].tolist() == [[9, 2, 13, 6]]


def test_stacks_and_columns_become_one_tensor():
    stack = np.stack([PIXELS, PIXELS[::-1]])
    wanted = torch.stack([REFERENCE(PICTURE), REFERENCE(PICTURE).flip(1)])
    out = augreg.augment(stack, ["image.to_tensor"], seed=3, modality="image")
    assert is_plain(out)
    assert torch.equal(out, wanted)
    columns = augreg.augment({"image": stack, "y": [1, 2]}, ["image.to_tensor"], schema={"image": "image"}, seed=3)
    assert torch.equal(columns["image"], wanted)
    assert columns["y"] == [1, 2]


DTYPES = {"float32": torch.float32, "float16": torch.float16, "uint8": torch.uint8}
FORMS = {
    "uint8": TENSOR,
    "uint16": torch.from_numpy(PIXELS.astype(np.uint16) * 257).permute(2, 0, 1),
    "float32": TENSOR / 255,
    "float16": (TENSOR / 255).half(),
}


@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("form", FORMS)
def test_dtypes_are_those_of_torchvision(form, dtype, scale):
    image = FORMS[form]
    out = run([{"image.to_tensor": {"dtype": dtype, "scale": scale}}], image, modality="image")
    wanted = v2.functional.to_dtype(image.float() if form == "float16" else image, DTYPES[dtype], scale=scale)
    if form == "uint16" and not scale:  # torchvision wraps around
        wanted = image.float().clamp(0, {"uint8": 255, "float16": 65504}.get(dtype, 65535)).to(DTYPES[dtype])
    if form == "uint16" and dtype == "float16" and scale:  # and makes infinity of white
        wanted = (image.float() / 65535).half()
    assert out.dtype == DTYPES[dtype]
    torch.testing.assert_close(out.float(), wanted.float(), atol=1e-3 if "16" in form + dtype else 0, rtol=0)
    assert torch.equal(cast_torch(image[None], DTYPES[dtype], scale)[0], out)  # the kernel for devices


@given(st.permutations(["image.to_tensor", {"image.hflip": {"p": 1}}, {"image.brightness": {"factor": [0.5, 0.5]}}]))
def test_at_any_place_the_result_is_a_contiguous_tensor(steps):
    out = run(steps, PICTURE)
    assert is_plain(out)
    torch.testing.assert_close(out, REFERENCE(PICTURE).flip(-1) * 0.5, atol=0.003, rtol=0)
    assert is_plain(run(steps, TENSOR, modality="image"))


def test_pictures_on_which_it_does_not_fire_stay_what_they_are():
    out = run([{"image.to_tensor": {"p": 0.5}}], [PICTURE] * 40)
    kinds = {type(each) for each in out}
    assert kinds == {torch.Tensor, PIL.Image.Image}
    assert all(each is PICTURE for each in out if type(each) is not torch.Tensor)
    mixed = run([{"image.to_tensor": {"p": 0.5}}, {"image.normalize": {"p": 0.5}}], [TENSOR] * 40, modality="image")
    seen = {(each.dtype, round(each.float().mean().item(), 2)) for each in mixed}
    assert len(seen) == 3  # nothing, scaled, normalized: with and without the cast alike


def test_normalizing_a_pil_image_names_it():
    with pytest.raises(augreg.SampleError, match=r"image\.to_tensor.*stack=True"):
        run(["image.normalize"], PICTURE)


def test_clips_become_tensors_too():
    clip = np.stack([PIXELS] * 3)
    out = augreg.augment(clip, {"video": ["image.to_tensor"]}, seed=3, keys=["a"], modality="video")
    assert is_plain(out)
    assert torch.equal(out, torch.stack([REFERENCE(PICTURE)] * 3))
    held = augreg.Video(np.ascontiguousarray(clip.transpose(3, 0, 1, 2)), layout="CTHW")
    made = augreg.augment(held, {"video": ["image.to_tensor"]}, seed=3, keys=["a"])
    assert torch.equal(made.data, out)
    again = augreg.augment(made, {"video": [{"image.hflip": {"p": 1}}]}, seed=3, keys=["a"])
    assert torch.equal(again.data, out.flip(-1))

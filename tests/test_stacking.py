"""What a collated batch is: contiguous whatever the rows are, channels-last when asked, and with `stack` a tensor."""

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from toys import pipeline

import augreg
from augreg.intake.stacks import copied
from augreg.loaders.collate import collate_items

LAST = torch.channels_last
NOTHING = pipeline({"image": [], "text": []})


def picture(seed, h=5, w=7, c=3):
    return np.random.default_rng(seed).integers(0, 256, (h, w, c), dtype=np.uint8)


def laid_out(planar, interleaved):
    """The same picture (C, H, W), with its channels innermost or not."""
    return planar.permute(1, 2, 0).contiguous().permute(2, 0, 1) if interleaved else planar.contiguous()


@given(
    st.lists(st.booleans(), min_size=1, max_size=6),
    st.sampled_from([torch.uint8, torch.float32, torch.bfloat16, torch.int64]),
    st.integers(1, 4),
    st.sampled_from([(3, 5), (1, 1), (2, 1), (1, 4)]),
    st.booleans(),
    st.booleans(),
)
def test_any_mixture_of_rows_has_the_layout_that_was_asked_for(mixture, dtype, channels, size, last, grad):
    rows = [torch.arange(channels * size[0] * size[1]).reshape(channels, *size) + i for i in range(len(mixture))]
    rows = [laid_out(row.to(dtype), interleaved) for row, interleaved in zip(rows, mixture, strict=True)]
    if grad and dtype.is_floating_point:
        rows[0].requires_grad_()
    stack = copied(rows, channels_last=last)
    assert stack.is_contiguous(memory_format=LAST) if last else stack.is_contiguous()
    assert torch.equal(stack, torch.stack([row.contiguous() for row in rows]))


def test_clips_are_contiguous_too():
    clips = [torch.rand(4, 5, 6, 3).movedim(-1, 1), torch.rand(4, 3, 5, 6)]
    assert copied(clips).is_contiguous()
    assert torch.equal(copied(clips), torch.stack(clips))


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("step", ["image.hflip", "image.rotate", "image.brightness"])
def test_batches_and_stacks_are_contiguous_whichever_rows_fire(step, p):
    pipe = augreg.Pipeline({"image": [{step: {"p": p}}]})
    rows = [torch.from_numpy(picture(i)).permute(2, 0, 1).contiguous() for i in range(6)]
    batch = collate_items(augreg.augment(rows, pipe, seed=1, modality="image"))
    assert batch.is_contiguous()
    stack = torch.stack(rows)
    for given_stack in (stack, stack.to(memory_format=LAST)):
        out = augreg.augment(given_stack, pipe, seed=1, modality="image")
        assert torch.equal(out, batch)
        assert out.is_contiguous() == given_stack.is_contiguous()
        assert out.is_contiguous(memory_format=LAST) == given_stack.is_contiguous(memory_format=LAST)


@pytest.mark.parametrize("channels_last", [False, True])
def test_channels_last_when_asked(channels_last):
    options = {"memory_format": LAST} if channels_last else {}
    collate = augreg.collate(NOTHING, modality="image", stack=True, **options)
    batch = collate([torch.from_numpy(picture(i)).permute(2, 0, 1) for i in range(3)])
    assert batch.is_contiguous(memory_format=LAST if channels_last else torch.contiguous_format)


def test_pictures_of_pil_become_a_batch():
    items = [(PIL.Image.fromarray(picture(i)), i) for i in range(3)]
    images, labels = augreg.collate(NOTHING, stack=True)(items)
    assert torch.equal(images, torch.from_numpy(np.stack([picture(i).transpose(2, 0, 1) for i in range(3)])))
    assert (images.dtype, labels.tolist()) == (torch.uint8, [0, 1, 2])
    assert isinstance(augreg.collate(NOTHING)(items)[0], list)


@pytest.mark.parametrize(
    ("mode", "planes"), [("RGB", 3), ("RGBA", 4), ("L", 1), ("LA", 2), ("P", 3), ("1", 1), ("CMYK", 3)]
)
def test_every_mode_of_pil_is_stacked_as_the_steps_read_it(mode, planes):
    image = PIL.Image.fromarray(picture(1)).convert(mode)
    fired = augreg.augment([image], {"image": [{"image.hflip": {"p": 1}}]}, seed=1)[0]
    batch = augreg.collate(NOTHING, stack=True)([image, PIL.ImageOps.mirror(fired)])
    assert batch.shape == (2, planes, 5, 7)
    assert torch.equal(batch[0], batch[1])


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_arrays_become_channels_first_where_they_are_pictures(dtype):
    arrays = [(picture(i) / (1 if dtype == np.uint8 else 255)).astype(dtype) for i in range(2)]
    records = [{"id": i, "photo": a, "vector": a[0]} for i, a in enumerate(arrays)]
    batch = augreg.collate(NOTHING, schema={"photo": "image"}, stack=True, drop="id")(records)
    assert torch.equal(batch["photo"], torch.from_numpy(np.stack(arrays).transpose(0, 3, 1, 2)))
    assert torch.equal(batch["vector"], torch.from_numpy(np.stack([a[0] for a in arrays])))
    assert "id" not in batch


def test_what_does_not_stack_is_told_with_shapes_and_the_step_to_add():
    sizes = [PIL.Image.fromarray(picture(0)), PIL.Image.fromarray(picture(0, 4, 6))]
    with pytest.raises(augreg.SampleError, match=r"\(3, 5, 7\) uint8, \(3, 4, 6\) uint8.*'image.resize'"):
        augreg.collate(NOTHING, stack=True)(sizes)
    with pytest.raises(augreg.SampleError, match=r"field 'photo' do not stack.*'image.resize'"):
        augreg.collate(NOTHING, stack=True)([{"photo": image, "id": i} for i, image in enumerate(sizes)])
    modes = [sizes[0], sizes[0].convert("L")]
    with pytest.raises(augreg.SampleError, match=r"different numbers of channels.*image.convert\('RGB'\)"):
        augreg.collate(NOTHING, stack=True)(modes)
    waves = [{"id": i, "sound": torch.zeros(1, n)} for i, n in enumerate((8, 9))]
    pipe = pipeline({"audio": []})
    with pytest.raises(augreg.SampleError, match=r"\(1, 8\) float32, \(1, 9\) float32.*'audio.crop' and 'audio.pad'"):
        augreg.collate(pipe, stack=True, schema={"sound": "audio"}, sample_rate=8000)(waves)
    with pytest.raises(augreg.SampleError, match="a Image with label, which have no place"):
        augreg.collate(NOTHING, stack=True)([augreg.Image(picture(0), label=3)])


def test_ragged_targets_stay_lists_beside_a_stack():
    records = [
        {"id": i, "image": PIL.Image.fromarray(picture(i)), "labels": torch.zeros(i + 1), "mask": mask}
        for i, mask in enumerate([PIL.Image.fromarray(picture(9)[..., 0]).convert("P")] * 2)
    ]
    batch = augreg.collate(NOTHING, stack=True, schema={"image": "image"})(records)
    assert batch["image"].shape == (2, 3, 5, 7)
    assert [len(x) for x in batch["labels"]] == [1, 2]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"memory_format": torch.preserve_format}, "memory_format=.*preserve_format is not valid"),
        ({"stack": "image"}, "stack='image' is not valid"),
        ({"then": list, "stack": True}, "then= collates instead of augreg"),
    ],
)
def test_options_that_mean_nothing_are_refused(options, message):
    with pytest.raises(augreg.ConfigError, match=message):
        augreg.collate(NOTHING, **options)


def test_dropped_fields_must_be_there():
    records = [{"id": 1, "image": PIL.Image.fromarray(picture(0))}]
    with pytest.raises(augreg.ConfigError, match="no record has a field 'idd'. Did you mean 'id'"):
        augreg.collate(NOTHING, drop=("idd",))(records)
    with pytest.raises(augreg.ConfigError, match="the items are no records"):
        augreg.collate(NOTHING, drop=("id",))([PIL.Image.fromarray(picture(0))])
    assert list(augreg.collate(NOTHING, drop=("id",), then=lambda items: items[0])(records)) == ["image"]


def test_views_are_so_many_batches():
    first, second = augreg.collate(NOTHING, views=2, stack=True)([PIL.Image.fromarray(picture(i)) for i in range(3)])
    assert first.shape == second.shape == (3, 3, 5, 7)

"""Every form of input comes back as the same kind, in the same order, with the expected values."""

import inspect

import numpy as np
import PIL.Image
import pytest
import torch
from toys import pipeline

import augreg
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng


def photo(h=6, w=8, seed=0, mode="RGB"):
    channels = {"RGB": 3, "RGBA": 4, "L": None}[mode]
    shape = (h, w) if channels is None else (h, w, channels)
    return PIL.Image.fromarray(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


PIPE = {
    "image": ["toy.brightness"],
    "audio": ["toy.gain"],
    "video": ["toy.brightness"],
    "text": ["toy.upper"],
}


@pytest.fixture
def pipe():
    return pipeline(PIPE)


def factor(key, path="toy.brightness", seed=7):
    return float(Rng(seed, hash_keys([key])).at(path).uniform("factor", 0.5, 1.5)[0])


def gain(key, seed=7):
    return 10 ** (float(Rng(seed, hash_keys([key])).at("toy.gain").uniform("db", -6, 6)[0]) / 20)


def bright(array, f):
    return np.clip(np.rint(array.astype(np.float64) * f), 0, 255).astype(np.uint8)


def test_a_mixed_list(pipe):
    from torchvision import tv_tensors

    picture = photo()
    frames = tv_tensors.Video(torch.randint(0, 256, (4, 3, 5, 6), dtype=torch.uint8))
    wave = (torch.ones(2, 10), 16000)
    cell = {"array": np.ones(7), "sampling_rate": 8000, "path": "a.wav"}
    out = augreg.augment([picture, wave, "a sentence", frames, cell], pipe, seed=7)
    assert isinstance(out, list)
    assert np.array_equal(np.asarray(out[0]), bright(np.asarray(picture), factor(0)))
    assert out[1][1] == 16000
    assert isinstance(out[1], tuple)
    torch.testing.assert_close(out[1][0], torch.full((2, 10), gain(1)))
    assert out[2] == "A SENTENCE"
    assert isinstance(out[3], tv_tensors.Video)
    assert np.array_equal(out[3].numpy(), bright(frames.numpy(), factor(3)))
    assert out[4]["path"] == "a.wav"
    assert out[4]["array"].dtype == np.float64
    np.testing.assert_allclose(out[4]["array"], gain(4), rtol=1e-6)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L"])
def test_pil_modes_come_back(pipe, mode):
    picture = photo(mode=mode)
    out = augreg.augment(picture, pipe, seed=7, keys=0)
    assert out.mode == mode
    assert np.array_equal(np.asarray(out), bright(np.asarray(picture), factor(0)))


def test_palette_bilevel_and_cmyk_become_full_colour(pipe):
    for mode, expected in (("P", "RGB"), ("1", "L"), ("CMYK", "RGB")):
        picture = photo().convert(mode)
        out = augreg.augment(picture, pipe, seed=7, keys=0)
        assert out.mode == expected
        assert np.array_equal(np.asarray(out), bright(np.asarray(picture.convert(expected)), factor(0)))


def test_arrays_are_channels_last_and_tensors_channels_first(pipe):
    array = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    tensor = torch.from_numpy(array).permute(2, 0, 1).contiguous()
    a = augreg.augment(array, pipe, modality="image", seed=7, keys=0)
    b = augreg.augment(tensor, pipe, modality="image", seed=7, keys=0)
    assert isinstance(a, np.ndarray)
    assert a.shape == (6, 8, 3)
    assert b.shape == (3, 6, 8)
    assert np.array_equal(a, b.permute(1, 2, 0).numpy())
    assert np.array_equal(a, bright(array, factor(0)))


def test_stacks_come_back_stacked(pipe):
    images = torch.randint(0, 256, (5, 3, 4, 6), dtype=torch.uint8)
    out = augreg.augment(images, pipe, modality="image", seed=7)
    assert out.shape == images.shape
    for i in range(5):
        assert np.array_equal(out[i].numpy(), bright(images[i].numpy(), factor(i)))
    sounds = torch.ones(3, 1, 50)
    out = augreg.augment(sounds, pipe, modality="audio", sample_rate=8000, seed=7)
    torch.testing.assert_close(out[2], torch.full((1, 50), gain(2)))
    clips = np.ones((2, 3, 4, 4, 3), dtype=np.uint8)
    assert augreg.augment(clips, pipe, modality="video").shape == clips.shape


def test_single_samples(pipe):
    assert augreg.augment("abc", pipe) == "ABC"
    wave, rate = augreg.augment((torch.ones(5), 8000), pipe, seed=7, keys=0)
    assert rate == 8000
    assert wave.shape == (5,)
    text = augreg.augment(augreg.Text("abc", label=3), pipe)
    assert (text.data, text.label) == ("ABC", 3)


def test_ragged_images_and_sounds(pipe):
    pictures = [photo(h, w, seed=h) for h, w in ((3, 4), (9, 2), (5, 5))]
    sounds = [(torch.ones(1, n), 8000) for n in (5, 100, 1, 31)]
    out = augreg.augment([*pictures, *sounds], pipe, seed=7)
    assert [p.size for p in out[:3]] == [p.size for p in pictures]
    for i, (wave, _) in enumerate(out[3:], 3):
        assert wave.shape == sounds[i - 3][0].shape
        torch.testing.assert_close(wave, torch.full_like(wave, gain(i)))


def test_a_tuple_of_samples_stays_a_tuple(pipe):
    assert augreg.augment(("a", "b", "c"), pipe) == ("A", "B", "C")


def test_empty_batches(pipe):
    assert augreg.augment([], pipe) == []
    empty = torch.zeros((0, 3, 4, 4), dtype=torch.uint8)
    assert augreg.augment(empty, pipe, modality="image") is empty
    _, trace = augreg.augment([], pipe, return_trace=True)
    assert len(trace) == 0


def test_keys_decide_and_position_is_the_default(pipe):
    one = torch.full((3, 2, 2), 0.5)
    a = augreg.augment([augreg.Image(one, key="x"), augreg.Image(one, key="y")], pipe, seed=7)
    b = augreg.augment([augreg.Image(one), augreg.Image(one)], pipe, seed=7, keys=["y", "x"])
    assert torch.equal(a[0].data, b[1].data)
    assert torch.equal(a[1].data, b[0].data)
    assert not torch.equal(a[0].data, a[1].data)
    c = augreg.augment(torch.stack([one, one]), pipe, modality="image", seed=7, keys=torch.tensor([0, 1]))
    assert torch.equal(c, augreg.augment(torch.stack([one, one]), pipe, modality="image", seed=7))


def test_epoch_and_copy_draw_anew(pipe):
    one = torch.full((3, 2, 2), 0.5)
    outs = [
        augreg.augment(one, pipe, modality="image", seed=7, keys=0, **options)
        for options in ({}, {"epoch": 1}, {"copy": 1}, {"epoch": 1, "copy": 1})
    ]
    assert len({float(o[0, 0, 0]) for o in outs}) == 4


def test_without_a_seed_torch_decides(pipe):
    one = torch.full((3, 2, 2), 0.5)
    torch.manual_seed(3)
    a, b = (augreg.augment(one, pipe, modality="image") for _ in range(2))
    torch.manual_seed(3)
    c = augreg.augment(one, pipe, modality="image")
    assert torch.equal(a, c)
    assert not torch.equal(a, b)


def test_with_a_seed_no_global_state_is_touched(pipe):
    import random

    torch.manual_seed(0)
    before = (torch.get_rng_state().clone(), np.random.get_state()[1].copy(), random.getstate())  # noqa: NPY002
    augreg.augment([photo(), "a", (torch.ones(1, 5), 8000)], pipe, seed=7)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002
    assert before[2] == random.getstate()


def test_modality_without_steps_passes_and_the_trace_says_so():
    pipe = pipeline({"image": ["toy.brightness"]})
    picture = photo()
    out, trace = augreg.augment(["text", picture], pipe, seed=7, return_trace=True)
    assert out[0] == "text"
    assert trace[0].note == "no steps for text; passed through"
    assert trace[0].steps == ()
    assert trace[1].note == ""
    assert trace[1].steps[0]["augmenter"] == "toy.brightness"
    assert trace[1].steps[0]["params"]["factor"] == factor(1)


def test_uint16_and_float_images():
    pipe = pipeline({"image": [{"toy.mirror": {"p": 1}}]})
    for dtype in (torch.uint16, torch.float16, torch.float32):
        image = torch.arange(12).reshape(1, 3, 4).to(dtype)
        mirrored = torch.from_numpy(image.numpy()[..., ::-1].copy())  # torch 2.11 flips no uint16
        assert torch.equal(augreg.augment(image, pipe, modality="image"), mirrored)
    sixteen = PIL.Image.fromarray(np.arange(12, dtype=np.uint16).reshape(3, 4))
    out = augreg.augment(sixteen, pipe)
    assert np.array_equal(np.asarray(out), np.asarray(sixteen)[:, ::-1])


def test_targets_on_samples():
    pipe = pipeline({"image": [{"toy.mirror": {"p": 1}}]})
    image = augreg.Image(
        torch.zeros(3, 4, 10),
        boxes=augreg.Boxes([[1, 0, 3, 2]], labels=["cat"]),
        masks=np.eye(4, 10, dtype=np.uint8),
        label="zoo",
    )
    out = augreg.augment(image, pipe)
    assert out.boxes.data.tolist() == [[7, 0, 9, 2]]
    assert out.boxes.labels == ["cat"]
    assert isinstance(out.masks, np.ndarray)
    assert np.array_equal(out.masks, image.masks[:, ::-1])
    assert out.label == "zoo"
    assert image.boxes.data.tolist() == [[1, 0, 3, 2]]


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((3, 64, 48), dtype=np.uint8), r"\(3, 64, 48\) looks like \(C, H, W\), but arrays are \(H, W, C\)"),
        (torch.zeros(64, 48, 3, dtype=torch.uint8), r"\(64, 48, 3\) looks like \(H, W, C\), but tensors are"),
    ],
)
def test_axes_in_the_other_order_are_told(image, message):
    pipe = augreg.Pipeline({"image": ["image.hflip"]})
    for samples in (image, [image, image], augreg.Image(image)):
        with pytest.raises(augreg.SampleError, match=message):
            augreg.augment(samples, pipe, seed=1, modality="image")


def test_many_channels_are_no_axes_in_the_other_order():
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}]})
    for shape in ((64, 3, 3), (6, 500, 1), (40, 50, 60)):
        image = torch.arange(np.prod(shape)).reshape(shape).to(torch.uint8)
        assert torch.equal(augreg.augment(augreg.Image(image, key=0), pipe, seed=1).data, image.flip(-1))
        assert torch.equal(augreg.augment(image, pipe, seed=1, keys=0, modality="image", layout="CHW"), image.flip(-1))


def test_a_step_given_as_an_object_draws_as_its_saved_form_does():
    pipe = augreg.Pipeline({"image": [augreg.make("image.rotate", degrees=(-30.0, 30.0))]})
    saved = augreg.Pipeline(pipe.to_dict())
    image = torch.randint(0, 256, (3, 20, 30), dtype=torch.uint8)
    pictures = [augreg.augment(image, p, seed=4, keys=0, modality="image") for p in (pipe, saved)]
    assert torch.equal(*pictures)


def test_a_float_picture_of_a_pil_image_is_refused_with_a_reason():
    picture = PIL.Image.fromarray(np.zeros((8, 9, 3), dtype=np.uint8))
    pipe = augreg.Pipeline({"image": [{"image.normalize": {"mean": [0.5] * 3, "std": [0.5] * 3}}]})
    with pytest.raises(augreg.SampleError, match="float32 with 3 channels of a PIL image.*image.to_tensor"):
        augreg.augment(picture, pipe, seed=1, keys=0)


def test_an_option_that_is_none_is_refused_by_name() -> None:
    pipe = augreg.Pipeline({"text": [{"text.char_case": {"rate": 1}}]})
    bound = r"Here it is keys=, a list .* bound = pipe.bind\(seed=7\): bound\(sample, key=3\)"
    for call in (
        lambda **options: pipe("a", seed=7, **options),
        lambda **options: augreg.augment("a", pipe, seed=7, **options),
        lambda **options: pipe.views(2, seed=7)("a", **options),
    ):
        with pytest.raises(augreg.ConfigError, match=f"has no option 'key'. {bound}"):
            call(key=3)
    assert pipe("a", seed=7, keys=3) == pipe.bind(seed=7)("a", key=3) == "A"
    with pytest.raises(augreg.ConfigError, match="augment has no option 'epochs'. Did you mean 'epoch'?"):
        pipe("a", seed=7, keys=3, epochs=2)
    with pytest.raises(augreg.ConfigError, match="replay has no option 'schma'. Did you mean 'schema'?"):
        pipe.replay("a", [], schma={})
    with pytest.raises(augreg.ConfigError, match="views has no option 'sede'. Did you mean 'seed'?"):
        pipe.views(2, sede=7)


def test_a_replay_takes_what_the_call_took_to_read_the_samples() -> None:
    """A call that was told the format of plain boxes could not be repeated: replay did not ask for it."""
    pipe = augreg.Pipeline([{"image.hflip": {"p": 1}}])
    sample = (PIL.Image.fromarray(np.zeros((8, 8, 3), np.uint8)), {"boxes": [[1.0, 2.0, 3.0, 4.0]]})
    (_, made), trace = pipe(sample, seed=7, keys=3, boxes="xyxy", return_trace=True)
    assert made["boxes"] == [[5.0, 2.0, 7.0, 4.0]]
    assert pipe.replay(sample, trace, boxes="xyxy")[1] == made
    reading = {"device", "modality", "sample_rate", "layout", "lengths", "schema", "boxes", "options", "fuse"}
    assert reading <= set(inspect.signature(augreg.augment).parameters)
    assert reading <= set(inspect.signature(augreg.replay).parameters)

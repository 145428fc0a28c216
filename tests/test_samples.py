"""Samples, targets, and the errors for data that cannot be a sample."""

import io
import sys
import types
from functools import partial

import numpy as np
import PIL.Image
import pytest
import torch
from toys import make_registry, pipeline

import augreg
from augreg.errors import AugregError
from augreg.modalities import Wrapped

PIPE = {"image": ["toy.mirror"], "audio": ["toy.gain"], "video": ["toy.brightness"], "text": ["toy.upper"]}
NAN = torch.tensor([[0.0, float("nan"), float("inf")]])


def closed_image():
    """An image whose file is closed."""
    buffer = io.BytesIO()
    PIL.Image.new("RGB", (64, 64)).save(buffer, "PNG")
    image = PIL.Image.open(buffer)
    image.close()
    return image


def truncated_image():
    """A lazy image whose file ends too early."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    PIL.Image.fromarray(pixels).save(buffer, "JPEG")
    return PIL.Image.open(io.BytesIO(buffer.getvalue()[:2000]))


IMAGE = partial(augreg.Image, torch.zeros(3, 4, 4))
SOUND = partial(augreg.Audio, torch.zeros(1, 100), 8000)
CLIP = partial(augreg.Video, torch.zeros(2, 3, 4, 4))

BAD = [
    (lambda: augreg.augment([torch.zeros(3, 4, 4)], pipeline(PIPE)), "sample 0 is a bare Tensor of shape (3, 4, 4)"),
    (lambda: augreg.augment([np.zeros((9, 9))], pipeline(PIPE)), "Pass modality='image' (or 'audio')"),
    (lambda: augreg.augment([np.zeros(9)], pipeline(PIPE)), "which may be a sound. Pass modality='audio', or wrap it"),
    (lambda: augreg.augment(torch.zeros(9), pipeline(PIPE), modality="audio"), "without a sample rate"),
    (lambda: augreg.augment((NAN, 8000), pipeline(PIPE)), "holds NaN or infinity at 2 of 3 places"),
    (lambda: augreg.augment(["ok", augreg.Image(NAN[None])], pipeline(PIPE)), "sample 1: image holds NaN"),
    (lambda: augreg.augment((torch.zeros(5), 0), pipeline(PIPE)), "sample rate 0 is not a positive number"),
    (lambda: augreg.augment((torch.zeros(5, dtype=torch.int32), 8000), pipeline(PIPE)), "dtype torch.int32"),
    (lambda: augreg.augment((torch.zeros(500, 2)[:, :1].repeat(1, 2), 8000), pipeline(PIPE)), "Transpose it"),
    (lambda: augreg.augment([b"bytes"], pipeline(PIPE)), "data.decode('utf-8')"),
    (lambda: augreg.augment([object()], pipeline(PIPE)), "no modality owns it. Known: image, audio, video, text"),
    (lambda: augreg.augment(torch.zeros(2, 2), pipeline(PIPE), modality="imge"), "Did you mean 'image'?"),
    (lambda: augreg.augment("a", pipeline(PIPE), device="gpu"), "device 'gpu' is unknown"),
    (lambda: augreg.augment("a", pipeline(PIPE), device="meta"), "device 'meta' holds no data"),
    (
        lambda: augreg.augment([(torch.zeros(8, 8), 3)], pipeline(PIPE)),
        "an image with its class, pass modality='image'",
    ),
    (
        lambda: pipeline({"image": [{"toy.mirror": {"id": "a"}}, {"toy.brightness": {"id": "a"}}]}),
        "two steps have the id 'a'",
    ),
    (lambda: augreg.augment("a", pipeline(PIPE), seed="x"), "seed='x' is not an integer"),
    (lambda: augreg.augment("a", pipeline(PIPE), device=[1]), "device [1] is unknown"),
    (lambda: augreg.augment("a", pipeline(PIPE), modality=["image"]), "no modality named ['image']"),
    (lambda: augreg.augment("a", pipeline(PIPE), sample_rate=-1), "sample rate -1 is not a positive"),
    (lambda: augreg.augment("a", pipeline(PIPE), schema="text"), "schema='text' is not valid"),
    (lambda: augreg.augment(["a"], pipeline(PIPE), schema={"a": "text"}), "the samples are no records"),
    (lambda: augreg.augment(["a"], pipeline(PIPE), keys=5), "keys=5 is one key, but a container wants a list"),
    (lambda: augreg.augment(["a"], pipeline(PIPE), keys="a"), "keys='a' is one key, but a container wants a list"),
    (lambda: augreg.augment(["a"], pipeline(PIPE), keys={"a"}), "expected a list with one key per sample"),
    (lambda: augreg.augment((torch.zeros(5), float("inf")), pipeline(PIPE)), "sample rate inf is not"),
    (lambda: augreg.augment(augreg.Image([torch.zeros(4, 4)]), pipeline(PIPE)), "stack them first"),
    (lambda: augreg.augment(augreg.Image([[1, 2], [3]]), pipeline(PIPE)), "uneven lists"),
    (lambda: augreg.augment(augreg.Image(torch.zeros(3, 4, 4).to_sparse()), pipeline(PIPE)), "torch.sparse_coo"),
    (lambda: augreg.augment(augreg.Image(torch.zeros(3, 4, 4, device="meta")), pipeline(PIPE)), "the meta device"),
    (
        lambda: augreg.augment(augreg.Image(np.zeros((4, 4), np.longdouble)), pipeline(PIPE)),
        "give a tensor or an array",
    ),
    (lambda: augreg.augment(closed_image(), pipeline(PIPE)), "cannot be decoded"),
    (lambda: augreg.augment(truncated_image(), pipeline(PIPE)), "truncated"),
    (lambda: augreg.augment(IMAGE(boxes=[[0, 0, 1, 1]]), pipeline(PIPE)), "Wrap it: augreg.Boxes(data)"),
    (lambda: augreg.augment(IMAGE(keypoints=[[0, 0]]), pipeline(PIPE)), "Wrap it: augreg.Keypoints(data)"),
    (lambda: augreg.augment(augreg.Text("ab", spans=[(0, 1)]), pipeline(PIPE)), "Wrap it: augreg.Spans(data)"),
    (lambda: augreg.augment(SOUND(events=[(0, 1)]), pipeline(PIPE)), "Wrap it: augreg.Events(data)"),
    (lambda: augreg.augment(CLIP(boxes=augreg.Boxes([])), pipeline(PIPE)), "one augreg.Boxes per frame"),
    (lambda: augreg.augment(CLIP(boxes=[None, [1]]), pipeline(PIPE)), "boxes of frame 1 are a list"),
    (lambda: augreg.augment(IMAGE(boxes=augreg.Boxes([[0, 0, float("nan"), 1]])), pipeline(PIPE)), "hold NaN"),
    (lambda: augreg.augment(IMAGE(boxes=augreg.Boxes([[3, 3, 1, 1]])), pipeline(PIPE)), "end before they start"),
    (lambda: augreg.augment(IMAGE(boxes=augreg.Boxes([[3, 3, -1, 1]], "xywh")), pipeline(PIPE)), "(xywh)"),
    (lambda: augreg.augment(SOUND(events=augreg.Events([[2, 1]])), pipeline(PIPE)), "give (onset, offset)"),
    (lambda: augreg.augment(augreg.Text("ab", augreg.Spans([[-1, 1]])), pipeline(PIPE)), "the first character is 0"),
    (lambda: augreg.augment(CLIP(fps="x"), pipeline(PIPE)), "fps='x' is not a positive number"),
    (lambda: augreg.augment(CLIP(fps=0), pipeline(PIPE)), "fps=0 is not a positive number"),
    (lambda: augreg.augment(CLIP(timestamps="x"), pipeline(PIPE)), "timestamps='x' are not numbers"),
    (lambda: augreg.Boxes([["a", 1, 2, 3]]), "are not rows of numbers"),
    (lambda: augreg.Boxes([[1, 2, 3, 4], [1]]), "are not rows of numbers"),
    (lambda: augreg.Boxes([[1, 2, 3, 4]], labels=5), "labels=5 for 1 rows"),
    (lambda: augreg.Keypoints([[1, 2]], swap=[(0, 5)]), "swap holds (0, 5) for 1 keypoints"),
    (lambda: augreg.Spans([[0.5, 2]]), "spans are not whole numbers"),
    (lambda: augreg.Spans([[float("nan"), 2]]), "spans are not whole numbers"),
    (lambda: augreg.augment(["a", "b"], pipeline(PIPE), keys=["k"]), "1 keys for 2 samples"),
    (lambda: augreg.augment(["a"], pipeline(PIPE), keys=[3.5]), "keys are strings or integers"),
    (lambda: augreg.augment(augreg.Image(torch.zeros(3, 4, 4, dtype=torch.int64)), pipeline(PIPE)), "torch.int64"),
    (lambda: augreg.augment(augreg.Image(torch.zeros(3, 0, 4)), pipeline(PIPE)), "image has no pixels"),
    (lambda: augreg.augment(augreg.Image(torch.zeros(2, 3, 4, 4)), pipeline(PIPE)), "Pass a stack of images by itself"),
    (lambda: augreg.augment(PIL.Image.new("I", (3, 3)), pipeline(PIPE)), "mode 'I', which has no fixed range"),
    (lambda: augreg.augment(augreg.Video(torch.zeros(3, 4, 4)), pipeline(PIPE)), "expected (T, C, H, W)"),
    (lambda: augreg.augment(augreg.Video(torch.zeros(2, 3, 4, 4), timestamps=[0]), pipeline(PIPE)), "one per frame"),
    (lambda: augreg.augment(augreg.Text(b"x"), pipeline(PIPE)), "text must be a str, not bytes"),
    (lambda: augreg.augment(augreg.Text("x", spans=augreg.Spans([[0, 5]])), pipeline(PIPE)), "spans reach to 5"),
    (lambda: augreg.Spans([[3, 1]]), "spans end before they start"),
    (lambda: augreg.Boxes([[0, 0, 1]]), "expected (n, 4)"),
    (lambda: augreg.Boxes([[0, 0, 1, 1]], format="xxyy"), "'xxyy' is unknown. Did you mean 'xyxy'?"),
    (lambda: augreg.Boxes([[0, 0, 1, 1]], labels=[1, 2]), "2 labels for 1 rows"),
    (
        lambda: augreg.augment(augreg.Image(torch.zeros(3, 4, 4), masks=torch.zeros(2, 2).bool()), pipeline(PIPE)),
        "masks have shape (2, 2)",
    ),
    (
        lambda: augreg.augment(augreg.Image(torch.zeros(3, 4, 4), masks=torch.zeros(4, 4)), pipeline(PIPE)),
        "labels are integers or booleans",
    ),
    (
        lambda: augreg.augment(
            augreg.Image(torch.zeros(3, 4, 4), keypoints=augreg.Keypoints([[1, 1]])), pipeline(PIPE)
        ),
        "toy.mirror cannot keep 'keypoints' true (sample 0 of the image samples has it). It handles: boxes, masks, l",
    ),
    (
        lambda: augreg.augment((torch.zeros(3, 50), 8000), pipeline(PIPE)),
        "toy.gain does not take audio with 3 channels",
    ),
    (
        lambda: augreg.augment((torch.zeros(1, 5, dtype=torch.int16), 8000), pipeline(PIPE)),
        "toy.gain does not take int16",
    ),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[m[:50] for _, m in BAD])
def test_bad_input_gets_a_clear_error(make, message):
    with pytest.raises(AugregError) as caught:
        make()
    assert message in str(caught.value)


def test_a_device_that_is_not_there():
    if torch.cuda.is_available():
        pytest.skip("this machine has one")
    with pytest.raises(augreg.ConfigError, match="not available on this machine. Use device='auto'"):
        augreg.augment("a", pipeline(PIPE), device="cuda")
    assert augreg.augment("a", pipeline(PIPE), device="auto") == "A"


def test_unsupported_samples_are_errors_even_if_the_step_would_not_fire():
    image = augreg.Image(torch.zeros(3, 4, 4), keypoints=augreg.Keypoints([[1, 1]]))
    with pytest.raises(augreg.UnsupportedError):
        augreg.augment(image, pipeline({"image": [{"toy.mirror": {"p": 1e-9}}]}))


def test_targets_keep_along():
    boxes = augreg.Boxes(
        torch.tensor([[0, 0, 1, 1], [1, 1, 2, 2]]), labels=("a", "b"), columns={"id": torch.tensor([7, 8])}
    )
    kept = boxes.keep(np.array([1]))
    assert kept.labels == ("b",)
    assert kept.columns["id"].tolist() == [8]
    assert kept.data.tolist() == [[1, 1, 2, 2]]
    events = augreg.Events([[0, 1], [2, 3]], labels=np.array(["x", "y"])).keep(np.array([1, 0]))
    assert events.labels.tolist() == ["y", "x"]
    assert len(augreg.Boxes([])) == 0
    assert augreg.Spans([[1, 3]]).data.dtype == np.int64


def test_non_contiguous_and_read_only_arrays():
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    view = array[:, ::-1]
    array.setflags(write=False)
    pipe = pipeline({"image": [{"toy.mirror": {"p": 1}}]})
    assert np.array_equal(augreg.augment(view, pipe, modality="image"), array)
    assert np.array_equal(augreg.augment(array, pipe, modality="image"), view)


def test_inference_mode_and_gradients():
    pipe = pipeline({"image": ["toy.brightness"]})
    x = torch.full((3, 2, 2), 0.5, requires_grad=True)
    augreg.augment(x, pipe, modality="image", seed=1, keys=0).sum().backward()
    assert x.grad is not None
    with torch.inference_mode():
        augreg.augment(torch.full((3, 2, 2), 0.5), pipe, modality="image", seed=1, keys=0)


class Numbers(augreg.Modality):
    """Numbers as samples."""

    name = "number"

    def owns(self, obj):
        return isinstance(obj, float)

    def wrap(self, obj, hints):
        return Wrapped(torch.tensor([obj]), lambda result: float(result.row[0]))

    def collate(self, rows, device):
        return torch.stack(list(rows))


class Double(augreg.AugmenterBase):
    """Double."""

    declares = augreg.Declaration(leaves=augreg.EVERY)

    def apply(self, batch, params):
        assert batch.stacked
        return batch.replace(batch.data * 2)


class NumbersPlugin:
    """Offers the modality."""

    @augreg.hookimpl
    def augreg_modalities(self):
        return [augreg.ModalitySpec("number", "numbers_modality:Numbers")]


def test_a_plugin_may_add_a_modality(monkeypatch):
    module = types.ModuleType("numbers_modality")
    module.Numbers = Numbers
    monkeypatch.setitem(sys.modules, "numbers_modality", module)
    registry = make_registry()
    registry.register(NumbersPlugin(), name="numbers")
    registry.register(Double, name="number.double", modalities=("number",))
    pipe = augreg.Pipeline({"number": ["number.double", "number.double"], "text": ["toy.upper"]}, registry=registry)
    assert augreg.augment([1.5, "a", 4.0], pipe) == [6.0, "A", 16.0]


class BrokenSpecs:
    @augreg.hookimpl
    def augreg_modalities(self):
        return [augreg.ModalitySpec("number", "numbers_modality:Nothing")]


def test_a_modality_that_cannot_be_loaded_stops_only_who_uses_it():
    registry = make_registry()
    registry.register(BrokenSpecs(), name="broken")
    pipe = augreg.Pipeline({"text": ["toy.upper"]}, registry=registry)
    assert augreg.augment("word", pipe, seed=1, keys=0) == "WORD"
    with pytest.raises(augreg.PluginLoadError, match="numbers_modality"):
        augreg.augment([5], pipe, seed=1, modality="number")


@pytest.mark.parametrize(
    ("sample", "advice"),
    [
        (["some", "words"], "Join words to a text"),
        ({"array": [0.0], "rate": 8000}, "sampling_rate"),
        (object(), "with modality="),
    ],
)
def test_what_is_no_sample_comes_with_advice(sample, advice):
    with pytest.raises(augreg.UnknownModalityError, match=advice):
        augreg.augment([sample, "text"], augreg.Pipeline({"text": ["text.keyboard"]}), seed=1)


def test_a_path_where_a_picture_belongs_is_told():
    with pytest.raises(augreg.SampleError, match=r"'a\.png', which looks like a path\. Read the file first"):
        augreg.augment({"image": "a.png"}, augreg.Pipeline({"image": ["image.hflip"]}), schema={"image": "image"})

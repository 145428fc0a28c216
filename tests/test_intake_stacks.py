"""Axes that the caller names, stacks that are no samples, and padded stacks with lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg

FLIP = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}], "video": [{"video.hflip": {"p": 1.0}}]})
GAIN = augreg.Pipeline({"audio": [{"audio.gain": {"decibels": [-12, 12], "p": 1.0}}]})
LOUD = augreg.Pipeline({"audio": [{"audio.polarity": {"p": 1.0}}]})
SHAPE = {"N": 3, "B": 3, "C": 3, "H": 6, "W": 9, "T": 7}
LAYOUTS = {
    "image": ("CHW", "HWC", "HW", "NCHW", "NHWC", "NHW"),
    "video": ("TCHW", "CTHW", "THWC", "NTCHW", "NCTHW", "NTHWC"),
}


def numbers(layout: str, seed: int = 0) -> np.ndarray:
    shape = [SHAPE[axis] for axis in layout]
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("kind", ["tensor", "array"])
@pytest.mark.parametrize(("modality", "layout"), [(m, layout) for m, all_ in LAYOUTS.items() for layout in all_])
def test_pictures_and_clips_are_mirrored_in_any_layout(modality: str, layout: str, kind: str) -> None:
    array = numbers(layout)
    given = torch.from_numpy(array) if kind == "tensor" else array
    out = augreg.augment(given, FLIP, modality=modality, layout=layout)
    assert type(out) is type(given)
    assert np.array_equal(np.asarray(out), np.flip(array, layout.index("W")))


@pytest.mark.parametrize("kind", ["tensor", "array"])
@pytest.mark.parametrize("layout", ["CT", "T", "TC", "BT", "BCT", "BTC"])
def test_sounds_are_changed_row_by_row_in_any_layout(layout: str, kind: str) -> None:
    array = np.random.default_rng(1).uniform(0.1, 0.5, [SHAPE[axis] for axis in layout]).astype(np.float32)
    given = torch.from_numpy(array) if kind == "tensor" else array
    n = SHAPE["B"] if layout[0] == "B" else 1
    out = augreg.augment(given, GAIN, seed=3, keys=list(range(n)), modality="audio", sample_rate=8000, layout=layout)
    assert type(out) is type(given)
    assert out.shape == given.shape
    ratios = (np.asarray(out) / array).reshape(n, -1)
    assert np.allclose(ratios, ratios[:, :1], rtol=1e-4)
    assert len({round(float(r), 4) for r in ratios[:, 0]}) == n


def test_a_stack_in_a_layout_has_the_rows_that_a_list_has() -> None:
    pipe = augreg.Pipeline({"image": [{"image.rotate": {"degrees": 40}}]})
    stack = numbers("NHW")
    more = {"modality": "image", "seed": 4, "keys": ["a", "b", "c"]}
    together = augreg.augment(stack, pipe, layout="NHW", **more)
    alone = augreg.augment(list(stack), pipe, **more)
    assert np.array_equal(together, np.stack(alone))


def test_rows_of_other_shapes_are_a_list_in_the_same_layout() -> None:
    pipe = augreg.Pipeline({"audio": [{"audio.speed": {"factor": [1.1, 1.6], "p": 1.0}}]})
    stack = torch.rand(3, 400, 2)
    out = augreg.augment(stack, pipe, seed=1, keys=[1, 2, 3], modality="audio", sample_rate=8000, layout="BTC")
    assert isinstance(out, list)
    assert all(row.shape[1] == 2 and row.shape[0] < 400 for row in out)


def test_what_nothing_changed_is_the_object_that_came_in() -> None:
    stack = numbers("NHW")
    off = augreg.Pipeline({"image": [{"image.hflip": {"p": 0.0}}]})
    assert augreg.augment(stack, off, modality="image", layout="NHW") is stack


@dataclass(frozen=True, kw_only=True)
class Three(augreg.AugmenterBase):
    """Give gray pictures three channels."""

    declares: ClassVar[augreg.Declaration] = augreg.Declaration(dtypes=("uint8",), keeps_shape=False)

    def apply(self, batch: Any, params: Any) -> Any:
        return batch.replace([row.expand(3, -1, -1) for row in batch.data])


def test_a_gray_stack_that_becomes_color_keeps_its_channels() -> None:
    gray = torch.from_numpy(numbers("NHW"))
    registry = augreg.Registry(discover=False)
    registry.register(Three, name="toy.three", modalities=("image",))
    pipe = augreg.Pipeline({"image": ["toy.three"]}, registry=registry)
    assert augreg.augment(gray, pipe, modality="image", layout="NHW").shape == (3, 3, 6, 9)
    assert augreg.augment(gray.numpy(), pipe, modality="image", layout="NHW").shape == (3, 6, 9, 3)


def test_the_layout_holds_inside_pairs_samples_records_and_columns() -> None:
    picture = numbers("HWC")
    tensor = torch.from_numpy(picture)
    mirrored = np.flip(picture, 1)
    schema = {"image": "image"}
    (record,) = augreg.augment([{"image": tensor}], FLIP, schema=schema, layout="HWC")
    columns = augreg.augment({"image": tensor[None], "n": [1]}, FLIP, schema=schema, layout="NHWC")
    sample = augreg.augment(augreg.Image(tensor), FLIP, layout="HWC")
    for found in (record["image"], columns["image"][0], sample.data):
        assert np.array_equal(np.asarray(found), mirrored)
    wave = torch.rand(500, 2)
    out, rate = augreg.augment((wave, 8000), LOUD, layout="TC")
    assert rate == 8000
    assert torch.equal(out, -wave)


# What may be one sample or several is refused -----------------------------------------------------------------------

DOUBTFUL = {
    "rows of sound": (torch.zeros(5, 400), "audio", ["CT", "BT"]),
    "an array of rows": (np.zeros((3, 400), np.float32), "audio", ["CT", "BT"]),
    "frames first": (np.zeros((400, 2), np.float32), "audio", ["TC"]),
    "many rows": (torch.zeros(64, 400), "audio", ["CT", "BT"]),
    "gray pictures": (torch.zeros(28, 28, 28), "image", ["CHW", "NHW"]),
    "two pictures": (torch.zeros(2, 28, 28), "image", ["CHW", "NHW"]),
    "an array of gray pictures": (np.zeros((9, 28, 28), np.uint8), "image", ["NHW", "HWC"]),
    "digits of 8 x 8": (np.zeros((100, 8, 8), np.float32), "image", ["NHW", "HWC"]),
    "a tensor with channels last": (torch.zeros(28, 28, 3), "image", ["HWC"]),
    "an array with channels first": (np.zeros((3, 28, 28), np.uint8), "image", ["CHW"]),
    "small pictures with channels last": (torch.zeros(5, 8, 8, 3), "image", ["CHW", "HWC"]),
    "a stack of many channels": (torch.zeros(2, 65, 8, 8), "image", ["CHW", "HWC"]),
    "a clip with channels last": (torch.zeros(9, 28, 28, 3), "video", ["TCHW", "THWC"]),
    "an array of a clip with channels first": (np.zeros((9, 3, 28, 28), np.uint8), "video", ["TCHW", "THWC"]),
    "a gray clip": (torch.zeros(1, 9, 28, 28), "video", ["CTHW", "TCHW"]),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_both_readings_are_named_where_there_are_two(name: str) -> None:
    data, modality, readings = DOUBTFUL[name]
    pipe = augreg.Pipeline({"image": ["image.hflip"], "audio": ["audio.gain"], "video": ["video.hflip"]})
    with pytest.raises(augreg.SampleError) as caught:
        augreg.augment(data, pipe, modality=modality, sample_rate=8000)
    assert all(f"layout={reading!r}" in str(caught.value) for reading in readings), str(caught.value)


CLEAR = [
    (torch.zeros(400), "audio"),
    (torch.zeros(1, 400), "audio"),
    (torch.zeros(2, 400), "audio"),
    (np.zeros((2, 400), np.float32), "audio"),
    (torch.zeros(4, 2, 400), "audio"),
    (torch.zeros(3, 28, 28), "image"),
    (torch.zeros(4, 28, 28), "image"),
    (torch.zeros(1, 28, 28), "image"),
    (torch.zeros(28, 28), "image"),
    (np.zeros((28, 28, 3), np.uint8), "image"),
    (np.zeros((28, 28), np.uint8), "image"),
    (np.zeros((2, 28, 28, 3), np.uint8), "image"),
    (torch.zeros(2, 12, 28, 28), "image"),
    (torch.zeros(5, 3, 28, 28), "video"),
    (np.zeros((5, 28, 28, 3), np.uint8), "video"),
]


@pytest.mark.parametrize(("data", "modality"), CLEAR, ids=lambda case: str(getattr(case, "shape", case)))
def test_what_is_customary_needs_no_layout(data: Any, modality: str) -> None:
    pipe = augreg.Pipeline({"image": ["image.hflip"], "audio": ["audio.gain"], "video": ["video.hflip"]})
    assert augreg.augment(data, pipe, modality=modality, sample_rate=8000).shape == data.shape


def test_an_element_of_a_list_is_one_sample() -> None:
    sounds, pictures = [torch.rand(6, 400)] * 2, [torch.rand(8, 28, 28)] * 2
    assert len(augreg.augment(sounds, LOUD, modality="audio", sample_rate=8000)) == 2
    assert torch.equal(augreg.augment(pictures, FLIP, modality="image")[0], pictures[0].flip(-1))
    with pytest.raises(
        augreg.SampleError, match="sample 0: audio of shape .20, 400. would be one sound of 20 channels"
    ):
        augreg.augment([torch.rand(20, 400)], LOUD, modality="audio", sample_rate=8000)
    with pytest.raises(augreg.SampleError, match="would be one sound of 20 channels"):
        augreg.augment([(torch.rand(20, 400), 8000)], LOUD)
    assert augreg.augment(augreg.Audio(torch.rand(20, 400), 8000), LOUD).data.shape == (20, 400)
    assert len(augreg.augment([torch.rand(20, 400)], LOUD, modality="audio", sample_rate=8000, layout="CT")) == 1


WRONG = [
    ({"layout": "NHWC"}, "names 4 axes"),
    ({"layout": "HW"}, "layout='HW'"),
    ({"layout": "CT"}, "is unknown for image"),
    ({"layout": "WHC"}, "Did you mean"),
]


@pytest.mark.parametrize(("more", "message"), WRONG)
def test_a_layout_that_does_not_fit_is_refused(more: dict[str, Any], message: str) -> None:
    data = torch.zeros(3, 28, 28) if more["layout"] != "HW" else torch.zeros(2, 3, 28, 28)
    with pytest.raises(augreg.SampleError, match=message):
        augreg.augment(data, FLIP, modality="image", **more)


def test_a_layout_that_no_sample_heeds_is_refused() -> None:
    with pytest.raises(augreg.SampleError, match="layout='CTHW' is no layout of audio"):
        augreg.augment([augreg.Audio(torch.rand(1, 400), 8000)], LOUD, layout="CTHW")


# Padded stacks ------------------------------------------------------------------------------------------------------


def padded(counts: list[int], room: int, channels: int | None) -> torch.Tensor:
    stack = torch.zeros(len(counts), *(() if channels is None else (channels,)), room)
    for row, n in zip(stack, counts, strict=True):
        row[..., :n] = torch.rand(row[..., :n].shape) + 0.1
    return stack


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(40, 300), min_size=1, max_size=5), st.sampled_from([None, 1, 2]), st.booleans())
def test_a_padded_stack_has_the_samples_that_a_list_of_the_true_parts_has(
    counts: list[int], channels: int | None, numpy: bool
) -> None:
    pipe = augreg.Pipeline({"audio": [{"audio.speed": {"factor": [0.8, 1.25], "p": 0.7}}, "audio.gain"]})
    more: dict[str, Any] = {"modality": "audio", "sample_rate": 8000, "seed": 5, "keys": [f"k{i}" for i in counts]}
    stack = padded(counts, max(counts), channels)
    rows = [row[..., :n] for row, n in zip(stack, counts, strict=True)]
    alone = augreg.augment(rows, pipe, **more)
    given = (stack.numpy(), np.asarray(counts)) if numpy else (stack, torch.tensor(counts))
    out, lengths = augreg.augment(given[0], pipe, lengths=given[1], **more)
    assert (type(out), type(lengths)) == (type(given[0]), type(given[1]))
    assert [int(n) for n in lengths] == [row.shape[-1] for row in alone]
    for found, row in zip(torch.as_tensor(out), alone, strict=True):
        n = row.shape[-1]
        assert torch.equal(found[..., :n], row)
        assert not found[..., n:].any()


def test_lengths_may_be_shares_or_stand_in_a_column() -> None:
    stack, pipe = (
        padded([100, 400], 400, None),
        augreg.Pipeline({"audio": [{"audio.speed": {"factor": 2.0, "p": 1.0}}]}),
    )
    said: dict[str, Any] = {"modality": "audio", "sample_rate": 8000}
    _, shares = augreg.augment(stack, pipe, lengths=torch.tensor([0.25, 1.0]), **said)
    assert torch.allclose(shares, torch.tensor([0.25, 1.0]))
    for name in ("lengths", "length", "wave_lengths", "wave_lens"):
        columns = {"wave": stack, name: torch.tensor([100, 400]), "text": ["a", "b"]}
        out = augreg.augment(columns, pipe, schema={"wave": "audio"}, sample_rate=8000)
        assert out["wave"].shape == (2, 200)
        assert out[name].tolist() == [50, 200]
        assert out["text"] is columns["text"]


def test_a_padded_stack_that_nothing_changed_is_the_object_that_came_in() -> None:
    stack, lengths = padded([100, 400], 500, 1), [100, 400]
    off = augreg.Pipeline({"audio": [{"audio.gain": {"p": 0.0}}]})
    out, new = augreg.augment(stack, off, lengths=lengths, modality="audio", sample_rate=8000)
    assert out is stack
    assert new is lengths
    loud, new = augreg.augment(stack, LOUD, lengths=lengths, modality="audio", sample_rate=8000)
    assert torch.equal(loud, -stack)
    assert new is lengths


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ([100], "does not fit a stack of 2 samples"),
        ([100, 401], "integers from 0 to 400"),
        ([-1, 5], "integers from 0 to 400"),
        ([2.5, 3.0], "integers from 0 to 400"),
        ([float("nan"), 1.0], "integers from 0 to 400"),
        (["a", "b"], "does not fit"),
    ],
)
def test_lengths_that_cannot_be_are_refused(lengths: list[Any], message: str) -> None:
    with pytest.raises(augreg.SampleError, match=message):
        augreg.augment(torch.zeros(2, 400), LOUD, lengths=lengths, modality="audio", sample_rate=8000)


def test_lengths_of_what_has_none_are_refused() -> None:
    with pytest.raises(augreg.SampleError, match="image has none"):
        augreg.augment(torch.zeros(2, 3, 8, 8), FLIP, lengths=[1, 2], modality="image")
    with pytest.raises(augreg.SampleError, match="for a padded stack"):
        augreg.augment([torch.zeros(1, 8)], LOUD, lengths=[1], modality="audio", sample_rate=8000)


def test_a_padded_stack_is_replayed() -> None:
    stack, pipe = padded([100, 400], 400, 1), augreg.Pipeline({"audio": [{"audio.speed": {"factor": [0.5, 2]}}]})
    said: dict[str, Any] = {"lengths": [100, 400], "modality": "audio", "sample_rate": 8000}
    (out, new), trace = augreg.augment(stack, pipe, seed=3, keys=["a", "b"], return_trace=True, **said)
    again, other = pipe.replay(stack, trace, **said)
    assert torch.equal(out, again)
    assert new == other

"""What current libraries hand out: decoders, undecoded cells, arrays of strings and objects, columns and tables."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from typing import Any

import av
import numpy as np
import pandas as pd
import PIL.Image
import pytest
import soundfile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import photo

import augreg

FLIP = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}], "video": [{"video.hflip": {"p": 1.0}}]})
SOMETIMES = augreg.Pipeline({"image": ["image.hflip"], "audio": [{"audio.polarity": {"p": 0.5}}]})
LOUD = augreg.Pipeline({"audio": [{"audio.polarity": {"p": 1.0}}]})
RATE = 8000


def wave(channels: int = 1, frames: int = 400) -> np.ndarray:
    return np.random.default_rng(channels).uniform(-0.5, 0.5, (channels, frames)).astype(np.float32)


# Decoders -----------------------------------------------------------------------------------------------------------


class Samples:
    """As torchcodec's AudioSamples."""

    def __init__(self, data: torch.Tensor, sample_rate: int) -> None:
        self.data, self.sample_rate = data, sample_rate


class SoundDecoder:
    """As torchcodec's AudioDecoder."""

    def __init__(self, data: np.ndarray) -> None:
        self._data = data

    def get_all_samples(self) -> Samples:
        return Samples(torch.from_numpy(self._data), RATE)


class AudioDecoder(SoundDecoder):
    """As the cell of datasets 4 and 5 that is derived from it; see `datasets/features/_torchcodec.py`."""

    def __getitem__(self, key: str) -> Any:
        if key == "array":
            return self._data.mean(axis=0)
        if key == "sampling_rate":
            return RATE
        raise TypeError("'AudioDecoder' object is not subscriptable")


class Broken(SoundDecoder):
    def get_all_samples(self) -> Samples:
        raise RuntimeError("no frames")


class Frames:
    """As torchcodec's FrameBatch."""

    def __init__(self, data: torch.Tensor) -> None:
        self.data = data


class Metadata:
    average_fps = 12.5


class FilmDecoder:
    """As torchcodec's VideoDecoder; it counts the frames that are decoded."""

    metadata = Metadata()

    def __init__(self, data: torch.Tensor, last: bool = False) -> None:
        self._data, self.decoded = data.permute(0, 2, 3, 1) if last else data, 0

    def __len__(self) -> int:
        return len(self._data)

    def get_frames_in_range(self, start: int, stop: int) -> Frames:
        self.decoded += stop - start
        return Frames(self._data[start:stop])

    def get_frames_at(self, indices: list[int]) -> Frames:
        self.decoded += len(indices)
        return Frames(self._data[indices])


def test_a_decoder_of_sound_gives_a_sound_whether_or_not_a_step_fires() -> None:
    for seed in range(6):
        (out,) = augreg.augment([SoundDecoder(wave(2))], SOMETIMES, seed=seed, keys=["a"])
        assert isinstance(out, augreg.Audio)
        assert out.sample_rate == RATE
        assert np.allclose(out.data.abs().numpy(), np.abs(wave(2)))
    with pytest.raises(augreg.SampleError, match="Broken cannot be decoded: RuntimeError: no frames"):
        augreg.augment([Broken(wave())], LOUD)


def test_an_audio_cell_gives_a_decoded_cell_whether_or_not_a_step_fires() -> None:
    for seed in range(6):
        (out,) = augreg.augment([{"audio": AudioDecoder(wave(2)), "n": 1}], SOMETIMES, seed=seed, keys=["a"])
        assert set(out["audio"]) == {"array", "sampling_rate"}
        assert out["audio"]["sampling_rate"] == RATE
        assert np.allclose(np.abs(out["audio"]["array"]), np.abs(wave(2).mean(axis=0)))


@pytest.mark.parametrize("last", [False, True])
def test_a_decoder_of_film_decodes_what_the_steps_keep(last: bool) -> None:
    clip = torch.randint(0, 256, (40, 3, 12, 16), dtype=torch.uint8)
    decoder = FilmDecoder(clip, last)
    out = augreg.augment(decoder, FLIP)
    assert isinstance(out, augreg.Video)
    assert torch.equal(out.data, clip.flip(-1))
    assert out.fps == 12.5
    few = augreg.Pipeline({"video": [{"video.subsample": {"frames": 4}}]})
    decoder = FilmDecoder(clip, last)
    out = augreg.augment(decoder, few, seed=1, keys=["a"])
    assert out.data.shape == (4, 3, 12, 16)
    assert decoder.decoded <= 5  # the four, and one that tells the size


def test_what_is_no_decoder_is_named() -> None:
    class Reader:
        def decode(self) -> None: ...

    with pytest.raises(augreg.UnknownModalityError, match="sample 0 is a Reader; no modality owns it"):
        augreg.augment(Reader(), FLIP)


# Undecoded cells ----------------------------------------------------------------------------------------------------


def as_bytes(picture: PIL.Image.Image, form: str = "PNG") -> bytes:
    held = io.BytesIO()
    picture.save(held, form)
    return held.getvalue()


def cell(data: bytes | None, path: str | None = None) -> dict[str, Any]:
    return {"bytes": data, "path": path}


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("by", ["type", "schema"])
def test_a_picture_of_bytes_becomes_one_of_pil(mode: str, by: str) -> None:
    picture = photo().convert(mode)
    schema = {"image": "image"} if by == "schema" else None
    (out,) = augreg.augment([{"image": cell(as_bytes(picture)), "n": 1}], FLIP, schema=schema)
    assert out["image"].mode == mode
    assert np.array_equal(np.asarray(out["image"]), np.asarray(picture)[:, ::-1])
    (out,) = augreg.augment([cell(as_bytes(picture))], SOMETIMES, seed=2, keys=["never mind"])
    assert isinstance(out, PIL.Image.Image)


def test_a_picture_at_a_path_is_read(tmp_path: Any) -> None:
    photo().save(tmp_path / "a.png")
    out = augreg.augment(cell(None, str(tmp_path / "a.png")), FLIP)
    assert np.array_equal(np.asarray(out), np.asarray(photo())[:, ::-1])
    with pytest.raises(augreg.MediaError, match="no such file"):
        augreg.augment(cell(None, str(tmp_path / "b.png")), FLIP)


@pytest.mark.parametrize("channels", [1, 2])
def test_a_sound_of_bytes_becomes_a_decoded_cell(channels: int) -> None:
    held = io.BytesIO()
    soundfile.write(held, wave(channels).T, RATE, format="WAV", subtype="FLOAT")
    (out,) = augreg.augment([{"audio": cell(held.getvalue(), "a.wav")}], LOUD)
    assert out["audio"]["sampling_rate"] == RATE
    assert np.allclose(out["audio"]["array"], -wave(channels) if channels > 1 else -wave()[0])


def test_a_film_of_bytes_becomes_a_clip(tmp_path: Any) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=5, width=32, height=16, pix_fmt="yuv420p")
        for value in (20, 200, 90):
            frame = av.VideoFrame.from_ndarray(np.full((16, 32, 3), value, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    out = augreg.augment(cell((tmp_path / "a.mp4").read_bytes()), FLIP)
    assert isinstance(out, augreg.Video)
    assert out.data.shape == (3, 3, 16, 32)


def test_bytes_that_are_something_else_are_refused() -> None:
    with pytest.raises(augreg.SampleError, match="begins with b'nothing', which no readable format does"):
        augreg.augment([{"image": cell(b"nothing")}], FLIP, schema={"image": "image"})
    with pytest.raises(augreg.SampleError, match="the bytes are image, not audio"):
        augreg.augment([{"audio": cell(as_bytes(photo()))}], LOUD, schema={"audio": "audio"})
    with pytest.raises(augreg.UnknownModalityError, match="is bytes"):
        augreg.augment([as_bytes(photo())], FLIP)


# Arrays of strings and objects, columns and tables ------------------------------------------------------------------

UPPER = augreg.Pipeline({"text": [{"text.char_case": {"rate": 1.0, "p": 1.0}}]})
TEXTS = ["one two", "three four five"]


def test_an_array_of_strings_is_a_list_of_texts() -> None:
    expected = augreg.augment(TEXTS, UPPER, seed=1, keys=["a", "b"])
    longer = augreg.Pipeline({"text": [{"text.aeda": {"rate": 1.0, "p": 1.0}}]})
    array = np.asarray(TEXTS)
    out = augreg.augment(array, UPPER, seed=1, keys=["a", "b"])
    assert out.tolist() == expected
    assert out.dtype.kind == "U"
    assert augreg.augment(array, longer, seed=1, keys=["a", "b"]).tolist() == augreg.augment(
        TEXTS, longer, seed=1, keys=["a", "b"]
    )  # nothing is cut to the width of the array
    columns = augreg.augment({"text": array, "id": ["a", "b"]}, UPPER, seed=1, schema={"text": "text"})
    assert columns["text"].tolist() == expected


def test_an_array_of_objects_is_a_list() -> None:
    column = np.empty(2, dtype=object)
    column[:] = [photo(seed=0), None]
    out = augreg.augment(column, FLIP)
    assert out.dtype == object
    assert out[1] is None
    assert np.array_equal(np.asarray(out[0]), np.asarray(photo(seed=0))[:, ::-1])
    with pytest.raises(augreg.UnknownModalityError, match="sample 1 is a set; no modality owns it"):
        augreg.augment(np.array([photo(), {1}, photo()], dtype=object), FLIP)
    with pytest.raises(augreg.UnknownModalityError, match="decode it"):
        augreg.augment(np.asarray([b"a", b"b"]), UPPER)
    with pytest.raises(augreg.SampleError, match="is no list of samples"):
        augreg.augment(np.asarray([TEXTS, TEXTS]), UPPER)


def test_pandas_columns_and_tables_come_back_as_such() -> None:
    texts = pd.Series(TEXTS, index=[7, 3], name="text")
    out = augreg.augment(texts, UPPER, seed=1, keys=["a", "b"])
    assert isinstance(out, pd.Series)
    assert (out.index.tolist(), out.name, out.dtype) == ([7, 3], "text", texts.dtype)
    assert out.tolist() == augreg.augment(TEXTS, UPPER, seed=1, keys=["a", "b"])
    table = pd.DataFrame({"image": [photo(), None], "text": texts.tolist(), "n": [1, 2]}, index=["x", "y"])
    schema = {"image": "image", "text": "text"}
    both = augreg.Pipeline({"image": [{"image.hflip": {"p": 1.0}}], "text": [{"text.char_case": {"rate": 1.0}}]})
    frame = augreg.augment(table, both, schema=schema)
    assert frame.index.tolist() == ["x", "y"]
    assert frame["n"].tolist() == [1, 2]
    assert frame["image"]["y"] is None
    assert np.array_equal(np.asarray(frame["image"]["x"]), np.asarray(photo())[:, ::-1])
    assert table["text"].tolist() == TEXTS
    mixed = augreg.augment({"text": texts, "n": [1, 2]}, UPPER, schema={"text": "text"}, seed=1, keys=["a", "b"])
    assert isinstance(mixed["text"], pd.Series)
    assert mixed["text"].tolist() == out.tolist()


class Table:
    """As pyarrow's Table, of which the methods used here are these."""

    __module__ = "pyarrow.lib"

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self._columns, self.column_names = columns, list(columns)

    def to_pydict(self) -> dict[str, list[Any]]:
        return {name: list(column) for name, column in self._columns.items()}


def test_an_arrow_table_comes_back_as_columns() -> None:
    table = Table({"image": [cell(as_bytes(photo())), None], "n": [1, 2]})
    out = augreg.augment(table, FLIP, schema={"image": "image"})
    assert np.array_equal(np.asarray(out["image"][0]), np.asarray(photo())[:, ::-1])
    assert out["image"][1] is None
    assert out["n"] == [1, 2]


# Kinds of picture ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "result"), [("P", "RGB"), ("1", "L"), ("CMYK", "RGB"), ("YCbCr", "RGB"), ("L", "L")])
def test_the_mode_of_a_result_does_not_hang_on_chance(mode: str, result: str) -> None:
    pictures = [photo().convert(mode)] * 12
    out = augreg.augment(pictures, SOMETIMES, seed=0, keys=list(range(12)))
    assert {picture.mode for picture in out} == {result}
    assert len({np.asarray(picture).tobytes() for picture in out}) == 2
    pair, _ = augreg.augment([(pictures[0], {"a": 1})], augreg.Pipeline({"image": [{"image.hflip": {"p": 0.0}}]}))[0]
    assert pair.mode == result


@pytest.mark.parametrize("wrap", [np.asarray, torch.as_tensor, augreg.Image])
def test_pictures_of_float64_come_back_as_such(wrap: Callable[..., Any]) -> None:
    picture = np.random.default_rng(0).random((3, 8, 8))
    out = augreg.augment([wrap(picture)], FLIP, modality="image", layout="CHW")[0]
    data = out.data if isinstance(out, augreg.Image) else out
    assert str(data.dtype).removeprefix("torch.") == "float64"
    assert np.allclose(np.asarray(data), picture[..., ::-1], atol=1e-7)


# One picture, one key, one result -----------------------------------------------------------------------------------

ALONE = {"modality": "image"}
RECORD = {"schema": {"image": "image"}}


def objects(*values: Any) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        column[i] = value
    return column


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture.copy()).permute(2, 0, 1)


Form = tuple[Callable[[np.ndarray], Any], Callable[[Any], Any], dict[str, Any]]
FORMS: dict[str, Form] = {
    "PIL": (PIL.Image.fromarray, lambda out: out, {}),
    "array": (np.asarray, lambda out: out, ALONE),
    "tensor": (tensor, lambda out: out.permute(1, 2, 0), ALONE),
    "augreg.Image": (lambda a: augreg.Image(tensor(a)), lambda out: out.data.permute(1, 2, 0), {}),
    "a pair": (lambda a: [(PIL.Image.fromarray(a), 3)], lambda out: out[0][0], {}),
    "a record": (lambda a: {"image": PIL.Image.fromarray(a), "label": 3}, lambda out: out["image"], {}),
    "another field": (
        lambda a: [{"photo.png": a}],
        lambda out: out[0]["photo.png"],
        {"schema": {"photo.png": "image"}},
    ),
    "a list": (lambda a: [PIL.Image.fromarray(a)], lambda out: out[0], {}),
    "a stack": (lambda a: a[None], lambda out: out[0], {**ALONE, "layout": "NHWC"}),
    "columns": (lambda a: {"image": [PIL.Image.fromarray(a)], "n": [1]}, lambda out: out["image"][0], RECORD),
    "bytes": (lambda a: [{"image": cell(as_bytes(PIL.Image.fromarray(a)))}], lambda out: out[0]["image"], {}),
    "objects": (lambda a: objects(PIL.Image.fromarray(a)), lambda out: out[0], {}),
    "pandas": (lambda a: pd.DataFrame({"image": objects(a)}), lambda out: out["image"][0], RECORD),
}


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.text(min_size=1, max_size=8) | st.integers(0, 10**6), st.integers(0, 9))
def test_one_picture_and_one_key_have_one_result_in_every_container(seed: int, key: str | int, kind: int) -> None:
    picture = np.random.default_rng(kind).integers(0, 256, (24 + kind, 31, 3), dtype=np.uint8)
    pipe = augreg.Pipeline({"image": [{"image.rotate": {"degrees": 40}}, "image.hflip", "image.color_jitter"]})
    found = {}
    for name, (hold, take, more) in FORMS.items():
        out = augreg.augment(hold(picture), pipe, seed=seed, keys=[key], **more)
        found[name] = np.asarray(take(out))
    for one, other in itertools.pairwise(found):
        assert np.array_equal(found[one], found[other]), (one, other)

"""Cells of Hugging Face `datasets` that are not decoded, {"bytes", "path"}: pictures, sounds and films in them."""

from io import BytesIO

import numpy as np
import PIL.Image
import pytest
import soundfile
from films import film

import augreg
from augreg.kernel import in_memory

datasets = pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    datasets.disable_progress_bars()


def in_bytes(write):
    held = BytesIO()
    write(held)
    return held.getvalue()


def rows_of(cells, feature):
    """Cells as they lie in Arrow; encoding sounds and films anew would need torchcodec."""
    return datasets.Dataset.from_dict({"id": list(range(len(cells))), "cell": cells}).cast_column("cell", feature)


PICTURES = [np.random.default_rng(i).integers(0, 256, (6, 8, 3), dtype=np.uint8) for i in range(3)]
WAVES = [np.random.default_rng(i).integers(-9000, 9000, 400 + i).astype(np.int16) for i in range(3)]


@pytest.mark.parametrize("decode", [True, False])
@pytest.mark.parametrize("batched", [True, False])
def test_pictures(decode, batched):
    cells = [
        {"bytes": in_bytes(lambda f, p=p: PIL.Image.fromarray(p).save(f, "png")), "path": f"{i}.png"}
        for i, p in enumerate(PICTURES)
    ]
    pipe = augreg.Pipeline({"image": [{"image.hflip": {"p": 1}}]}, schema={"cell": "image"})
    data = rows_of(cells, datasets.Image(decode=decode))
    bound = pipe.bind(seed=7, key="id")
    found = (
        data.with_transform(bound)[:]["cell"] if batched else [data.with_transform(bound)[i]["cell"] for i in range(3)]
    )
    for picture, right in zip(found, PICTURES, strict=True):
        assert np.array_equal(np.asarray(picture), right[:, ::-1])


@pytest.mark.parametrize("batched", [True, False])
def test_sounds(batched):
    cells = [
        {"bytes": in_bytes(lambda f, w=w: soundfile.write(f, w, 8000, format="WAV")), "path": f"{i}.wav"}
        for i, w in enumerate(WAVES)
    ]
    pipe = augreg.Pipeline({"audio": [{"audio.polarity": {"p": 1}}]}, schema={"cell": "audio"})
    lazy = rows_of(cells, datasets.Audio(decode=False)).with_transform(pipe.bind(seed=7, key="id"))
    found = lazy[:]["cell"] if batched else [lazy[i]["cell"] for i in range(3)]
    for sound, right in zip(found, WAVES, strict=True):
        assert sound["sampling_rate"] == 8000
        assert np.allclose(sound["array"], -right / 32768.0, atol=1e-4)


def test_films(tmp_path):
    film(tmp_path / "film.mp4", frames=8)
    cell = {"bytes": (tmp_path / "film.mp4").read_bytes(), "path": "film.mp4"}
    pipe = augreg.Pipeline({"video": [{"video.reverse": {"p": 1}}]}, schema={"cell": "video"})
    lazy = rows_of([cell], datasets.Video(decode=False)).with_transform(pipe.bind(seed=7, key="id"))
    frames = in_memory(augreg.media.load(tmp_path / "film.mp4").sample.data)
    assert np.array_equal(in_memory(lazy[0]["cell"].data), np.asarray(frames)[::-1])

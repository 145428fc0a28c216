"""Files that parameters name: pipes, devices, and headers that lie are refused by an error that names the parameter."""

from __future__ import annotations

import os
import re
import signal
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

import augreg
from augreg import Audio, Text
from augreg.errors import ConfigError, MediaError, SampleError
from augreg.kernel import check_file, read_file

SOUND = Audio(torch.ones(1, 80_000), 16_000)
WORDS = Text("The quick brown fox jumps over the lazy dog.")

STEPS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "audio.background_mix": ("source", ".wav", {}),
    "audio.insert_in_background": ("source", ".wav", {}),
    "audio.short_noises": ("source", ".wav", {}),
    "audio.impulse_response": ("source", ".wav", {}),
    "video.logo": ("path", ".png", {}),
    "text.embedding": ("path", ".txt", {}),
    "text.inflection": ("language", ".tsv", {}),
    "text.keyboard": ("lang", ".json", {}),
    "text.name": ("language", ".json", {}),
    "nlpaug.spelling": ("dict_path", ".txt", {}),
    "nlpaug.synonym": ("model_path", ".txt", {"aug_src": "ppdb"}),
    "nlpaug.word_embs": ("model_path", ".txt", {}),
    "image_text.hflip": ("rules", ".toml", {}),
}
FOLDERS = {"text.tfidf": ("path", "tfidfaug_w2idf.txt"), "nlpaug.tfidf": ("model_path", "tfidfaug_w2idf.txt")}


@pytest.fixture(autouse=True)
def ends() -> Iterator[None]:
    """Stop what waits for ever."""

    def stop(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def use(name: str, **parameters: Any) -> None:
    """Make an augmenter and run it where it reads its file only then."""
    made = augreg.make(name, **parameters)
    if name.startswith(("text.", "nlpaug.")):
        augreg.augment([WORDS], {"text": [augreg.Step(made, p=1.0)]}, seed=0, keys=[0])
    if name.startswith("audio."):
        augreg.augment([SOUND] * 30, {"audio": [augreg.Step(made, p=1.0)]}, seed=0, keys=list(range(30)))


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("what", ["pipe", "device", "socket", "folder", "sparse"])
def test_what_is_no_file_is_refused_by_its_parameter(tmp_path: Path, name: str, what: str) -> None:
    parameter, suffix, others = STEPS[name]
    path = tmp_path / f"a{suffix}"
    if what == "pipe":
        os.mkfifo(path)
    elif what == "device":
        path.symlink_to("/dev/zero")
    elif what == "socket":
        os.mknod(path, 0o140644) if os.geteuid() == 0 else pytest.skip("only root makes one without binding it")
    elif what == "folder":
        path.mkdir()
    else:
        with path.open("wb") as file:
            file.truncate(64 * 2**30)
    with pytest.raises((ConfigError, SampleError, MediaError)) as caught:
        use(name, **{parameter: str(path)}, **others)
    assert str(path) in str(caught.value)
    if what in ("pipe", "device", "socket"):
        assert re.search("named pipe|device|socket|is no file", str(caught.value))


@pytest.mark.parametrize("name", FOLDERS)
def test_pipes_in_folders_are_refused(tmp_path: Path, name: str) -> None:
    parameter, file = FOLDERS[name]
    for each in ("tfidfaug_w2idf.txt", "tfidfaug_w2tfidf.txt"):
        os.mkfifo(tmp_path / each) if each == file else (tmp_path / each).write_text("fox 0.5\n")
    with pytest.raises(ConfigError, match="named pipe"):
        use(name, **{parameter: str(tmp_path)})


def test_vectors_whose_header_lies_cost_no_memory(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"900000000 300\nfox " + bytes(1_200))
    with pytest.raises(ConfigError, match="900000000 words of 300 numbers in a file of"):
        use("text.embedding", path=str(tmp_path / "a.bin"))
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "words.txt").write_text("fox\n")
    np.save(folder / "vectors.npy", np.zeros((1, 4), np.float32))
    raw = (folder / "vectors.npy").read_bytes()
    (folder / "vectors.npy").write_bytes(raw.replace(b"(1, 4), }" + b" " * 8, b"(1, 400000004), }"))
    with pytest.raises(ConfigError, match="holds no word vectors"):
        use("text.embedding", path=str(folder))
    np.save(folder / "vectors.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ConfigError, match="holds no word vectors"):
        use("text.embedding", path=str(folder))


def test_vectors_of_a_folder_are_read(tmp_path: Path) -> None:
    from augreg_text import load_vectors

    (tmp_path / "words.txt").write_text("fox\ndog\n")
    numbers = np.asarray([[3.0, 4.0], [0.0, 2.0]], np.float32)
    np.save(tmp_path / "vectors.npy", numbers)
    np.testing.assert_allclose(load_vectors(str(tmp_path)).matrix, [[0.6, 0.8], [0.0, 1.0]])


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = zlib.compress(bytes(height * (width + 1)))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(12_000, 12_000), (9_000, 9_000), (30_000_000, 1)])
def test_a_logo_that_is_a_bomb_is_refused(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(png(*size))
    with pytest.raises(ConfigError, match=r"path='.*a.png' holds no picture"):
        use("video.logo", path=str(tmp_path / "a.png"))


@pytest.mark.parametrize("name", ["text.keyboard", "text.name", "image_text.hflip"])
def test_deeply_nested_tables_are_refused(tmp_path: Path, name: str) -> None:
    parameter, suffix, others = STEPS[name]
    path = tmp_path / f"a{suffix}"
    path.write_text("a = " * (suffix == ".toml") + "[" * 100_000)
    with pytest.raises(ConfigError, match=parameter):
        use(name, **{parameter: str(path)}, **others)


def test_a_folder_of_too_many_files_is_not_searched_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from augreg_audio import files

    for number in range(30):
        (tmp_path / f"{number}.txt").write_text("x")
    soundfile.write(tmp_path / "a.wav", np.zeros(100), 16_000)
    files.found.cache_clear()
    assert files.found((str(tmp_path),)) == (str(tmp_path / "a.wav"),)
    files.found.cache_clear()
    monkeypatch.setattr(files, "MOST_FILES", 20)
    with pytest.raises(ConfigError, match="more than 20 files and folders lie there"):
        augreg.make("audio.background_mix", source=str(tmp_path))


def test_a_background_at_a_rate_that_blows_it_up_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(2_000_000), 1_000)
    with pytest.raises(SampleError, match=r"2_000_000 frames at 1000 Hz would have 384_000_000 values at 192000 Hz"):
        augreg.augment(
            [Audio(torch.zeros(1, 400_000_000).as_strided((1, 4_000), (4_000, 1)), 192_000)],
            {"audio": [{"audio.background_mix": {"source": str(tmp_path), "p": 1.0}}]},
            seed=0,
            keys=[0],
        )


def test_reading_files_for_authors(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"12345")
    assert (check_file(tmp_path / "a.txt", 5), read_file(tmp_path / "a.txt", 5)) == (5, b"12345")
    with pytest.raises(OSError, match="its 5 bytes are more than the 4 that are read"):
        read_file(tmp_path / "a.txt", 4)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")
    with pytest.raises(IsADirectoryError):
        check_file(tmp_path)

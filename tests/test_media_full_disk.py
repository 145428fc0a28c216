"""Writing where the disk is full: the machine is blamed, not the sample, and no half-written file stays."""

from __future__ import annotations

import errno
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import torch

import augreg.media as media
from augreg import Audio, Image, Text, Video
from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.media import films, sink

if not hasattr(resource, "RLIMIT_FSIZE"):
    pytest.skip("the system does not limit the size of files", allow_module_level=True)

SHARES = (0.0, 0.02, 0.3, 0.6, 0.95)
"""How much of the whole file still finds room; and one byte less than all of it, and all of it."""


def sample_for(extension: str) -> tuple[Sample, Audio | None]:
    """Return something whose file takes several of the buffers of Python and libsndfile."""
    spec, rng = media.writers()[extension], np.random.default_rng(0)
    pixels = torch.from_numpy(rng.integers(0, 255, (4, 3, 96, 96), dtype=np.uint8))
    sound = Audio(torch.from_numpy(rng.uniform(-0.5, 0.5, (1, 40_000)).astype(np.float32)), 16_000)
    return {
        "image": (Image(pixels[0]), None),
        "audio": (sound, None),
        "video": (Video(pixels, fps=10.0), sound),
        "text": (Text("a line of words\n" * 4_000), None),
    }[spec.modality]


def attempts(folder: Path) -> Iterator[tuple[str, int, str, int | None]]:
    """Yield (extension, missing bytes, what was raised with its errno, size of what is there)."""
    for extension in media.writers():
        sample, sound = sample_for(extension)
        path = folder / f"whole{extension}"
        media.write(sample, path, sound=sound)
        size = path.stat().st_size
        for room in sorted({*(int(size * share) for share in SHARES), size - 1, size}):
            target = folder / f"{room}{extension}"
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
            raised = attempt(sample, target, sound)
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            same = target.exists() and target.read_bytes() == path.read_bytes()
            yield extension, size - room, raised, (0 if same else target.stat().st_size) if target.exists() else None


def attempt(sample: Sample, target: Path, sound: Audio | None) -> str:
    try:
        media.write(sample, target, sound=sound)
    except MediaError as error:
        return f"MediaError {error.code}"
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "nothing"


def test_a_file_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_media_full_disk as t; t.main()"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    found = json.loads(done.stdout)
    assert {extension for extension, *_ in found} == set(media.writers())
    wrong = [
        (extension, missing, raised, left)
        for extension, missing, raised, left in found
        if (raised, left) != (("nothing", 0) if missing == 0 else ("EFBIG", None))
    ]
    # Encoders seek and overwrite, so that the largest size on the way may be above the last one: then all fail.
    assert not [case for case in wrong if case[2:] != ("EFBIG", None)]


def main() -> None:
    """Run the attempts where this process alone is limited, and print them."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    print(json.dumps(list(attempts(Path(sys.argv[1])))))


class Full:
    """Stands in for a file on a disk with room for some bytes."""

    def __init__(self, file: BinaryIO, room: int, number: int) -> None:
        self.file, self.room, self.number = file, room, number

    def write(self, data: bytes) -> int:
        if self.file.tell() + len(data) > self.room:
            raise OSError(self.number, "made up")
        return self.file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def fill_disk(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let encoders write to a disk with room for 3 kB."""
    made: Any = sink.Sink.__init__
    monkeypatch.setattr(sink.Sink, "__init__", lambda self, file: made(self, Full(file, 3_000, number)))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS])
@pytest.mark.parametrize("extension", [".wav", ".flac", ".ogg", ".mp3", ".mp4", ".webm", ".m4a"])
def test_the_errno_is_that_of_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, extension: str, number: int
) -> None:
    fill_disk(monkeypatch, number)
    sample, sound = sample_for(extension)
    with pytest.raises(OSError) as caught:
        media.write(sample, tmp_path / f"a{extension}", sound=sound)
    assert not isinstance(caught.value, MediaError)
    assert caught.value.errno == number
    assert not list(tmp_path.iterdir())


def test_a_film_whose_pictures_are_copied_leaves_nothing_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample, sound = sample_for(".mp4")
    media.write(sample, tmp_path / "a.mp4", sound=sound)
    loaded = media.load(tmp_path / "a.mp4")
    fill_disk(monkeypatch, errno.ENOSPC)
    assert sound is not None
    with pytest.raises(OSError) as caught:
        films.write_with_sound(loaded.origin, sound, tmp_path / "b.mp4", ".mp4")
    assert caught.value.errno == errno.ENOSPC
    assert not (tmp_path / "b.mp4").exists()


@pytest.mark.parametrize("extension", [".png", ".wav", ".mp4", ".txt"])
def test_a_folder_that_is_not_there_is_no_fault_of_the_sample(tmp_path: Path, extension: str) -> None:
    sample, _ = sample_for(extension)
    with pytest.raises(FileNotFoundError):
        media.write(sample, tmp_path / "none" / f"a{extension}")


def test_what_stood_there_stays_where_the_sample_is_refused(tmp_path: Path) -> None:
    media.write(Audio(torch.zeros(1, 100), 16_000), tmp_path / "a.wav")
    before = (tmp_path / "a.wav").read_bytes()
    with pytest.raises(MediaError, match="NaN"):
        media.write(Audio(torch.full((1, 100), torch.nan), 16_000), tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == before

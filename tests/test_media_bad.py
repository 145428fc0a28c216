"""Bad files: each is refused with its code and a reason, and none crashes or passes as damaged data."""

from __future__ import annotations

import os
import pickle
import socket
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image as Pillow
from PIL import PngImagePlugin

import augreg.media as media
from augreg import Audio, Video
from augreg.errors import ConfigError, MediaError
from augreg.media.codes import CODES
from augreg.registry.spec import FormatSpec

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 255, (64, 64, 3), dtype=np.uint8)
WAVE = (0.3 * np.sin(np.arange(8_000) / 9.0)).astype(np.float32)


def image_bytes(kind: str, **options: object) -> bytes:
    buffer = BytesIO()
    Pillow.fromarray(PIXELS).save(buffer, format=kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def wav_bytes(data: np.ndarray = WAVE, rate: int = 16_000, kind: str = "WAV", subtype: str = "PCM_16") -> bytes:
    buffer = BytesIO()
    soundfile.write(buffer, data, rate, format=kind, subtype=subtype)
    return buffer.getvalue()


def clip_bytes(extension: str, tmp: Path) -> bytes:
    data = torch.from_numpy(np.stack([PIXELS] * 5)).permute(0, 3, 1, 2)
    media.write(Video(data, fps=10.0), tmp / f"whole{extension}")
    raw = (tmp / f"whole{extension}").read_bytes()
    (tmp / f"whole{extension}").unlink()
    return raw


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(width: int, height: int, rows: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def wrong_crc() -> bytes:
    raw = bytearray(image_bytes("PNG"))
    raw[raw.index(b"IDAT") + 20] ^= 0xFF
    return bytes(raw)


def text_bomb() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "x" * 20_000_000, zip=True)
    return image_bytes("PNG", pnginfo=info)


def no_rate() -> bytes:
    raw = bytearray(wav_bytes())
    raw[24:28] = struct.pack("<I", 1)
    return bytes(raw)


def nan_wav() -> bytes:
    data = WAVE.copy()
    data[17] = np.nan
    return wav_bytes(data, subtype="FLOAT")


def float_tiff(low: float, high: float) -> bytes:
    buffer = BytesIO()
    Pillow.fromarray(np.linspace(low, high, 64, dtype=np.float32).reshape(8, 8)).save(buffer, format="TIFF")
    return buffer.getvalue()


PLAYLIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n"

BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "zero bytes": ("a.jpg", lambda: b"", "E_EMPTY"),
    "zero bytes of text": ("a.txt", lambda: b"", "E_EMPTY"),
    "zero bytes of video": ("a.mp4", lambda: b"", "E_EMPTY"),
    "JPEG cut in half": ("a.jpg", lambda: image_bytes("JPEG", quality=95)[:3_000], "E_TRUNCATED"),
    "JPEG of 100 bytes": ("a.jpg", lambda: image_bytes("JPEG")[:100], "E_TRUNCATED"),
    "PNG cut in half": ("a.png", lambda: image_bytes("PNG")[:3_000], "E_TRUNCATED"),
    "PNG without its end": ("a.png", lambda: image_bytes("PNG")[:-6], "E_TRUNCATED"),
    "PNG of 10 bytes": ("a.png", lambda: image_bytes("PNG")[:10], "E_TRUNCATED"),
    "PNG with a wrong checksum": ("a.png", wrong_crc, "E_CRC"),
    "PNG text bomb": ("a.png", text_bomb, "E_METADATA"),
    "PNG of 20000 x 20000": ("a.png", lambda: png(20_000, 20_000), "E_TOO_LARGE"),
    "PNG of 11000 x 11000": ("a.png", lambda: png(11_000, 11_000), "E_TOO_LARGE"),
    "PNG of 8001 x 8001": ("a.png", lambda: png(8_001, 8_001), "E_TOO_LARGE"),
    "PNG without pixels": ("a.png", lambda: png(10, 10), "E_TRUNCATED"),
    "BMP cut": ("a.bmp", lambda: image_bytes("BMP")[:500], "E_TRUNCATED"),
    "WebP cut": ("a.webp", lambda: image_bytes("WEBP")[:500], ""),
    "GIF cut": ("a.gif", lambda: image_bytes("GIF")[:400], ""),
    "TIFF cut": ("a.tif", lambda: image_bytes("TIFF")[:400], ""),
    "text named .png": ("a.png", lambda: b"hello, I am text", "E_FORMAT"),
    "HEIC named .jpg": ("a.jpg", lambda: struct.pack(">I", 24) + b"ftypheic" + bytes(12), "E_FORMAT"),
    "SVG": ("a.svg", lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "E_FORMAT"),
    "floats above 1": ("a.tiff", lambda: float_tiff(0.0, 255.0), "E_RANGE"),
    "floats with NaN": ("a.tiff", lambda: float_tiff(0.0, np.nan), "E_RANGE"),
    "WAV cut in half": ("a.wav", lambda: wav_bytes()[:8_000], "E_TRUNCATED"),
    "WAV without samples": ("a.wav", lambda: wav_bytes(np.zeros(0, np.float32)), "E_EMPTY"),
    "WAV at 1 Hz": ("a.wav", no_rate, "E_RATE"),
    "WAV with NaN": ("a.wav", nan_wav, "E_NONFINITE"),
    "WAV of 30 bytes": ("a.wav", lambda: wav_bytes()[:30], "E_CORRUPT"),
    "FLAC cut in half": ("a.flac", lambda: wav_bytes(kind="FLAC")[:2_000], ""),
    "playlist named .mp4": ("a.mp4", lambda: PLAYLIST, "E_FORMAT"),
    "noise named .mp4": ("a.mp4", lambda: RANDOM.bytes(999), "E_FORMAT"),
    "text that is Latin-1": ("a.txt", lambda: "schön".encode("latin-1"), "E_ENCODING"),
    "text that is UTF-16": ("a.txt", lambda: "hello".encode("utf-16"), "E_ENCODING"),
    "text with a surrogate": ("a.txt", lambda: b"ab\xed\xa0\x80", "E_ENCODING"),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused_with_their_code(tmp_path: Path, what: str) -> None:
    name, make, code = BAD[what]
    (tmp_path / name).write_bytes(make())
    with pytest.raises(MediaError) as caught:
        media.load(tmp_path / name)
    error = caught.value
    assert error.code in ({code} if code else {"E_TRUNCATED", "E_CORRUPT"})
    assert error.code in CODES
    assert str(tmp_path / name) in str(error)
    assert len(error.reason) > 10


@pytest.mark.parametrize("extension", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_cut_videos_are_truncated(tmp_path: Path, extension: str, share: float) -> None:
    raw = clip_bytes(extension, tmp_path)
    (tmp_path / f"cut{extension}").write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(MediaError) as caught:
        media.load(tmp_path / f"cut{extension}")
    assert caught.value.code == "E_TRUNCATED"


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "WAV", "FLAC", "OGG", ".mp4", ".webm"])
def test_flipped_bytes_never_escape_as_anything_but_a_media_error(tmp_path: Path, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    if kind.startswith("."):
        extension, raw = kind, bytearray(clip_bytes(kind, tmp_path))
    elif kind in ("WAV", "FLAC", "OGG"):
        subtype = "VORBIS" if kind == "OGG" else "PCM_16"
        extension, raw = f".{kind.lower()}", bytearray(wav_bytes(kind=kind, subtype=subtype))
    else:
        extension, raw = f".{kind.lower()}", bytearray(image_bytes(kind))
    for at in rng.integers(8, len(raw), 12):
        raw[at] = rng.integers(256)
    (tmp_path / f"a{extension}").write_bytes(raw)
    with suppress(MediaError):
        media.load(tmp_path / f"a{extension}")


def test_the_offset_of_the_wrong_byte_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + "größer".encode()[:2] + b"\xff")
    with pytest.raises(MediaError, match=r"byte 0xc3 at offset 5|byte 0xff at offset 5"):
        media.load(tmp_path / "a.txt")


def test_missing_and_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file") as caught:
        media.load(tmp_path / "nothing.png")
    assert caught.value.code == "E_MISSING"
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "secret.txt").chmod(0)
    if os.access(tmp_path / "secret.txt", os.R_OK):
        pytest.skip("root reads everything")
    with pytest.raises(MediaError) as caught:
        media.load(tmp_path / "secret.txt")
    assert caught.value.code == "E_PERM"


def test_a_container_without_streams_has_no_video(tmp_path: Path) -> None:
    header = struct.pack(">IIIII", 0, 0, 0, 1_000, 0) + bytes(80)
    moov = struct.pack(">I", len(header) + 8) + b"mvhd" + header
    raw = struct.pack(">I", 20) + b"ftypisom" + bytes(4) + b"isom" + struct.pack(">I", len(moov) + 8) + b"moov" + moov
    (tmp_path / "nothing.mp4").write_bytes(raw)
    with pytest.raises(MediaError) as caught:
        media.load(tmp_path / "nothing.mp4")
    assert caught.value.code == "E_NO_VIDEO"


def test_nothing_is_fetched_for_a_playlist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    (tmp_path / "a.mkv").write_bytes(PLAYLIST)
    with pytest.raises(MediaError):
        media.load(tmp_path / "a.mkv")


@pytest.mark.parametrize(
    ("limits", "name"),
    [
        (media.Limits(pixels=100), "a.png"),
        (media.Limits(audio_values=100), "a.wav"),
        (media.Limits(frames=2), "a.mp4"),
        (media.Limits(video_bytes=1_000), "a.mp4"),
        (media.Limits(pixels=100), "a.webm"),
        (media.Limits(frames=2), "a.webm"),
    ],
)
def test_limits_hold(tmp_path: Path, limits: media.Limits, name: str) -> None:
    extension = Path(name).suffix
    raw = {".png": lambda: image_bytes("PNG"), ".wav": wav_bytes}.get(
        extension, lambda: clip_bytes(extension, tmp_path)
    )
    (tmp_path / name).write_bytes(raw())
    with pytest.raises(MediaError) as caught:
        media.load(tmp_path / name, limits)
    assert caught.value.code == "E_TOO_LARGE"
    media.load(tmp_path / name)


def test_text_limit(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 11)
    with pytest.raises(MediaError) as caught:
        media.load(tmp_path / "a.txt", media.Limits(text_bytes=10))
    assert caught.value.code == "E_TOO_LONG"
    with pytest.raises(ConfigError, match="limit pixels is 0"):
        media.Limits(pixels=0)


@pytest.mark.parametrize("size", [(1, 1), (1, 100_000)])
def test_extreme_shapes_are_read(tmp_path: Path, size: tuple[int, int]) -> None:
    Pillow.new("RGB", size).save(tmp_path / "a.png")
    assert tuple(media.read(tmp_path / "a.png").data.shape) == (3, size[1], size[0])


def test_results_that_are_not_finite_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        media.write(Audio(torch.tensor([[0.0, float("inf")]]), 16_000), tmp_path / "a.wav")
    assert caught.value.code == "E_NONFINITE"
    assert not (tmp_path / "a.wav").exists()


def test_media_errors_pickle_with_their_code() -> None:
    again = pickle.loads(pickle.dumps(MediaError("a.png", "it is empty.", "E_EMPTY")))
    assert (again.path, again.reason, again.code) == ("a.png", "it is empty.", "E_EMPTY")


class Plugins:
    """Stands in for a registry whose plugins read and write .npy."""

    def readers(self) -> list[FormatSpec]:
        return [FormatSpec((".raw",), "audio", f"{__name__}:read_raw", "test-raw")]

    def writers(self) -> list[FormatSpec]:
        return [FormatSpec((".raw",), "audio", "nowhere_to_be_found:write", "test-raw")]


def read_raw(path: Path, extension: str, limits: media.Limits) -> media.Loaded:
    wave = torch.from_numpy(np.frombuffer(path.read_bytes(), dtype=np.float32).copy())
    return media.Loaded(Audio(wave[None], 8_000), media.Origin(path, extension))


def test_plugins_add_formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or __import__(__name__))
    (tmp_path / "a.raw").write_bytes(WAVE.tobytes())
    registry = Plugins()
    assert torch.equal(media.read(tmp_path / "a.raw", registry=registry).data[0], torch.from_numpy(WAVE))  # type: ignore[arg-type]
    (tmp_path / "b.raw").write_bytes(b"12345")
    with pytest.raises(MediaError, match="test-raw failed on it: ValueError"):
        media.read(tmp_path / "b.raw", registry=registry)  # type: ignore[arg-type]
    with pytest.raises(ImportError, match="nowhere_to_be_found"):
        media.write(media.read(tmp_path / "a.raw", registry=registry), tmp_path / "c.raw", registry=registry)  # type: ignore[arg-type]

"""Files that lie, are damaged anywhere, or are no files: a MediaError with a code, in bounded time and memory."""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg import Audio, Image, Text, Video
from augreg.errors import MediaError
from augreg.media.clipfile import ClipFile
from augreg.media.codes import CODES
from augreg.media.films import load_sound

PIXELS = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
WAVE = (0.3 * np.sin(np.arange(150_000) / 9.0)).astype(np.float32)
SEEDS, SECONDS = 200, 20
ANIMATED = {"GIF": ".gif", "TIFF": ".tiff", "WEBP": ".webp", "PNG": ".png"}


def animation(kind: str, **options: object) -> bytes:
    frames = [Pillow.fromarray(np.roll(PIXELS, 3 * i, 0)) for i in range(4)]
    buffer = BytesIO()
    frames[0].save(buffer, format=kind, save_all=True, append_images=frames[1:], **options)
    return buffer.getvalue()


def written(extension: str, folder: Path) -> bytes:
    pixels = torch.from_numpy(np.stack([np.roll(PIXELS, i, 0) for i in range(5)])).permute(0, 3, 1, 2)
    sound = Audio(torch.from_numpy(WAVE[None, :4_000]), 16_000)
    modality = media.writers()[extension].modality
    sample = {"image": Image(pixels[0]), "audio": sound, "video": Video(pixels, fps=10.0), "text": Text("größer\n" * 9)}
    media.write(sample[modality], folder / f"a{extension}", sound=sound if modality == "video" else None)
    return (folder / f"a{extension}").read_bytes()


def damaged(raw: bytes, seed: int) -> bytes:
    """Cut a file somewhere, or put other bytes in a few places."""
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        return raw[: int(rng.integers(1, len(raw)))]
    found = bytearray(raw)
    for at in rng.integers(4, len(found), int(rng.integers(1, 6))):
        found[at] = int(rng.integers(256))
    return bytes(found)


@contextmanager
def in_time() -> Iterator[None]:
    """End what hangs; the time is far above what any of these files takes."""

    def stop(*_: object) -> None:
        raise AssertionError("it hangs")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def read_all(path: Path, lazy: bool) -> MediaError | None:
    """Read a file, its frames and its sound track; return why it is refused."""
    try:
        loaded = media.load(path, lazy=lazy)
        load_sound(loaded)
        if isinstance(data := getattr(loaded.sample, "data", None), ClipFile):
            data.read()
    except MediaError as error:
        return error
    return None


def check_reading(path: Path, lazy: bool = False) -> None:
    error = read_all(path, lazy)
    # "failed on it" stands for errors that nobody thought of.
    assert error is None or (error.code in CODES and "failed on it" not in error.reason)


@pytest.mark.parametrize("extension", sorted({spec.extensions[0] for spec in media.writers().values()}))
def test_damage_anywhere_gives_a_media_error_or_a_result(tmp_path: Path, extension: str) -> None:
    raw = written(extension, tmp_path)
    for seed in range(SEEDS):
        (tmp_path / f"b{extension}").write_bytes(damaged(raw, seed))
        with in_time():
            check_reading(tmp_path / f"b{extension}", lazy=seed % 2 == 1)


@pytest.mark.parametrize("kind", [*ANIMATED, "lzw"])
def test_damage_in_any_frame_of_an_animation(tmp_path: Path, kind: str) -> None:
    raw = animation("TIFF", compression="tiff_lzw") if kind == "lzw" else animation(kind)
    path = tmp_path / f"a{ANIMATED.get(kind, '.tiff')}"
    for length in range(1, len(raw), max(len(raw) // SEEDS, 1)):
        path.write_bytes(raw[:length])
        check_reading(path)
    for seed in range(SEEDS):
        path.write_bytes(damaged(raw, seed))
        check_reading(path)


def encoded(kind: str, subtype: str, wave: np.ndarray = WAVE) -> bytearray:
    buffer = BytesIO()
    soundfile.write(buffer, wave, 16_000, format=kind, subtype=subtype)
    return bytearray(buffer.getvalue())


@pytest.mark.parametrize("kind", ["FLAC", "WAV", "WAV with a size of zero", "AIFF"])
def test_sounds_of_unknown_length_are_read_to_their_end(tmp_path: Path, kind: str) -> None:
    if kind == "FLAC":
        raw, path = encoded("FLAC", "PCM_16"), tmp_path / "a.flac"
        raw[21] &= 0xF0  # the 36 bits of the number of samples in STREAMINFO
        raw[22:26] = bytes(4)
    elif kind == "AIFF":
        raw, path = encoded("AIFF", "PCM_16"), tmp_path / "a.aiff"
    else:
        raw, path = encoded("WAV", "PCM_16"), tmp_path / "a.wav"
        at = raw.index(b"data") + 4
        raw[4:8] = raw[at : at + 4] = b"\xff\xff\xff\xff" if kind == "WAV" else bytes(4)
    path.write_bytes(raw)
    if kind == "WAV with a size of zero":
        with pytest.raises(MediaError, match="no audio samples"):
            media.read(path)
        return
    expected = np.rint(WAVE * 32_768.0) / 32_768.0
    np.testing.assert_allclose(media.read(path).data[0].numpy(), expected, atol=1.01 / 32_768.0)  # type: ignore[attr-defined]
    with pytest.raises(MediaError) as caught:
        media.read(path, media.Limits(audio_values=len(WAVE) - 1))
    assert caught.value.code == "E_TOO_LARGE"
    assert "--limit audio_values=" in caught.value.reason


@pytest.mark.parametrize(
    ("extension", "kind", "subtype"),
    [
        (".wav", "WAV", "PCM_24"),
        (".flac", "FLAC", "PCM_16"),
        (".ogg", "OGG", "VORBIS"),
        (".opus", "OGG", "OPUS"),
        (".mp3", "MP3", "MPEG_LAYER_III"),
    ],
)
def test_reading_in_blocks_gives_what_reading_at_once_gives(
    tmp_path: Path, extension: str, kind: str, subtype: str
) -> None:
    raw = encoded(kind, subtype, np.stack([WAVE, WAVE[::-1]], 1))
    (tmp_path / f"a{extension}").write_bytes(raw)
    with soundfile.SoundFile(BytesIO(raw)) as file:  # soundfile.read seeks first, which changes last bits in MP3
        expected = file.read(dtype="float32", always_2d=True)
    np.testing.assert_array_equal(media.read(tmp_path / f"a{extension}").data.numpy(), expected.T)  # type: ignore[attr-defined]


MEMORY = """
import resource, sys
import augreg
import augreg.media as media
from augreg.errors import MediaError
media.check  # what is imported is no memory of the file
from pathlib import Path
import augreg.media.images, augreg.media.sounds
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    media.load(Path(sys.argv[1]))
    print("read")
except MediaError as error:
    print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def cost(path: Path) -> tuple[str, int]:
    """Return what reading a file ends in, and by how many MiB the process grows; read by one of its own."""
    done = subprocess.run([sys.executable, "-c", MEMORY, str(path)], capture_output=True, text=True, check=True)
    outcome, grown = done.stdout.split()
    return outcome, int(grown)


def test_a_sparse_chunk_of_gigabytes_is_not_held_in_memory(tmp_path: Path) -> None:
    length = 1_900_000_000
    header = struct.pack(">IIBBBBB", 4, 4, 8, 0, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header
    start += struct.pack(">I", zlib.crc32(b"IHDR" + header)) + struct.pack(">I", length) + b"juNk"
    with (tmp_path / "a.png").open("wb") as file:
        file.write(start)
        file.truncate(len(start) + length + 4)
    outcome, grown = cost(tmp_path / "a.png")
    assert outcome == "E_CRC"
    assert grown < 100


def test_a_long_sound_is_in_memory_once(tmp_path: Path) -> None:
    """Of a sound of 400 MB as float32, there is little more than these 400 MB at any time."""
    with soundfile.SoundFile(tmp_path / "a.wav", "w", 48_000, 2, "PCM_16") as file:
        for _ in range(50):
            file.write(np.zeros((1_000_000, 2), dtype=np.int16))
    outcome, grown = cost(tmp_path / "a.wav")
    assert outcome == "read"
    assert grown < 600


def test_an_hour_of_stereo_is_refused_by_its_header(tmp_path: Path) -> None:
    raw = encoded("WAV", "PCM_16", np.zeros((10, 2), np.float32))
    at = raw.index(b"data") + 4
    size = 3_600 * 48_000 * 4
    raw[at : at + 4] = struct.pack("<I", size)
    with (tmp_path / "a.wav").open("wb") as file:
        file.write(raw)
        file.truncate(at + 4 + size)
    with pytest.raises(MediaError, match="--limit audio_values=") as caught:
        media.load(tmp_path / "a.wav")
    assert caught.value.code == "E_TOO_LARGE"


@pytest.mark.parametrize("name", ["a.png", "a.wav", "a.mp4", "a.txt"])
def test_what_is_no_regular_file_is_not_opened(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with in_time(), pytest.raises(MediaError, match="it is a named pipe, not a file") as caught:
        media.load(tmp_path / name)
    assert caught.value.code == "E_FORMAT"
    (tmp_path / f"zero{name}").symlink_to("/dev/zero")
    with in_time(), pytest.raises(MediaError, match="it is a device, not a file"):
        media.load(tmp_path / f"zero{name}")


PLAYLISTS = {
    "HLS": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile '{target}'\n",
    "concat protocol": "concat:{target}|{target}",
    "subfile protocol": "subfile,,start,0,end,0,,:{target}",
    "SDP": "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "DASH": "<?xml version='1.0'?><MPD><BaseURL>{target}</BaseURL></MPD>",
}


@pytest.mark.parametrize("what", PLAYLISTS)
@pytest.mark.parametrize("extension", [".mp4", ".mov", ".mkv", ".webm", ".m4a", ".aac", ".mp3", ".m4v"])
def test_no_playlist_opens_another_file_or_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, extension: str
) -> None:
    """The other file would be opened by FFmpeg, not by Python; its time of access would tell."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    secret = tmp_path / "secret.ts"
    secret.write_bytes(b"G" * 188 * 8)
    os.utime(secret, (1, 1))
    monkeypatch.setattr(socket, "socket", refuse)
    for target in (str(secret), f"file://{secret}", "http://127.0.0.1:9/x.ts"):
        path = tmp_path / f"a{extension}"
        # Behind the signature of the format, the demuxer is asked, and not only our look at the first bytes.
        signature = struct.pack(">I", 16) + b"ftypisom" + bytes(4)
        for head in (b"", signature):
            path.write_bytes(head + PLAYLISTS[what].format(target=target).encode())
            with in_time(), pytest.raises(MediaError):
                media.load(path)
    assert secret.stat().st_atime == 1


def test_a_name_that_looks_like_a_protocol_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    raw = written(".mp4", tmp_path)
    Path("concat:a.mp4").write_bytes(raw)
    assert media.read("concat:a.mp4").data.shape == (5, 3, 24, 32)  # type: ignore[attr-defined]


def test_times_that_claim_years_of_sound_are_refused_before_memory_is_taken() -> None:
    from augreg.media.soundtrack import _placed

    pieces: list[tuple[float | None, np.ndarray]] = [
        (0.0, np.ones((1, 10), np.float32)),
        (1e9, np.ones((1, 10), np.float32)),
    ]
    with pytest.raises(MediaError, match="with its gaps"):
        _placed(Path("a.mp4"), pieces, 8_000, 0.0, media.DEFAULT)


def test_times_that_lead_back_do_not_end_in_a_foreign_error() -> None:
    from augreg.media.soundtrack import _placed

    pieces: list[tuple[float | None, np.ndarray]] = [
        (0.0, np.ones((1, 1_000), np.float32)),
        (0.01, np.full((1, 10), 2.0, np.float32)),
    ]
    found = _placed(Path("a.mp4"), list(pieces), 8_000, 0.0, media.DEFAULT)
    assert found.shape == (1, 1_000)
    assert found[0, 80:90].tolist() == [2.0] * 10


def test_no_file_descriptor_is_left_open(tmp_path: Path) -> None:
    raw = written(".mp4", tmp_path)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_before = len(list(Path("/proc/self/fd").iterdir())) if Path("/proc/self/fd").exists() else 0
    for seed in range(min(50, soft)):
        (tmp_path / "b.mp4").write_bytes(damaged(raw, seed))
        read_all(tmp_path / "b.mp4", lazy=True)
    if open_before:
        assert len(list(Path("/proc/self/fd").iterdir())) <= open_before + 2


@pytest.mark.parametrize(
    ("extension", "limits"),
    [
        (".png", media.Limits(pixels=10)),
        (".gif", media.Limits(pixels=10)),
        (".wav", media.Limits(audio_values=10)),
        (".flac", media.Limits(audio_values=10)),
        (".mp4", media.Limits(pixels=10)),
        (".mkv", media.Limits(pixels=10)),
        (".mp4", media.Limits(frames=2)),
        (".txt", media.Limits(text_bytes=10)),
    ],
)
def test_a_check_without_decoding_knows_the_limits(tmp_path: Path, extension: str, limits: media.Limits) -> None:
    raw = animation("GIF") if extension == ".gif" else written(extension, tmp_path)
    path = tmp_path / f"b{extension}"
    path.write_bytes(raw)
    assert media.check(path) == media.check(path, limits=media.DEFAULT) == extension
    with pytest.raises(MediaError) as caught:
        media.check(path, limits=limits)
    assert caught.value.code in ("E_TOO_LARGE", "E_TOO_LONG")
    with pytest.raises(MediaError):
        media.load(path, limits)


def test_a_step_on_a_long_film_is_refused_before_its_memory_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(written(".mp4", tmp_path))
    limits = media.Limits(video_bytes=5 * 24 * 32 * 3 - 1)
    clip = media.load(tmp_path / "a.mp4", limits, lazy=True).sample
    for step in ("video.hflip", "video.color_jitter", "video.reverse", "video.noise"):
        with pytest.raises(MediaError, match="more than the limit") as caught:
            augreg.augment([clip], {"video": [{step: {"p": 1.0}}]}, seed=0, keys=[0])
        assert caught.value.code == "E_TOO_LARGE"
        assert "--limit video_bytes=" in caught.value.reason
    # What is made small while it is decoded, or thinned out before, does not come near the limit.
    small = augreg.augment([clip], {"video": [{"image.resize": {"size": [8, 8], "p": 1.0}}]}, seed=0, keys=[0])
    assert small[0].data.shape == (5, 3, 8, 8)
    few = augreg.augment([clip], {"video": [{"video.subsample": {"frames": 2, "p": 1.0}}]}, seed=0, keys=[0])
    assert few[0].data.shape[0] == 2

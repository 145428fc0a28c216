"""Outputs without metadata: nothing of people, places and times is in their bytes, and no pixel differs."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from PIL import Image as Pillow
from PIL import ImageCms, PngImagePlugin

import augreg
from augreg import media
from augreg.jobs import Settings, replay, run, verify
from augreg.media.bare import MustEncodeError, copy_bare

SECRET = b"Ada Lovelace"
RNG = np.random.default_rng(1)
PIXELS = RNG.integers(0, 256, (24, 32, 3), np.uint8)
WAVE = RNG.uniform(-0.5, 0.5, (4000, 1))
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif(orientation: int = 1) -> Pillow.Exif:
    found = Pillow.Exif()
    found[0x0112] = orientation
    found[0x013B] = SECRET.decode()
    found.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 29: "1815:12:10"})
    found.get_ifd(0x8769)[0x9003] = "1843:01:01 00:00:00"
    return found


def jpeg(path: Path, **more: Any) -> None:
    xmp = b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
    given = {"exif": exif(), "icc_profile": PROFILE, "comment": SECRET, "xmp": xmp, **more}
    Pillow.fromarray(PIXELS).save(path, quality=90, **given)
    raw = path.read_bytes()
    iptc = b"Photoshop 3.0\0" + SECRET
    app13 = b"\xff\xed" + struct.pack(">H", len(iptc) + 2) + iptc
    path.write_bytes(raw[:2] + app13 + raw[2:] + b"behind: " + SECRET)


def progressive(path: Path) -> None:
    jpeg(path, progressive=True)


def png(path: Path) -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", SECRET.decode())
    texts.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=False)
    Pillow.fromarray(PIXELS).save(path, pnginfo=texts, exif=exif(), icc_profile=PROFILE)


def webp(path: Path) -> None:
    Pillow.fromarray(PIXELS).save(path, exif=exif(), xmp=SECRET, icc_profile=PROFILE, quality=90)


def tiff(path: Path) -> None:
    found = exif()
    found[0x010E] = SECRET.decode()
    found[0x02BC] = SECRET
    Pillow.fromarray(PIXELS).save(path, exif=found, icc_profile=PROFILE, compression="tiff_deflate")


def gif(path: Path) -> None:
    frames = [Pillow.fromarray(PIXELS[::step]).convert("P") for step in (1, 1)]
    frames[0].save(path, comment=SECRET, save_all=True, append_images=[frames[1].rotate(180)], loop=3, duration=50)


def sound(path: Path) -> None:
    with soundfile.SoundFile(str(path), "w", 8000, 1) as file:
        file.artist = file.title = file.comment = SECRET.decode()
        file.write(WAVE)


def flac(path: Path) -> None:
    sound(path)


def chunks(path: Path) -> None:
    sound(path)
    raw = path.read_bytes()
    more = b"iXML" + struct.pack("<I", len(SECRET)) + SECRET
    path.write_bytes(raw[:4] + struct.pack("<I", len(raw) - 8 + len(more)) + raw[8:] + more)


def tagged(path: Path) -> None:
    """Put ID3v2 with a picture in front and ID3v1 behind."""
    soundfile.write(path, WAVE, 44100, format="MP3")
    frame = b"TPE1" + struct.pack(">I", len(SECRET) + 1) + b"\0\0\0" + SECRET
    size = bytes((len(frame) >> shift) & 127 for shift in (21, 14, 7, 0))
    raw = b"ID3\x03\0\0" + size + frame + path.read_bytes()
    path.write_bytes(raw + b"TAG" + SECRET.ljust(125, b"\0"))


def film(path: Path) -> None:
    with av.open(str(path), "w") as container:
        container.metadata.update({"title": SECRET.decode(), "artist": SECRET.decode(), "location": "+51.5-000.1/"})
        container.metadata["creation_time"] = "1843-01-01T00:00:00"
        names = ("libvpx-vp9", "libopus") if path.suffix == ".webm" else ("libx264", "aac")
        pictures = None
        if path.suffix != ".m4a":
            pictures = container.add_stream(names[0], rate=10)
            pictures.width, pictures.height, pictures.pix_fmt = 32, 24, "yuv420p"
            pictures.metadata["title"] = SECRET.decode()
        track = container.add_stream(names[1], rate=48000, layout="mono")
        track.metadata["title"] = SECRET.decode()
        for _ in range(5 if pictures else 0):
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(PIXELS, format="rgb24")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.float32), format="flt", layout="mono")
        frame.sample_rate, frame.pts = 48000, 0
        container.mux(track.encode(frame))
        container.mux([*(pictures.encode() if pictures else []), *track.encode()])


FILES: dict[str, Callable[[Path], None]] = {
    "a.jpg": jpeg,
    "progressive.jpg": progressive,
    "a.png": png,
    "a.webp": webp,
    "a.tiff": tiff,
    "a.gif": gif,
    "a.wav": chunks,
    "a.aiff": sound,
    "a.flac": flac,
    "a.ogg": sound,
    "a.opus": film,
    "a.mp3": tagged,
    "a.mp4": film,
    "a.mov": film,
    "a.m4a": film,
    "a.mkv": film,
    "a.webm": film,
}


def opus(path: Path) -> None:
    with soundfile.SoundFile(str(path), "w", 48000, 1, "OPUS", format="OGG") as file:
        file.artist = SECRET.decode()
        file.write(WAVE)


FILES["a.opus"] = opus


def decoded(path: Path) -> Any:
    """What a file holds, by the libraries and not by augreg."""
    if path.suffix in (".jpg", ".png", ".webp", ".tiff", ".gif"):
        with Pillow.open(path) as picture:
            frames = []
            for i in range(getattr(picture, "n_frames", 1)):
                picture.seek(i)
                frames.append((picture.mode, picture.info.get("icc_profile"), np.asarray(picture).tobytes()))
            return frames, picture.info.get("loop"), picture.info.get("duration")
    if path.suffix in (".mp4", ".mov", ".m4a", ".mkv", ".webm"):
        with av.open(str(path)) as container:
            return [(frame.pts, frame.to_ndarray().tobytes()) for frame in container.decode()]
    data, rate = soundfile.read(path)
    return rate, data.tobytes()


@pytest.mark.parametrize("name", FILES)
def test_a_copy_holds_the_same_and_says_nothing(tmp_path: Path, name: str) -> None:
    path, copy = tmp_path / name, tmp_path / f"copy{Path(name).suffix}"
    FILES[name](path)
    assert SECRET in path.read_bytes()
    (note,) = copy_bare(path, copy)
    assert note.startswith("metadata removed: ")
    raw = copy.read_bytes()
    assert SECRET not in raw
    assert b"1843" not in raw
    assert b"1815" not in raw
    assert b"51.5" not in raw
    assert decoded(copy) == decoded(path)
    media.check(copy)
    again = tmp_path / f"again{Path(name).suffix}"
    assert copy_bare(copy, again) == ()
    assert again.read_bytes() == raw


@pytest.mark.parametrize("name", FILES)
def test_files_that_say_nothing_are_copied_byte_for_byte(tmp_path: Path, name: str) -> None:
    path, copy = tmp_path / name, tmp_path / f"copy{Path(name).suffix}"
    if path.suffix in (".mp4", ".mov", ".m4a", ".mkv", ".webm"):
        if path.suffix == ".m4a":
            media.write(augreg.Audio(WAVE.T.astype(np.float32), 8000), path)
        else:
            media.write(augreg.Video(np.stack([PIXELS.transpose(2, 0, 1)] * 4), fps=10.0, layout="TCHW"), path)
    elif path.suffix == ".gif":
        Pillow.fromarray(PIXELS).convert("P").save(path)
    elif path.suffix in (".jpg", ".png", ".webp", ".tiff"):
        media.write(augreg.Image(PIXELS), path)
    else:
        media.write(augreg.Audio(WAVE.T.astype(np.float32), 48000), path)
    assert copy_bare(path, copy) == ()
    assert copy.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_damage_is_refused_or_copied_and_nothing_else_happens(tmp_path: Path, name: str) -> None:
    path, copy = tmp_path / name, tmp_path / f"copy{Path(name).suffix}"
    FILES[name](path)
    raw, rng = path.read_bytes(), np.random.default_rng(0)
    for i in range(60):
        bad = bytearray(raw[: rng.integers(16, len(raw))] if i % 2 else raw)
        for at in rng.integers(12, min(len(bad), 400), 3):
            bad[at] = rng.integers(0, 256)
        path.write_bytes(bad)
        try:
            copy_bare(path, copy)
        except (MustEncodeError, augreg.errors.MediaError):
            continue


def job(source: Path, pipe: Any, out: str = "out", **changes: Any) -> tuple[Path, dict[str, dict[str, Any]]]:
    run(augreg.Pipeline(pipe), Settings(source=source, out=source.parent / out, seed=1, **changes))
    found = source.parent / out
    told = [json.loads(line) for line in (found / "manifest.jsonl").read_bytes().splitlines()]
    return found, {line["source"]: line for line in told}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for name, make in FILES.items():
        make(folder / name)
    return folder


STEPS = {"image": [{"image.invert": {"p": 1.0}}], "audio": [{"audio.gain": {}}], "video": [{"video.hflip": {"p": 1.0}}]}
NONE = {"image": [{"image.invert": {"p": 0.0}}], "audio": [{"audio.gain": {"p": 0.0}}]}
NONE |= {"video": [{"video.hflip": {"p": 0.0}}]}


@pytest.mark.parametrize("pipe", [{"text": ["text.keyboard"]}, NONE, STEPS], ids=["no steps", "none fired", "fired"])
def test_no_output_of_a_job_says_anything(source: Path, pipe: Any) -> None:
    out, told = job(source, pipe)
    assert {line["outcome"] for line in told.values()} <= {"ok", "passed-through"}, told
    for line in told.values():
        assert SECRET not in (out / line["output"]).read_bytes(), line
        assert replay(out, line["output"], source, source.parent / "again").same
    assert verify(out, source).faults == []


def test_a_picture_that_its_metadata_turns_is_turned(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    Pillow.fromarray(PIXELS).save(folder / "turned.png", exif=exif(6))
    out, told = job(folder, {"text": ["text.keyboard"]})
    assert "encoded anew, since its metadata turns it" in told["turned.png"]["notes"][0]
    with Pillow.open(out / "turned__a0.png") as picture:
        assert not picture.getexif()
        assert (np.asarray(picture) == np.rot90(PIXELS, -1)).all()


def test_metadata_is_kept_where_it_is_asked_for(source: Path) -> None:
    out, told = job(source, STEPS, keep_metadata=True)
    assert json.loads((out / "run.json").read_text())["metadata"] == "kept"
    for name in ("a.jpg", "a.png", "a.webp", "a.tiff"):
        assert told[name]["outcome"] == "ok", told[name]
        with Pillow.open(out / told[name]["output"]) as picture:
            found = picture.getexif()
        assert found[0x013B] == SECRET.decode()
        assert name == "a.tiff" or found.get_ifd(0x8825)[2] == (51.0, 30.0, 26.0)
        assert 0x0112 not in found or found[0x0112] == 1
    for name in ("a.wav", "a.aiff", "a.flac", "a.ogg", "a.opus", "a.mp4", "a.mov", "a.mkv", "a.webm", "a.m4a"):
        assert SECRET in (out / told[name]["output"]).read_bytes(), name
    assert any("metadata kept: exif" in note for note in told["a.jpg"]["notes"])
    whole, told = job(source, {"text": ["text.keyboard"]}, "whole", keep_metadata=True)
    for name, line in told.items():
        assert (whole / line["output"]).read_bytes() == (source / name).read_bytes()


def test_a_file_that_is_copied_although_refused_says_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    jpeg(folder / "cut.jpg")
    raw = (folder / "cut.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(raw[: raw.rindex(b"behind") - 200])
    out, told = job(folder, STEPS, on_error="copy")
    assert told["cut.jpg"]["outcome"] == "copied"
    assert SECRET not in (out / "cut__a0.jpg").read_bytes()

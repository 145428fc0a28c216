"""Depth and alpha of pictures go through files and jobs, against PIL and FFmpeg's decoders."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg.jobs import Settings, run
from augreg.media.images import without_alpha

SHAPE = (24, 40)
MODES = {"LA": 2, "RGB": 3, "RGBA": 4}


def noise(channels: int, dtype: type = np.uint8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, np.iinfo(dtype).max + 1, (*SHAPE, channels)).astype(dtype)


def pixels_of(path: Path) -> np.ndarray:
    return media.read(path).data.permute(1, 2, 0).numpy()  # type: ignore[attr-defined]  # an Image


def by_ffmpeg(path: Path) -> np.ndarray:
    """Read a picture of 16 bits without augreg and PIL."""
    decoder = av.CodecContext.create("png" if path.suffix == ".png" else "tiff", "r")
    (frame,) = [*decoder.decode(av.Packet(path.read_bytes())), *decoder.decode(None)]  # type: ignore[attr-defined]
    if frame.format.name.startswith("ya16"):
        return np.asarray(frame.reformat(format="rgba64be").to_ndarray()[..., [0, 3]])
    return np.asarray(frame.to_ndarray())


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [2, 3, 4])
def test_sixteen_bits_of_color_and_alpha_are_written_and_read(tmp_path: Path, suffix: str, channels: int) -> None:
    deep = noise(channels, np.uint16)
    path = tmp_path / f"deep{suffix}"
    assert media.write(augreg.Image(torch.from_numpy(deep).permute(2, 0, 1)), path) == ()
    if (suffix, channels) == (".tiff", 2):
        deep = deep[..., [0, 0, 0, 1]]  # no reader takes gray with alpha
    assert np.array_equal(by_ffmpeg(path), deep)
    with Pillow.open(path) as picture:
        assert picture.size == SHAPE[::-1]
        shown = np.asarray(picture)  # PIL shows gray with alpha as color
        shown = shown[..., [0, 3]] if deep.shape[2] == 2 else shown
        assert np.array_equal(shown, deep >> 8)
    loaded = media.load(path)
    assert loaded.origin.notes == ()
    assert np.array_equal(pixels_of(path), deep)
    media.write(loaded.sample, tmp_path / f"again{suffix}", like=loaded.origin)
    assert np.array_equal(by_ffmpeg(tmp_path / f"again{suffix}"), deep)


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".webp"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_alpha_is_written_and_read(tmp_path: Path, suffix: str, mode: str) -> None:
    source = noise(MODES[mode])
    Pillow.fromarray(source).save(tmp_path / "in.png")
    loaded = media.load(tmp_path / "in.png")
    assert (loaded.origin.notes, loaded.origin.as_stored) == ((), True)
    media.write(loaded.sample, tmp_path / f"out{suffix}", like=loaded.origin)
    with Pillow.open(tmp_path / f"out{suffix}") as picture:
        assert np.array_equal(np.asarray(picture)[..., -1], source[..., -1])
        assert suffix == ".webp" or np.array_equal(np.asarray(picture), source)


@pytest.mark.parametrize("suffix", [".jpg", ".bmp"])
def test_where_there_is_no_alpha_it_is_composited_on_white_and_said(tmp_path: Path, suffix: str) -> None:
    source = np.repeat(np.repeat(noise(4)[:3, :5], 8, 0), 8, 1)
    notes = media.write(augreg.Image(torch.from_numpy(source).permute(2, 0, 1)), tmp_path / f"a{suffix}")
    assert notes == (f"alpha composited on white: {'JPEG' if suffix == '.jpg' else 'BMP'} holds none",)
    shares = source[..., 3:] / 255
    wanted = source[..., :3] * shares + 255 * (1 - shares)
    assert np.abs(pixels_of(tmp_path / f"a{suffix}") - wanted).mean() < (1 if suffix == ".bmp" else 30)
    opaque = torch.full((4, 8, 8), 255, dtype=torch.uint8)
    assert media.write(augreg.Image(opaque), tmp_path / f"b{suffix}") == ()


@given(st.sampled_from([np.uint8, np.uint16]), st.sampled_from([2, 4]), st.integers(0, 9))
def test_what_shows_on_white_is_the_formula(dtype: type, channels: int, seed: int) -> None:
    source, most = noise(channels, dtype, seed), np.iinfo(dtype).max
    shares = source[..., -1:] / most
    wanted = source[..., :-1] * shares + most * (1 - shares)
    assert np.abs(without_alpha(source) - wanted).max() <= 1


def test_colors_that_stand_for_transparency_become_alpha(tmp_path: Path) -> None:
    gray = Pillow.fromarray(np.tile(np.arange(40, dtype=np.uint8), (24, 1)))
    gray.save(tmp_path / "gray.png", transparency=7)
    gray.convert("RGB").save(tmp_path / "rgb.png", transparency=(7, 7, 7))
    gray.convert("P").save(tmp_path / "palette.png", transparency=7)
    for name in ("gray", "rgb", "palette"):
        assert np.array_equal(pixels_of(tmp_path / f"{name}.png")[..., -1] == 0, np.asarray(gray) == 7)


def test_exif_turns_sixteen_bits_of_color(tmp_path: Path) -> None:
    deep, exif = noise(3, np.uint16), Pillow.Exif()
    exif[0x0112] = 6
    origin = media.load(_small(tmp_path)).origin
    like = type(origin)(origin.path, ".png", (), True, {"kept": {"exif": exif.tobytes()}})
    media.write(augreg.Image(torch.from_numpy(deep).permute(2, 0, 1)), tmp_path / "deep.png", like=like)
    assert np.array_equal(pixels_of(tmp_path / "deep.png"), np.rot90(deep, -1))


def test_color_profile_and_exif_come_along(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "a dog"
    origin = media.load(_small(tmp_path)).origin
    for suffix in (".png", ".tiff"):
        like = type(origin)(origin.path, suffix, (), True, {"icc": b"profile", "kept": {"exif": exif.tobytes()}})
        deep = torch.from_numpy(noise(3, np.uint16)).permute(2, 0, 1)
        media.write(augreg.Image(deep), tmp_path / f"deep{suffix}", like=like)
        with Pillow.open(tmp_path / f"deep{suffix}") as picture:
            assert (picture.info["icc_profile"], picture.getexif()[0x010E]) == (b"profile", "a dog")


def _small(folder: Path) -> Path:
    Pillow.new("RGB", (4, 4)).save(folder / "small.png")
    return folder / "small.png"


@pytest.mark.parametrize("name", ["LA", "RGBA", "I;16", "16-bit RGB", "16-bit RGBA"])
def test_a_job_that_mirrors_keeps_depth_and_alpha(tmp_path: Path, name: str) -> None:
    dtype = np.uint16 if "16" in name else np.uint8
    source = noise({"I;16": 1, "LA": 2, "16-bit RGB": 3}.get(name, 4), dtype)
    (tmp_path / "in").mkdir()
    media.write(augreg.Image(torch.from_numpy(source).permute(2, 0, 1)), tmp_path / "in" / "a.png")
    steps = {"image": [{"image.hflip": {"p": 1}}]}
    run(augreg.Pipeline(steps), Settings(source=tmp_path / "in", out=tmp_path / "out", seed=1))
    (made,) = (tmp_path / "out").rglob("*.png")
    found = by_ffmpeg(made) if source.dtype == np.uint16 else np.asarray(Pillow.open(made))
    assert np.array_equal(found.reshape(source.shape), source[:, ::-1])

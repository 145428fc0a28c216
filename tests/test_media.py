"""Round trips of every format, and what readers and writers keep."""

from __future__ import annotations

import struct
import wave as stdlib_wave
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

import augreg.media as media
from augreg import Audio, Image, Text, Video
from augreg.errors import MediaError


def gradient(height: int = 24, width: int = 40, channels: int = 3) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    planes = [x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)][:channels]
    return np.stack(planes, axis=-1).astype(np.uint8)


def image_of(pixels: np.ndarray) -> Image:
    return Image(torch.from_numpy(pixels).permute(2, 0, 1))


def tone(seconds: float = 0.25, rate: int = 16_000, channels: int = 1) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return np.stack([0.5 * np.sin(2 * np.pi * 440 * (c + 1) * time) for c in range(channels)]).astype(np.float32)


def clip(frames: int = 6, height: int = 32, width: int = 48) -> Video:
    data = np.stack([np.roll(gradient(height, width), 4 * t, axis=1) for t in range(frames)])
    return Video(torch.from_numpy(data).permute(0, 3, 1, 2), fps=10.0)


@pytest.mark.parametrize("extension", [".png", ".bmp", ".tiff", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_lossless_images_come_back_unchanged(tmp_path: Path, extension: str, channels: int) -> None:
    pixels = gradient(channels=channels)
    media.write(image_of(pixels), tmp_path / f"a{extension}")
    found = media.read(tmp_path / f"a{extension}")
    assert isinstance(found, Image)
    assert found.data.dtype == torch.uint8
    np.testing.assert_array_equal(found.data.permute(1, 2, 0).numpy(), pixels)


@pytest.mark.parametrize("extension", [".jpg", ".jpeg", ".webp"])
def test_lossy_images_come_back_close(tmp_path: Path, extension: str) -> None:
    pixels = gradient()
    media.write(image_of(pixels), tmp_path / f"a{extension}")
    found = media.read(tmp_path / f"a{extension}").data.permute(1, 2, 0).numpy()
    assert np.abs(found.astype(int) - pixels).mean() < 4


def test_pixels_are_a_channels_first_view_of_channels_last_memory(tmp_path: Path) -> None:
    media.write(image_of(gradient()), tmp_path / "a.png")
    data = media.read(tmp_path / "a.png").data
    assert tuple(data.shape) == (3, 24, 40)
    assert data.permute(1, 2, 0).is_contiguous()


def png_of_sixteen_bit_color(pixels: np.ndarray) -> bytes:
    """A PNG as its specification has it; PIL writes none of this kind."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = pixels.shape
    head = struct.pack(">IIBBBBB", width, height, 16, 2, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def test_sixteen_bit_color_keeps_its_depth(tmp_path: Path) -> None:
    deep = np.arange(4 * 5 * 3, dtype=np.uint16).reshape(4, 5, 3) * 1000
    (tmp_path / "deep.png").write_bytes(png_of_sixteen_bit_color(deep))
    loaded = media.load(tmp_path / "deep.png")
    assert loaded.origin.notes == ()
    assert loaded.origin.as_stored
    np.testing.assert_array_equal(loaded.sample.data.permute(1, 2, 0).numpy(), deep)


def test_sixteen_bit_grey_keeps_its_depth(tmp_path: Path) -> None:
    deep = (np.arange(24 * 40).reshape(24, 40) * 68).astype(np.uint16)
    Pillow.fromarray(deep).save(tmp_path / "deep.png")
    loaded = media.load(tmp_path / "deep.png")
    assert loaded.sample.data.dtype == torch.uint16
    np.testing.assert_array_equal(loaded.sample.data[0].numpy(), deep)
    media.write(loaded.sample, tmp_path / "again.png", like=loaded.origin)
    np.testing.assert_array_equal(np.asarray(Pillow.open(tmp_path / "again.png")), deep)
    notes = media.write(loaded.sample, tmp_path / "eight.bmp")
    assert notes == ("16-bit pixels scaled to 8 bits",)
    eight = np.asarray(Pillow.open(tmp_path / "eight.bmp")).astype(int)
    assert np.abs(eight - np.rint(deep / 257.0)).max() == 0


def test_exif_orientation_is_applied_once(tmp_path: Path) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    Pillow.fromarray(gradient(24, 40)).save(tmp_path / "phone.png", exif=exif)
    loaded = media.load(tmp_path / "phone.png")
    # Orientation 6: the top of the scene is the right-hand side of the stored picture.
    np.testing.assert_array_equal(loaded.sample.data.permute(1, 2, 0).numpy(), np.rot90(gradient(24, 40), -1))
    assert loaded.origin.notes == ("EXIF orientation 6 applied",)
    media.write(loaded.sample, tmp_path / "out.png", like=loaded.origin)
    assert tuple(media.read(tmp_path / "out.png").data.shape) == (3, 40, 24)


def test_alpha_is_kept_also_of_palettes(tmp_path: Path) -> None:
    layered = np.dstack([gradient(), np.full((24, 40), 255, np.uint8)])
    layered[:12, :, 3] = 0
    Pillow.fromarray(layered).save(tmp_path / "alpha.png")
    loaded = media.load(tmp_path / "alpha.png")
    np.testing.assert_array_equal(loaded.sample.data.permute(1, 2, 0).numpy(), layered)
    assert loaded.origin.notes == ()
    palette = Pillow.fromarray(gradient()).quantize(16)
    palette.save(tmp_path / "palette.png", transparency=0)
    assert media.read(tmp_path / "palette.png").data.shape[0] == 4
    palette.save(tmp_path / "opaque.png")
    assert media.read(tmp_path / "opaque.png").data.shape[0] == 3


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    Pillow.fromarray(gradient()).convert("CMYK").save(tmp_path / "press.jpg", quality=95)
    loaded = media.load(tmp_path / "press.jpg")
    assert np.abs(loaded.sample.data.permute(1, 2, 0).numpy().astype(int) - gradient()).mean() < 6
    assert loaded.origin.notes == ("CMYK converted to RGB",)


def test_bilevel_and_float_images(tmp_path: Path) -> None:
    Pillow.fromarray(gradient()[..., 0] > 100).save(tmp_path / "fax.png")
    assert set(media.read(tmp_path / "fax.png").data.unique().tolist()) == {0, 255}
    values = gradient()[..., 0].astype(np.float32) / 255
    Pillow.fromarray(values).save(tmp_path / "float.tiff")
    np.testing.assert_array_equal(media.read(tmp_path / "float.tiff").data[0].numpy(), values)


def test_the_first_frame_of_an_animation_is_read(tmp_path: Path) -> None:
    pages = [Pillow.fromarray(np.full((8, 8, 3), shade, np.uint8)) for shade in (10, 200)]
    pages[0].save(tmp_path / "blink.gif", save_all=True, append_images=pages[1:])
    loaded = media.load(tmp_path / "blink.gif")
    assert loaded.sample.data.unique().tolist() == [10]
    assert loaded.origin.notes[0] == "first of 2 frames"


def test_content_decides_the_format_not_the_name(tmp_path: Path) -> None:
    Pillow.fromarray(gradient()).save(tmp_path / "real.png")
    (tmp_path / "real.png").rename(tmp_path / "claims.jpg")
    loaded = media.load(tmp_path / "claims.jpg")
    assert loaded.origin.extension == ".png"
    assert loaded.origin.notes == ("named .jpg but of format .png",)


@pytest.mark.parametrize(("written", "named"), [(".mp4", ".mov"), (".mov", ".m4v"), (".webm", ".mkv")])
def test_sibling_containers_go_by_their_name(tmp_path: Path, written: str, named: str) -> None:
    media.write(clip(), tmp_path / f"a{written}")
    (tmp_path / f"a{written}").rename(tmp_path / f"a{named}")
    loaded = media.load(tmp_path / f"a{named}")
    assert loaded.origin.notes == ()
    assert media.format_of(tmp_path / f"a{named}") == named


@pytest.mark.parametrize("extension", [".wav", ".flac"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_lossless_sounds_come_back_unchanged(tmp_path: Path, extension: str, channels: int) -> None:
    wave = np.rint(tone(channels=channels) * 32_767) / 32_768
    media.write(Audio(torch.from_numpy(wave.astype(np.float32)), 16_000), tmp_path / f"a{extension}")
    found = media.read(tmp_path / f"a{extension}")
    assert isinstance(found, Audio)
    assert found.sample_rate == 16_000
    assert found.data.is_contiguous()
    np.testing.assert_allclose(found.data.numpy(), wave, atol=1e-7)


@pytest.mark.parametrize("extension", [".ogg", ".mp3"])
def test_lossy_sounds_come_back_close(tmp_path: Path, extension: str) -> None:
    media.write(Audio(torch.from_numpy(tone(1.0)), 16_000), tmp_path / f"a{extension}")
    found = media.read(tmp_path / f"a{extension}").data[0].numpy()
    spectrum = np.abs(np.fft.rfft(found))
    assert abs(spectrum.argmax() * 16_000 / len(found) - 440) < 2


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_the_sample_format_is_kept(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "in.wav", tone().T, 16_000, subtype=subtype)
    loaded = media.load(tmp_path / "in.wav")
    media.write(loaded.sample, tmp_path / "out.wav", like=loaded.origin)
    assert soundfile.info(tmp_path / "out.wav").subtype == subtype


def test_clipping_is_counted(tmp_path: Path) -> None:
    wave = torch.tensor([[0.0, 2.0, -3.0, 0.5]])
    assert media.write(Audio(wave, 8_000), tmp_path / "loud.wav") == ("2 of 4 values clipped",)
    assert media.read(tmp_path / "loud.wav").data.abs().max() <= 1.0


def test_a_streamed_wav_without_a_length_is_read(tmp_path: Path) -> None:
    media.write(Audio(torch.from_numpy(tone()), 16_000), tmp_path / "a.wav")
    raw = bytearray((tmp_path / "a.wav").read_bytes())
    at = raw.index(b"data") + 4
    raw[at : at + 4] = b"\xff\xff\xff\xff"
    (tmp_path / "stream.wav").write_bytes(raw)
    assert media.read(tmp_path / "stream.wav").data.shape[-1] == 4_000


def test_the_stdlib_reads_what_is_written(tmp_path: Path) -> None:
    media.write(Audio(torch.from_numpy(tone(channels=2)), 16_000), tmp_path / "a.wav")
    with stdlib_wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, 16_000, 4_000)


@given(text=st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_text_is_kept(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("text")
    (folder / "a.txt").write_bytes(text.encode())
    loaded = media.load(folder / "a.txt")
    media.write(loaded.sample, folder / "b.txt", like=loaded.origin)
    assert (folder / "b.txt").read_bytes() == text.encode()


@pytest.mark.parametrize("text", ["plain", "crlf\r\nline\u2028sep\x0b", "emoji 👩‍👩‍👧 \u05d0\u05d1", "nul\x00", "\n"])
def test_text_is_kept_byte_for_byte(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_bytes(text.encode())
    loaded = media.load(tmp_path / "a.txt")
    assert isinstance(loaded.sample, Text)
    assert loaded.sample.data == text
    media.write(loaded.sample, tmp_path / "b.txt", like=loaded.origin)
    assert (tmp_path / "b.txt").read_bytes() == text.encode()


def test_one_byte_order_mark_is_set_aside_and_written_back(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbfhello")
    loaded = media.load(tmp_path / "a.txt")
    assert loaded.sample.data == "hello"
    media.write(loaded.sample, tmp_path / "b.txt", like=loaded.origin)
    assert (tmp_path / "b.txt").read_bytes() == b"\xef\xbb\xbfhello"


@pytest.mark.parametrize("extension", [".mp4", ".mov", ".mkv", ".webm"])
def test_clips_come_back_close(tmp_path: Path, extension: str) -> None:
    media.write(clip(), tmp_path / f"a{extension}")
    found = media.read(tmp_path / f"a{extension}")
    assert isinstance(found, Video)
    assert tuple(found.data.shape) == (6, 3, 32, 48)
    assert found.data.permute(0, 2, 3, 1).is_contiguous()
    assert found.fps == pytest.approx(10.0, rel=0.3)
    np.testing.assert_allclose(found.timestamps, np.arange(6) / 10, atol=2e-3)
    assert (found.data.float() - clip().data.float()).abs().mean() < 16


def test_uneven_frame_times_are_kept(tmp_path: Path) -> None:
    uneven = clip()
    uneven.timestamps = np.array([0.0, 0.1, 0.15, 0.5, 0.55, 1.0])
    media.write(uneven, tmp_path / "a.mp4")
    np.testing.assert_allclose(media.read(tmp_path / "a.mp4").timestamps, uneven.timestamps, atol=1e-4)


def test_odd_sizes_are_padded_to_even_ones(tmp_path: Path) -> None:
    notes = media.write(clip(height=31, width=47), tmp_path / "a.mp4")
    assert notes == ("padded to 48x32",)
    assert tuple(media.read(tmp_path / "a.mp4").data.shape) == (6, 3, 32, 48)


def test_one_frame_is_a_clip(tmp_path: Path) -> None:
    media.write(clip(frames=1), tmp_path / "a.mp4")
    assert tuple(media.read(tmp_path / "a.mp4").data.shape) == (1, 3, 32, 48)


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4", "a.mkv", "b.mkv"):
        media.write(clip(), tmp_path / name)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert (tmp_path / "a.mkv").read_bytes() == (tmp_path / "b.mkv").read_bytes()


def with_sound(path: Path) -> None:
    """Write a clip of 6 frames at 10 fps with 0.6 s of AAC."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 48, 32, "yuv420p"
        sound = container.add_stream("aac", rate=16_000, layout="mono")
        for picture in clip().data.permute(0, 2, 3, 1).numpy():
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(video.encode())
        frame = av.AudioFrame.from_ndarray(tone(0.6), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        container.mux(sound.encode(frame))
        container.mux(sound.encode())


def sound_of(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return np.zeros((1, 0))
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


@pytest.mark.parametrize("extension", [".mp4", ".mov", ".mkv"])
def test_the_sound_track_is_carried_over(tmp_path: Path, extension: str) -> None:
    with_sound(tmp_path / f"in{extension}")
    loaded = media.load(tmp_path / f"in{extension}")
    assert "has a sound track" in loaded.origin.notes
    assert media.write(loaded.sample, tmp_path / f"out{extension}", like=loaded.origin) == ()
    np.testing.assert_array_equal(sound_of(tmp_path / f"out{extension}"), sound_of(tmp_path / f"in{extension}"))


def test_the_sound_track_is_left_out_when_the_timing_changed(tmp_path: Path) -> None:
    with_sound(tmp_path / "in.mp4")
    loaded = media.load(tmp_path / "in.mp4")
    assert isinstance(loaded.sample, Video)
    shorter = Video(loaded.sample.data[::2], fps=10.0)
    notes = media.write(shorter, tmp_path / "out.mp4", like=loaded.origin)
    assert notes == ("sound track left out: the timing changed",)
    assert sound_of(tmp_path / "out.mp4").size == 0


def test_a_container_with_sound_only_is_audio(tmp_path: Path) -> None:
    media.write(Audio(torch.from_numpy(tone(0.5)), 16_000), tmp_path / "voice.mp4")
    loaded = media.load(tmp_path / "voice.mp4")
    assert isinstance(loaded.sample, Audio)
    assert loaded.sample.sample_rate == 16_000
    assert loaded.origin.notes == ("no video stream: read as audio",)
    assert np.corrcoef(loaded.sample.data[0, 2000:6000], tone(0.5)[0, 2000:6000])[0, 1] > 0.5


def test_rotation_side_data_is_applied(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "phone.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 48, 32, "yuv420p"
        if not hasattr(stream, "set_display_rotation"):
            pytest.skip("this PyAV reads rotations but writes none")
        stream.set_display_rotation(90)
        for picture in clip().data.permute(0, 2, 3, 1).numpy():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode())
    with av.open(str(tmp_path / "phone.mp4")) as container:
        stored = next(container.decode(video=0)).to_ndarray(format="rgb24")
    loaded = media.load(tmp_path / "phone.mp4")
    assert tuple(loaded.sample.data.shape) == (6, 3, 48, 32)
    np.testing.assert_array_equal(loaded.sample.data[0].permute(1, 2, 0).numpy(), np.rot90(stored))


def test_writing_names_what_does_not_fit(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"no writer for '.gif'.*Valid: .*\.png"):
        media.write(image_of(gradient()), tmp_path / "a.gif")
    with pytest.raises(MediaError, match=r"\.wav holds audio, not image"):
        media.write(image_of(gradient()), tmp_path / "a.wav")
    with pytest.raises(MediaError) as caught:
        media.write(Text("\ud800"), tmp_path / "a.txt")
    assert caught.value.code == "E_ENCODE"
    wide = Image(torch.zeros(1, 1, 70_000, dtype=torch.uint8))
    with pytest.raises(MediaError, match="70000x1 is more than JPEG can hold"):
        media.write(wide, tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []

"""Sound files: every format that is read comes back as it was, and the same sound gives the same bytes."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import torch

import augreg
import augreg.media as media
from augreg import Audio, Video
from augreg.errors import MediaError
from augreg.jobs import Settings, run
from augreg.media import ogg, sounds
from augreg.media.sniff import sniff

WRITTEN = [".wav", ".flac", ".aiff", ".aif", ".ogg", ".oga", ".opus", ".mp3", ".m4a"]
LOSSY = {".ogg": 0.98, ".oga": 0.98, ".opus": 0.95, ".mp3": 0.95, ".m4a": 0.95}


def sweep(seconds: float = 0.5, rate: int = 16_000, channels: int = 1) -> np.ndarray:
    """A tone that rises from 200 to 1000 Hz, so that each moment of it is unlike the others."""
    t = np.arange(round(seconds * rate)) / rate
    phase = 2 * np.pi * (200 * t + 400 * t * t / seconds)
    return np.stack([0.4 * np.sin(phase * (1 + c)) for c in range(channels)]).astype(np.float32)


def sound(wave: np.ndarray, rate: int = 16_000) -> Audio:
    return Audio(torch.from_numpy(wave), rate)


def lag(found: np.ndarray, wave: np.ndarray) -> int:
    """By how many samples ``found`` comes later than ``wave``: where they correlate best."""
    size = 2 * max(len(found), len(wave))
    return int(
        (np.fft.irfft(np.fft.rfft(found, size) * np.fft.rfft(wave, size).conj(), size).argmax() + size // 2) % size
        - size // 2
    )


def ogg_pages(raw: bytes) -> Iterator[bytes]:
    while raw:
        assert raw[:4] == b"OggS"
        length = 27 + raw[26] + sum(raw[27 : 27 + raw[26]])
        yield raw[:length]
        raw = raw[length:]


def crc_bit_by_bit(data: bytes) -> int:
    """CRC-32 of RFC 3533: polynomial 0x04c11db7, from the highest bit, neither start nor end inverted."""
    found = 0
    for byte in data:
        found ^= byte << 24
        for _ in range(8):
            found = (found << 1 ^ (0x04C11DB7 if found >> 31 else 0)) & 0xFFFFFFFF
    return found


@pytest.mark.parametrize("extension", WRITTEN)
@pytest.mark.parametrize("channels", [1, 2])
def test_sounds_come_back_in_place_and_whole(tmp_path: Path, extension: str, channels: int) -> None:
    wave = sweep(channels=channels)[:, :7_777]
    assert media.write(sound(wave), tmp_path / f"a{extension}") == ()
    loaded = media.load(tmp_path / f"a{extension}")
    assert loaded.origin.notes == ()
    found = loaded.sample.data.numpy()
    assert (loaded.sample.sample_rate, found.dtype) == (16_000, np.float32)
    if extension in LOSSY:
        assert lag(found[0], wave[0]) == 0
        part = slice(500, 7_000)
        assert min(np.corrcoef(a[part], b[part])[0, 1] for a, b in zip(found, wave, strict=True)) > LOSSY[extension]
    else:
        np.testing.assert_allclose(found, wave, atol=1 / 32_768)
    # MP3 has no place for the number of samples that are padding.
    assert found.shape[1] == 7_777 or (extension == ".mp3" and 7_777 <= found.shape[1] < 7_777 + 1_152)


@pytest.mark.parametrize("extension", WRITTEN)
def test_the_same_sound_gives_the_same_bytes(tmp_path: Path, extension: str) -> None:
    for name in "ab":
        media.write(sound(sweep(1.5, channels=2)), tmp_path / f"{name}{extension}")
    assert (tmp_path / f"a{extension}").read_bytes() == (tmp_path / f"b{extension}").read_bytes()


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_settled_stream_is_the_one_that_was_encoded(tmp_path: Path, subtype: str) -> None:
    buffer = BytesIO()
    soundfile.write(buffer, sweep(3.0, 48_000, 2).T, 48_000, format="OGG", subtype=subtype)
    raw = bytearray(buffer.getvalue())
    ogg.set_serial(raw)
    before, after = list(ogg_pages(buffer.getvalue())), list(ogg_pages(bytes(raw)))
    assert len(after) == len(before) > 3
    assert len({page[14:18] for page in after}) == 1
    for page, old in zip(after, before, strict=True):
        # Where the serial and the checksum stand, and nowhere else.
        assert page[:14] + page[18:22] + page[26:] == old[:14] + old[18:22] + old[26:]
        assert int.from_bytes(page[22:26], "little") == crc_bit_by_bit(page[:22] + bytes(4) + page[26:])
    expected, _ = soundfile.read(BytesIO(buffer.getvalue()))
    np.testing.assert_array_equal(soundfile.read(BytesIO(bytes(raw)))[0], expected)


def test_other_sounds_have_other_serials(tmp_path: Path) -> None:
    for name, gain in (("a", 1.0), ("b", 0.5)):
        media.write(sound(sweep() * np.float32(gain)), tmp_path / f"{name}.ogg")
    assert (tmp_path / "a.ogg").read_bytes()[14:18] != (tmp_path / "b.ogg").read_bytes()[14:18]


@pytest.mark.parametrize(("extension", "order"), [(".wav", "<"), (".aiff", ">")])
def test_float_files_carry_no_date(tmp_path: Path, extension: str, order: str) -> None:
    buffer = BytesIO()
    soundfile.write(buffer, sweep().T, 16_000, format=sounds.FORMATS[extension], subtype="FLOAT")
    dated = buffer.getvalue()
    (tmp_path / f"in{extension}").write_bytes(dated)
    loaded = media.load(tmp_path / f"in{extension}")
    media.write(loaded.sample, tmp_path / f"out{extension}", like=loaded.origin)
    raw = (tmp_path / f"out{extension}").read_bytes()
    at = raw.index(b"PEAK") + 12
    (date,) = struct.unpack(f"{order}I", dated[at : at + 4])
    assert date, "libsndfile no longer puts a date there"
    assert raw == dated[:at] + bytes(4) + dated[at + 4 :]


@pytest.mark.slow
def test_long_vorbis_is_written(tmp_path: Path) -> None:
    # In one piece, libsndfile needs more stack for this than a thread has.
    media.write(sound(np.zeros((2, 48_000 * 240), np.float32), 48_000), tmp_path / "long.ogg")
    assert soundfile.info(tmp_path / "long.ogg").frames == 48_000 * 240


AAC = (".m4a", ".mp4", ".mkv")


@pytest.mark.parametrize("extension", AAC)
def test_seven_channels_have_no_layout_in_aac(tmp_path: Path, extension: str) -> None:
    with pytest.raises(MediaError, match="7 channels has no layout in aac; 1, 2, 3, 4, 5, 6, 8 have one"):
        media.write(sound(np.zeros((7, 480), np.float32)), tmp_path / f"a{extension}")


@pytest.mark.parametrize(
    ("extension", "channels"),
    [*itertools.product(AAC, (3, 4, 5, 6, 8)), *((".webm", channels) for channels in range(3, 9))],
)
def test_sounds_of_many_channels_keep_them_apart(tmp_path: Path, extension: str, channels: int) -> None:
    tones = np.arange(1, channels + 1)[:, None] * 30  # below what the channel for low frequencies lets through
    wave = (0.3 * np.sin(2 * np.pi * tones * np.arange(48_000) / 48_000)).astype(np.float32)
    assert media.write(sound(wave, 48_000), tmp_path / f"a{extension}") == ()
    found = media.read(tmp_path / f"a{extension}").data.numpy()
    spectrum = np.abs(np.fft.rfft(found[:, :48_000]))
    assert spectrum.argmax(1).tolist() == tones[:, 0].tolist()


def test_the_sound_track_of_a_film_may_have_eight_channels(tmp_path: Path) -> None:
    pictures = Video(torch.zeros(24, 3, 32, 32, dtype=torch.uint8), fps=24.0)
    tones = np.arange(1, 9)[:, None] * 30
    wave = (0.3 * np.sin(2 * np.pi * tones * np.arange(48_000) / 48_000)).astype(np.float32)
    media.write(pictures, tmp_path / "a.mp4", sound=sound(wave, 48_000))
    found = media.read_film(tmp_path / "a.mp4")["audio"].data.numpy()
    assert np.abs(np.fft.rfft(found[:, :48_000])).argmax(1).tolist() == tones[:, 0].tolist()


@pytest.mark.parametrize("rate", sounds.OPUS_RATES)
def test_opus_keeps_its_own_rates(tmp_path: Path, rate: int) -> None:
    assert media.write(sound(sweep(rate=rate), rate), tmp_path / "a.opus") == ()
    found = media.read(tmp_path / "a.opus")
    assert (found.sample_rate, found.data.shape[1]) == (rate, rate // 2)
    assert soundfile.info(tmp_path / "a.opus").subtype == "OPUS"


@pytest.mark.parametrize(("rate", "written"), [(11_025, 12_000), (22_050, 24_000), (44_100, 48_000), (96_000, 48_000)])
def test_opus_of_another_rate_is_resampled_and_says_so(tmp_path: Path, rate: int, written: int) -> None:
    notes = media.write(sound(sweep(rate=rate, channels=2), rate), tmp_path / "a.opus")
    assert notes == (f"sound written at {written} Hz, as Opus needs",)
    found, wave = media.read(tmp_path / "a.opus"), sweep(rate=written, channels=2)
    assert found.sample_rate == written
    assert found.data.shape[1] == -(-round(0.5 * rate) * written // rate)
    assert lag(found.data[0].numpy(), wave[0]) == 0


@pytest.mark.parametrize(("rate", "wanted"), [(44_100, 48_000), (11_025, 24_000), (96_000, 48_000)])
def test_resampling_agrees_with_the_formula(rate: int, wanted: int) -> None:
    time = {r: np.arange(r) / r for r in (rate, wanted)}
    wave = np.stack([0.5 * np.sin(2 * np.pi * 1_000 * time[rate]), 0.5 * np.cos(2 * np.pi * 300 * time[rate])])
    expected = np.stack([0.5 * np.sin(2 * np.pi * 1_000 * time[wanted]), 0.5 * np.cos(2 * np.pi * 300 * time[wanted])])
    found = sounds.resampled(wave.astype(np.float32), rate, wanted)
    assert found.shape == (2, wanted)
    np.testing.assert_allclose(found[:, 500:-500], expected[:, 500:-500], atol=2e-5)
    integers = sounds.resampled(np.rint(wave * 32_768).astype(np.int16), rate, wanted)
    np.testing.assert_allclose(integers, found, atol=5e-5)


@pytest.mark.parametrize("frames", [1, 2, 17])
def test_the_shortest_sounds_are_resampled(frames: int) -> None:
    found = sounds.resampled(np.ones((3, frames), np.float32), 44_100, 48_000)
    assert found.shape == (3, -(-frames * 48_000 // 44_100))


def test_ogg_files_keep_their_codec(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.ogg", sweep().T, 16_000, format="OGG", subtype="OPUS")
    loaded = media.load(tmp_path / "in.ogg")
    assert (loaded.origin.extension, loaded.origin.notes) == (".ogg", ())
    media.write(loaded.sample, tmp_path / "out.ogg", like=loaded.origin)
    assert soundfile.info(tmp_path / "out.ogg").subtype == "OPUS"
    soundfile.write(tmp_path / "vorbis.opus", sweep().T, 16_000, format="OGG", subtype="VORBIS")
    assert media.load(tmp_path / "vorbis.opus").origin.notes == ("named .opus but of format .ogg",)


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_aiff_keeps_its_sample_format(tmp_path: Path, subtype: str) -> None:
    soundfile.write(tmp_path / "in.aiff", sweep(channels=2).T, 44_100, format="AIFF", subtype=subtype)
    loaded = media.load(tmp_path / "in.aiff")
    media.write(loaded.sample, tmp_path / "out.aiff", like=loaded.origin)
    assert soundfile.info(tmp_path / "out.aiff").subtype == subtype
    np.testing.assert_array_equal(
        soundfile.read(tmp_path / "out.aiff", dtype="float32")[0],
        soundfile.read(tmp_path / "in.aiff", dtype="float32")[0],
    )


def encode(path: Path, codec: str, wave: np.ndarray, container: str, form: str | None = None) -> None:
    """Encode with FFmpeg, by none of our code."""
    with av.open(str(path), "w", format=container) as file:
        stream = file.add_stream(codec, rate=16_000, layout="stereo" if len(wave) == 2 else "mono")
        if form is not None:
            stream.codec_context.format = form
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(wave), format="fltp", layout=stream.layout.name)
        frame.sample_rate = 16_000
        file.mux(stream.encode(frame))
        file.mux(stream.encode())


@pytest.mark.parametrize(("form", "bits"), [("s16p", 16), ("s32p", 24)])
def test_lossless_m4a_stays_lossless(tmp_path: Path, form: str, bits: int) -> None:
    wave = np.rint(sweep(channels=2) * 2 ** (bits - 1)).astype(np.float32) / np.float32(2 ** (bits - 1))
    encode(tmp_path / "in.m4a", "alac", wave, "ipod", form)
    loaded = media.load(tmp_path / "in.m4a")
    np.testing.assert_array_equal(loaded.sample.data.numpy(), wave)
    media.write(loaded.sample, tmp_path / "out.m4a", like=loaded.origin)
    with av.open(str(tmp_path / "out.m4a")) as file:
        assert (file.streams.audio[0].codec_context.name, file.streams.audio[0].codec_context.format.name) == (
            "alac",
            form,
        )
    np.testing.assert_array_equal(media.read(tmp_path / "out.m4a").data.numpy(), wave)


def test_m4a_is_one_of_the_mp4_family(tmp_path: Path) -> None:
    encode(tmp_path / "plain.m4a", "aac", sweep(), "mp4")  # of brand isom
    assert media.load(tmp_path / "plain.m4a").origin.notes == ()
    encode(tmp_path / "branded.mp4", "aac", sweep(), "ipod")  # of brand M4A
    assert media.load(tmp_path / "branded.mp4").origin.extension == ".mp4"
    encode(tmp_path / "claims.wav", "aac", sweep(), "ipod")
    assert media.load(tmp_path / "claims.wav").origin.notes == ("named .wav but of format .m4a",)


@pytest.mark.parametrize("tag", [b"", b"ID3\x04\x00\x00\x00\x00\x01\x02" + bytes(130)])
def test_bare_aac_is_read(tmp_path: Path, tag: bytes) -> None:
    encode(tmp_path / "a.aac", "aac", sweep(channels=2), "adts")
    (tmp_path / "a.aac").write_bytes(tag + (tmp_path / "a.aac").read_bytes())
    loaded = media.load(tmp_path / "a.aac")
    assert (loaded.origin.extension, loaded.origin.notes, loaded.sample.sample_rate) == (".aac", (), 16_000)
    # FFmpeg's encoder puts 1024 samples in front, and a bare stream cannot say so.
    assert lag(loaded.sample.data[0].numpy(), sweep()[0]) == 1_024


def test_bare_aac_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"no writer for '.aac'.*\.m4a"):
        media.write(sound(sweep()), tmp_path / "a.aac")


def test_films_are_no_m4a(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.m4a"), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")))
        file.mux(stream.encode())
    with pytest.raises(MediaError, match="it has no audio stream. If it is a video, name it as one") as caught:
        media.read(tmp_path / "a.m4a")
    assert caught.value.code == "E_NO_VIDEO"


@pytest.mark.parametrize("extension", [".aiff", ".ogg", ".opus", ".m4a", ".aac"])
@pytest.mark.parametrize("share", [0.5, 0.97])
def test_cut_sounds_are_truncated(tmp_path: Path, extension: str, share: float) -> None:
    if extension == ".aac":
        encode(tmp_path / "a.aac", "aac", sweep(2.0), "adts")
    else:
        media.write(sound(sweep(2.0)), tmp_path / f"a{extension}")
    raw = (tmp_path / f"a{extension}").read_bytes()
    (tmp_path / f"cut{extension}").write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(MediaError) as caught:
        media.read(tmp_path / f"cut{extension}")
    assert caught.value.code == "E_TRUNCATED"


@pytest.mark.parametrize("extension", [".ogg", ".opus"])
def test_a_damaged_page_is_no_gap_in_the_sound(tmp_path: Path, extension: str) -> None:
    media.write(sound(sweep(6.0)), tmp_path / f"a{extension}")
    raw = (tmp_path / f"a{extension}").read_bytes()
    ends = np.cumsum([len(page) for page in ogg_pages(raw)])
    assert len(ends) >= 3
    for number, end in enumerate(ends[1:], 2):
        damaged = bytearray(raw)
        damaged[end - 9] ^= 0x10
        (tmp_path / f"a{extension}").write_bytes(damaged)
        with pytest.raises(MediaError, match=f"checksum of its Ogg page {number} is wrong") as caught:
            media.read(tmp_path / f"a{extension}")
        assert caught.value.code == "E_CRC"


@pytest.mark.parametrize("extension", [".aiff", ".opus", ".m4a", ".aac"])
@pytest.mark.parametrize("seed", range(4))
def test_flipped_bytes_are_a_media_error_or_a_sound(tmp_path: Path, extension: str, seed: int) -> None:
    if extension == ".aac":
        encode(tmp_path / "a.aac", "aac", sweep(), "adts")
    else:
        media.write(sound(sweep()), tmp_path / f"a{extension}")
    raw, rng = bytearray((tmp_path / f"a{extension}").read_bytes()), np.random.default_rng(seed)
    for at in rng.integers(8, len(raw), 12):
        raw[at] = rng.integers(256)
    (tmp_path / f"a{extension}").write_bytes(raw)
    with suppress(MediaError):  # any other exception is let out
        assert media.read(tmp_path / f"a{extension}").data.ndim == 2


@pytest.mark.parametrize("extension", [".opus", ".aiff", ".m4a", ".mp4"])
def test_results_that_are_not_finite_are_refused(tmp_path: Path, extension: str) -> None:
    with pytest.raises(MediaError) as caught:
        media.write(sound(np.array([[0.0, np.nan]], np.float32)), tmp_path / f"a{extension}")
    assert caught.value.code == "E_NONFINITE"
    assert list(tmp_path.iterdir()) == []


def test_what_vorbis_cannot_hold_is_refused_before_it_ends_the_process(tmp_path: Path) -> None:
    with pytest.raises(
        MediaError, match="384000 Hz are more than Ogg Vorbis takes, 192000. Write WAV or FLAC"
    ) as caught:
        media.write(sound(sweep(0.1), 384_000), tmp_path / "a.ogg")
    assert caught.value.code == "E_ENCODE"
    assert list(tmp_path.iterdir()) == []
    media.write(sound(sweep(0.1), 192_000), tmp_path / "a.ogg")
    assert media.read(tmp_path / "a.ogg").sample_rate == 192_000


@pytest.mark.parametrize("extension", [".opus", ".aiff", ".m4a"])
def test_limits_hold_for_sounds(tmp_path: Path, extension: str) -> None:
    media.write(sound(sweep()), tmp_path / f"a{extension}")
    with pytest.raises(MediaError) as caught:
        media.read(tmp_path / f"a{extension}", media.Limits(audio_values=1_000))
    assert caught.value.code == "E_TOO_LARGE"


def test_a_job_done_twice_gives_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for extension in WRITTEN:
        media.write(sound(sweep()), tmp_path / "in" / f"{extension[1:]}{extension}")
    encode(tmp_path / "in" / "bare.aac", "aac", sweep(), "adts")
    pipe = augreg.Pipeline({"audio": [{"audio.gain": {"decibels": [-6.0, -3.0]}}]})
    for name in ("one", "two"):
        assert run(pipe, Settings(source=tmp_path / "in", out=tmp_path / name, seed=3)).rejected == 0
    found = {path.name: path.read_bytes() for path in (tmp_path / "one").iterdir() if path.suffix != ".json"}
    expected = [f"{extension[1:]}__a0{extension}" for extension in WRITTEN]
    assert sorted(found) == sorted([*expected, "bare__a0.m4a", "manifest.jsonl"])
    for name, raw in found.items():
        assert (tmp_path / "two" / name).read_bytes() == raw, name


def test_a_folder_is_pointed_out(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="it is a folder. Give one file of it, or run: augreg run") as caught:
        media.read(tmp_path)
    assert caught.value.code == "E_MISSING"


@pytest.mark.parametrize("head", [b"\xff\xfe" + "text".encode("utf-16-le") * 8, b"\xff\xff" * 32, b"\xff"])
def test_text_and_noise_are_no_aac(head: bytes) -> None:
    assert sniff(head) is None

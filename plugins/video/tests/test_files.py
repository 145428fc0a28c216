"""Video files from decode to re-encode: frame times, sides, turning, sound, and files that are broken."""

import json

import av
import numpy as np
import pytest
from films import KINDS, film, pictures

import augreg
from augreg import media
from augreg.jobs import Settings, run

FLIP = {"video": [{"video.hflip": {"p": 1.0}}]}


def work(steps, source, out, **settings):
    """Run a pipeline over a folder and return its manifest by source and copy."""
    run(augreg.Pipeline(steps), Settings(source=source, out=out, seed=2, **settings))
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    return {line["source"]: line for line in lines}


def stored(path):
    """Return what a player gets: times and pictures (T, H, W, 3), by FFmpeg alone."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
        assert all(frame.rotation == 0 for frame in frames)
        times = np.asarray([frame.time for frame in frames])
        return times - times[0], np.stack([frame.to_ndarray(format="rgb24") for frame in frames])


def heard(path):
    """Return the sound of a file, (channels, n), and when it begins, counted from the first frame."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        frames = list(container.decode(audio=0))
        return np.concatenate([frame.to_ndarray() for frame in frames], axis=1), frames[0].time - first


def close(a, b):
    """Whether pictures agree as well as good compression lets them (26 dB)."""
    return float(np.mean((a.astype(float) - b.astype(float)) ** 2)) < 255**2 / 10**2.6


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_is_augmented_and_plays_as_before(kind, tmp_path):
    (tmp_path / "in").mkdir()
    arguments = {"frames": 30, "height": 64, "width": 96, **KINDS[kind]}
    times = film(tmp_path / "in" / "a.mp4", **arguments)
    line = work(FLIP, tmp_path / "in", tmp_path / "out")["a.mp4"]
    assert line["outcome"] == "ok", line
    found, frames = stored(tmp_path / "out" / "a__a0.mp4")
    np.testing.assert_allclose(found, times, atol=1 / 1000)
    expected = pictures(30, arguments["height"], arguments["width"])
    if arguments.get("rotation"):
        expected = np.rot90(expected, 1, axes=(1, 2))
        assert "rotated by 90 degrees, as the file says" in line["notes"]
    expected = expected[:, :, ::-1]
    height, width = expected.shape[1:3]
    # Odd sides are only in films of 4:4:4, whose outputs keep them.
    assert frames.shape[1:3] == (height, width)
    assert not any("padded" in note for note in line["notes"])
    assert close(frames[:, :height, :width], expected)
    assert not close(frames[:, :height, :width], expected[:, :, ::-1])
    assert (heard(tmp_path / "out" / "a__a0.mp4") is None) == (not arguments.get("sound"))


def test_frames_keep_their_uneven_times_when_some_are_chosen(tmp_path):
    (tmp_path / "in").mkdir()
    times = film(tmp_path / "in" / "a.mp4", 40, uneven=True)
    steps = {"video": [{"video.subsample": {"frames": 6, "mode": "random"}}]}
    line = work(steps, tmp_path / "in", tmp_path / "out")["a.mp4"]
    chosen = line["steps"][0]["params"]["index"]
    found, frames = stored(tmp_path / "out" / "a__a0.mp4")
    np.testing.assert_allclose(found, times[chosen] - times[chosen[0]], atol=1 / 1000)
    assert close(frames, pictures(40)[chosen])


def test_sound_stays_with_the_frames_it_belongs_to(tmp_path):
    """Bit for bit the same sound, as far from the first frame as before, also in a file whose clock is not at 0."""
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", 50, sound=True)
    film(tmp_path / "in" / "late.mkv", 50, sound=True, start=0.4)
    lines = work(FLIP, tmp_path / "in", tmp_path / "out")
    for name, written in (("a.mp4", "a__a0.mp4"), ("late.mkv", "late__a0.mkv")):
        before, after = heard(tmp_path / "in" / name), heard(tmp_path / "out" / written)
        assert after[1] == pytest.approx(before[1], abs=0.002)
        np.testing.assert_array_equal(after[0], before[0])
        assert not any("sound track left out" in note for note in lines[name]["notes"])


@pytest.mark.parametrize(
    "step",
    [{"video.temporal_crop": {"fraction": 0.5}}, {"video.speed": {"factor": 2.0}}, {"video.subsample": {"frames": 5}}],
)
def test_sound_that_no_longer_fits_is_left_out_and_that_is_said(tmp_path, step):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", 30, sound=True)
    line = work({"video": [step]}, tmp_path / "in", tmp_path / "out")["a.mp4"]
    assert "has a sound track" in line["notes"]
    assert "sound track left out: the timing changed" in line["notes"]
    assert heard(tmp_path / "out" / "a__a0.mp4") is None


MOVED: dict[str, list[object]] = {
    "video.reverse": [{"video.reverse": {"p": 1.0}}],
    "video.clip_shuffle": [{"video.clip_shuffle": {"segments": 5}}],
    "video.shift": [{"video.shift": {"amount": [0.3, 0.3]}}],
    "video.speed and video.fit_length": [
        {"video.speed": {"factor": 1.5}},
        {"video.fit_length": {"frames": 30, "fill": "edge"}},
    ],
    "video.duplicate and video.temporal_crop": [
        {"video.duplicate": {"share": 0.5}},
        {"video.temporal_crop": {"frames": 30, "position": "start"}},
    ],
}


@pytest.mark.parametrize("names", MOVED)
def test_sound_is_left_out_where_pictures_moved_behind_the_same_time_line(names, tmp_path):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", 30, sound=True)
    line = work({"video": MOVED[names]}, tmp_path / "in", tmp_path / "out")["a.mp4"]
    assert f"sound track left out: {names} moved the pictures alone" in line["notes"]
    assert heard(tmp_path / "out" / "a__a0.mp4") is None
    assert len(stored(tmp_path / "out" / "a__a0.mp4")[0]) == 30


@pytest.mark.parametrize(
    "steps",
    [
        [{"video.temporal_crop": {"fraction": 1.0}}],
        [{"video.fit_length": {"frames": 30}}, "video.resized_crop", {"video.freeze": {"fraction": 0.5}}],
        [{"video.freeze": {"fraction": 0.5}}, "video.hflip", {"video.resized_crop": {"size": 16}}],
        [{"video.reverse": {"p": 0.0}}],
    ],
    ids=str,
)
def test_sound_stays_where_no_picture_moved(steps, tmp_path):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", 30, sound=True)
    line = work({"video": steps}, tmp_path / "in", tmp_path / "out")["a.mp4"]
    assert not any("left out" in note for note in line["notes"])
    np.testing.assert_array_equal(heard(tmp_path / "out" / "a__a0.mp4")[0], heard(tmp_path / "in" / "a.mp4")[0])


def test_a_step_that_only_exchanges_pictures_keeps_the_sound(tmp_path):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", 30, sound=True)
    work({"video": [{"video.freeze": {"fraction": 0.5}}]}, tmp_path / "in", tmp_path / "out")
    np.testing.assert_array_equal(heard(tmp_path / "out" / "a__a0.mp4")[0], heard(tmp_path / "in" / "a.mp4")[0])


def test_broken_files_are_refused_by_name_and_the_others_written(tmp_path):
    source = tmp_path / "in"
    source.mkdir()
    film(source / "whole.mp4", 20)
    whole = (source / "whole.mp4").read_bytes()
    (source / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (source / "empty.mp4").write_bytes(b"")
    film(source / "whole.mkv", 20)
    matroska = (source / "whole.mkv").read_bytes()
    (source / "cut.mkv").write_bytes(matroska[: len(matroska) // 2])
    frameless(source / "frameless.mkv")
    lines = work({"video": [{"video.subsample": {"frames": 3}}]}, source, tmp_path / "out")
    codes = {name: line.get("code") for name, line in lines.items()}
    assert codes == {
        "whole.mp4": None,
        "whole.mkv": None,
        "cut.mp4": "E_TRUNCATED",
        "cut.mkv": "E_TRUNCATED",
        "empty.mp4": "E_EMPTY",
        "frameless.mkv": "E_EMPTY",
    }
    written = {path.name for path in (tmp_path / "out").iterdir() if path.suffix in (".mp4", ".mkv")}
    assert written == {"whole__a0.mp4", "whole__a0.mkv"}


def frameless(path):
    """Write a file that has a video stream without a single frame, and sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        track = container.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_096), dtype=np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        container.mux(track.encode(frame))
        container.mux(track.encode())


def test_one_frame_is_a_clip_and_can_become_one(tmp_path):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "one.mp4", 1)
    film(tmp_path / "in" / "many.mp4", 20)
    steps = {"video": [{"video.temporal_crop": {"frames": 1}}, {"video.hflip": {"p": 1.0}}]}
    lines = work(steps, tmp_path / "in", tmp_path / "out")
    assert {line["outcome"] for line in lines.values()} == {"ok"}
    for name in ("one__a0.mp4", "many__a0.mp4"):
        assert stored(tmp_path / "out" / name)[1].shape == (1, 48, 64, 3)


def test_a_file_that_no_step_changed_is_copied_without_decoding(tmp_path, monkeypatch):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", 12)
    from augreg.media.clipfile import ClipFile

    monkeypatch.setattr(ClipFile, "take", lambda *a: pytest.fail("decoded"))
    monkeypatch.setattr(ClipFile, "read", lambda *a: pytest.fail("decoded"))
    line = work({"video": [{"video.hflip": {"p": 0.0}}]}, tmp_path / "in", tmp_path / "out")["a.mp4"]
    assert (tmp_path / "out" / "a__a0.mp4").read_bytes() == (tmp_path / "in" / "a.mp4").read_bytes()
    assert "no step fired: copied byte for byte" in line["notes"]


def test_a_clip_from_a_file_can_be_written_as_it_is(tmp_path):
    times = film(tmp_path / "a.mp4", 15, uneven=True)
    media.write(augreg.Video.open(tmp_path / "a.mp4"), tmp_path / "b.mkv")
    found, frames = stored(tmp_path / "b.mkv")
    np.testing.assert_allclose(found, times, atol=2 / 1000)
    assert close(frames, pictures(15))

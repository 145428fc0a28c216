"""What `augreg run` keeps of a film, read back with PyAV alone: size, pixels' aspect, turning, times, and its sound."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner
from films import TICK

from augreg.cli.app import app

RATE, FPS, FRAMES = 48_000, 12, 24
SLOW = {"preset": "ultrafast", "crf": "4"}


def make(
    path: Path,
    width: int = 64,
    height: int = 48,
    pix_fmt: str = "yuv420p",
    aspect: Fraction | None = None,
    rotation: int = 0,
    uneven: bool = False,
    start: float = 0.0,
    tracks: int = 1,
) -> Path:
    """Write a film whose frames grow lighter, red in the corner at the top left, and a click as frame 12 is shown."""
    times = np.cumsum([0, *np.random.default_rng(0).choice([0.04, 0.08, 0.12], FRAMES - 1)])
    times = times if uneven else np.arange(FRAMES) / FPS
    webm = path.suffix == ".webm"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx-vp9" if webm else "libx264", rate=FPS, options={} if webm else SLOW)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.time_base = Fraction(1, FPS) if webm else TICK
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        if rotation:
            stream.set_display_rotation(rotation)
        sounds = [container.add_stream("libopus" if webm else "aac", rate=RATE, layout="mono") for _ in range(tracks)]
        for number, time in enumerate(times):
            picture = np.full((height, width, 3), 8 * number, np.uint8)
            picture[: height // 2, : width // 2] = 250, 8 * number, 0
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round((start + float(time)) / TICK), TICK
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        wave = np.zeros((1, round((start + times[-1] + 1 / FPS) * RATE)), np.float32)
        at = round((start + times[12]) * RATE)
        wave[0, at : at + 960] = 0.8 * np.sin(np.arange(960) / 3)
        for sound in sounds:
            heard = av.AudioFrame.from_ndarray(wave, format="flt" if webm else "fltp", layout="mono")
            heard.sample_rate = RATE
            container.mux(sound.encode(heard))
            container.mux(sound.encode())
    return path


def run(folder: Path, pipeline: Any, **how: Any) -> tuple[Path, list[str]]:
    """Make a film, run a pipeline over it, and return the output and its notes."""
    source = folder / "in"
    source.mkdir()
    suffix = how.pop("suffix", ".mp4")
    make(source / f"film{suffix}", **how)
    (folder / "p.yaml").write_text(json.dumps(pipeline))
    told = CliRunner().invoke(app, ["run", str(folder / "p.yaml"), str(source), str(folder / "out"), "--seed", "1"])
    assert told.exit_code == 0, told.output
    line = json.loads((folder / "out/manifest.jsonl").read_text())
    return folder / "out" / line["output"], line["notes"]


def frames(path: Path) -> list[Any]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def click(path: Path) -> float:
    """When the click is heard, in seconds from the first frame."""
    first = frames(path)[0].time
    with av.open(str(path)) as container:
        pieces = [(frame.time, frame.to_ndarray().reshape(-1)) for frame in container.decode(audio=0)]
    times = np.concatenate([time + np.arange(len(wave)) / RATE for time, wave in pieces])
    loud = np.abs(np.concatenate([wave for _, wave in pieces])) > 0.3
    return float(times[loud][0]) - first


def has_sound(path: Path) -> bool:
    with av.open(str(path)) as container:
        return bool(container.streams.audio)


FLIP = {"video": [{"video.hflip": {"p": 1.0}}]}
CROP = {"video": [{"video.temporal_crop": {"frames": 16}}]}
REVERSE = {"video": [{"video.reverse": {"p": 1.0}}]}
REFILLED = {"video": [{"video.speed": {"p": 1.0}}, {"video.fit_length": {"frames": FRAMES}}]}
JOINT = {"record": [{"av.reverse": {"p": 1.0}}]}


@pytest.mark.parametrize(
    "how",
    [
        {"width": 63, "height": 47, "pix_fmt": "yuv444p"},
        {"width": 63, "height": 47, "pix_fmt": "yuv444p", "suffix": ".mkv"},
        {"width": 63, "height": 47, "suffix": ".webm"},
        {"width": 63, "height": 48, "suffix": ".webm"},
    ],
    ids=str,
)
@pytest.mark.parametrize("pipeline", [FLIP, CROP], ids=["space", "time"])
def test_odd_sizes_are_kept(pipeline: Any, how: dict[str, Any], tmp_path: Path) -> None:
    written, notes = run(tmp_path, pipeline, **how)
    assert (frames(written)[0].width, frames(written)[0].height) == (how["width"], how["height"])
    assert not any("padded" in note for note in notes)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv444p"])
def test_odd_sizes_of_a_step_are_kept_where_the_film_can_have_them_and_said_else(pix_fmt: str, tmp_path: Path) -> None:
    cut = {"video": [{"video.resized_crop": {"size": [31, 45]}}]}
    written, notes = run(tmp_path, cut, pix_fmt=pix_fmt)
    padded = pix_fmt == "yuv420p"
    assert (frames(written)[0].width, frames(written)[0].height) == ((46, 32) if padded else (45, 31))
    assert ("padded to 46x32" in notes) == padded


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("aspect", [None, Fraction(4, 3)])
@pytest.mark.parametrize("pipeline", [FLIP, CROP, JOINT], ids=["space", "time", "joint"])
def test_turned_once_and_shown_as_wide(pipeline: Any, aspect: Any, rotation: int, tmp_path: Path) -> None:
    written, notes = run(tmp_path, pipeline, aspect=aspect, rotation=rotation)
    found = frames(written)[-1 if pipeline is not JOINT else 0]
    quarters = rotation // 90
    stored = np.zeros((48, 64))
    stored[:24, :32] = 1
    wanted = np.rot90(stored, quarters)
    wanted = wanted[:, ::-1] if pipeline is FLIP else wanted
    picture = found.to_ndarray(format="rgb24").astype(int)
    assert found.rotation == 0
    assert picture.shape[:2] == wanted.shape
    red = picture[..., 0] - picture[..., 2] > 100
    assert (red == (wanted > 0)).mean() > 0.95
    assert any("rotated by" in note for note in notes) == (rotation != 0)
    with av.open(str(written)) as container:
        shown = container.streams.video[0].sample_aspect_ratio
    assert (shown or 1) == (1 if aspect is None else 1 / aspect if quarters % 2 else aspect)


def test_an_angle_between_quarters_is_said(tmp_path: Path) -> None:
    written, notes = run(tmp_path, FLIP, rotation=30)
    assert "not rotated by 30 degrees more, which the file says" in notes
    assert frames(written)[0].rotation == 0


def test_what_is_left_out_of_a_film_is_said(tmp_path: Path) -> None:
    _, notes = run(tmp_path, FLIP, suffix=".mkv", tracks=3, pix_fmt="yuv420p10le")
    assert "left out: 2 other sound tracks" in notes
    assert "written with 8 bits a color, not 10" in notes


def test_what_is_left_out_is_said_where_only_the_sound_changed(tmp_path: Path) -> None:
    louder = {"audio": [{"audio.reverse": {"p": 1.0}}], "record": [{"av.hflip": {"p": 0.0}}], "separate": ["audio"]}
    _, notes = run(tmp_path, louder, suffix=".mkv", tracks=2)
    assert "pictures copied as they are" in notes
    assert "left out: 1 other sound track" in notes


@pytest.mark.parametrize("start", [0.0, 0.5])
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov"])
@pytest.mark.parametrize("uneven", [False, True])
def test_sound_stays_with_its_frames_in_space(uneven: bool, suffix: str, start: float, tmp_path: Path) -> None:
    written, _ = run(tmp_path, FLIP, uneven=uneven, suffix=suffix, start=start)
    before, after = frames(tmp_path / f"in/film{suffix}"), frames(written)
    times = [[frame.time - held[0].time for frame in held] for held in (before, after)]
    assert np.allclose(*times, atol=2e-3)
    assert click(written) == pytest.approx(times[0][12], abs=0.03)


@pytest.mark.parametrize(
    ("pipeline", "why"),
    [
        (CROP, "the timing changed"),
        (REVERSE, "video.reverse moved the pictures alone"),
        (REFILLED, "video.speed and video.fit_length moved the pictures alone"),
    ],
    ids=["crop", "reverse", "refilled"],
)
@pytest.mark.parametrize("uneven", [False, True])
def test_sound_of_pictures_that_moved_alone_is_left_out(uneven: bool, pipeline: Any, why: str, tmp_path: Path) -> None:
    written, notes = run(tmp_path, pipeline, uneven=uneven)
    assert not has_sound(written)
    assert f"sound track left out: {why}" in notes


SPEED = {"record": [{"av.speed": {"factor": [2.0, 2.0]}}]}


@pytest.mark.parametrize(
    "pipeline",
    [
        JOINT,
        {"record": [{"av.temporal_crop": {"fraction": [0.9, 0.9]}}]},
        SPEED,
    ],
    ids=["reverse", "crop", "speed"],
)
def test_sound_moves_with_frames_in_joint_steps(pipeline: Any, tmp_path: Path) -> None:
    written, _ = run(tmp_path, pipeline)
    held = frames(written)
    lights = [int(frame.to_ndarray(format="rgb24")[40, 60, 2]) for frame in held]
    nearest = int(np.argmin(np.abs(np.array(lights) - 8 * 12)))
    shown = held[nearest].time - held[0].time
    # Played backwards, the click comes before the end of the frame that it began with.
    assert click(written) == pytest.approx(shown, abs=0.09)

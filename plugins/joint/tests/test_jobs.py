"""`augreg run` on records: films with their sound, pictures with their captions, files that name their field."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from marked_captions import entries, forbidden, mirrored, plain
from PIL import Image as Pillow

import augreg
import augreg.media as media
from augreg.cli.app import app
from augreg.media import read_film

FLASHES = (0.4, 1.1, 1.9, 2.6)
LASTS = 0.1


def write_film(path, fps=30000 / 1001, rate=44_100, stamps=None, seconds=3.2, late=0.0):
    """Write a dark film that flashes, and a silent sound track that buzzes, at the same times."""
    times = np.arange(round(seconds * fps)) / fps if stamps is None else stamps
    lit = [any(a <= t < a + LASTS for a in FLASHES) for t in times]
    frames = torch.full((len(times), 3, 32, 48), 20, dtype=torch.uint8)
    frames[torch.as_tensor(lit)] = 235
    heard = np.arange(round(seconds * rate)) / rate
    wave = np.zeros((2, len(heard)), dtype=np.float32)
    for a in [times[i] for i in range(len(times)) if lit[i] and not lit[i - 1]]:
        on = (heard >= a + late) & (heard < a + late + LASTS)
        wave[:, on] = 0.7 * np.sin(2 * np.pi * 1000 * heard[on])
    sound = augreg.Audio(torch.from_numpy(wave), rate)
    media.write(augreg.Video(frames, fps=fps, timestamps=times), path, sound=sound)


def turns(record):
    """When the film becomes bright and when the sound becomes loud, in seconds."""
    light = record["video"].data.float().mean(dim=(1, 2, 3)).numpy() > 120
    times = np.asarray(record["video"].timestamps)
    wave, rate = record["audio"].data.abs().amax(dim=0).numpy(), record["audio"].sample_rate
    # The envelope over the two nearest periods of the buzz; what a codec smears stays below the threshold.
    loud = np.convolve(wave / wave.max(), np.ones(rate // 500), "same") / (rate // 500) > 0.2
    return times[starts(light)], starts(loud) / rate


def starts(flags):
    return np.flatnonzero(flags & ~np.concatenate([[False], flags[:-1]]))


def run(tmp_path, steps, *options):
    (tmp_path / "pipe.json").write_text(json.dumps(steps))
    given = [str(tmp_path / "pipe.json"), str(tmp_path / "in"), str(tmp_path / "out"), "--device", "cpu", *options]
    result = CliRunner().invoke(app, ["run", *given])
    manifest = tmp_path / "out" / "manifest.jsonl"  # not there where the job was refused or stopped
    lines = [json.loads(line) for line in manifest.read_text().splitlines()] if manifest.exists() else []
    return result, lines


CHAIN = {
    "record": [
        {"av.speed": {"factor": [0.7, 1.3]}},
        {"av.temporal_crop": {"fraction": [0.6, 0.9]}},
        {"av.shift": {"amount": [-0.2, 0.2]}},
    ]
}


@pytest.mark.parametrize(
    ("name", "fps", "rate"),
    [
        pytest.param("a.mp4", 30000 / 1001, 44_100, marks=pytest.mark.slow),
        pytest.param("a.mp4", 25.0, 48_000, marks=pytest.mark.slow),
        ("a.mkv", 24.0, 22_050),
        ("a.webm", 12.0, 48_000),
    ],
)
def test_flash_and_buzz_of_a_written_film_stay_within_half_a_frame(tmp_path, name, fps, rate):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / name, fps, rate)
    result, lines = run(tmp_path, CHAIN, "--seed", "3", "--copies", "6")
    assert result.exit_code == 0, result.output
    seen = 0
    for line in lines:
        assert [s["step"] for s in line["sound"]["steps"]] == [s["step"] for s in line["steps"]]
        bright, loud = turns(read_film(tmp_path / "out" / line["output"]))
        # A flash that a crop has cut in two begins with the film.
        bright, loud = bright[bright > 0.05], loud[loud > 0.05]
        apart = [np.abs(loud - at).min() for at in bright if len(loud)]
        assert all(gap <= 0.5 / fps + 0.004 for gap in apart), (line, bright, loud)
        seen += len(apart)
    assert seen >= 12


def test_uneven_timestamps_through_a_file(tmp_path):
    (tmp_path / "in").mkdir()
    stamps = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.05, 90)) - 0.02
    write_film(tmp_path / "in" / "vfr.mp4", 30.0, 44_100, stamps - stamps[0])
    result, lines = run(tmp_path, {"record": [{"av.temporal_crop": {"fraction": [0.6, 0.9]}}]}, "--copies", "4")
    assert result.exit_code == 0, result.output
    for line in lines:
        bright, loud = turns(read_film(tmp_path / "out" / line["output"]))
        bright, loud = bright[bright > 0.05], loud[loud > 0.05]
        assert len(bright) == len(loud) >= 1
        assert np.abs(bright - loud).max() < 0.008


def test_offset_is_heard_in_the_file(tmp_path):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "a.mp4", 25.0)
    _, (line,) = run(tmp_path, {"record": [{"av.offset": {"seconds": [0.2, 0.2]}}]})
    bright, loud = turns(read_film(tmp_path / "out" / line["output"]))
    assert np.abs(loud - bright - 0.2).max() < 0.02


def test_plain_steps_change_picture_and_sound_of_a_film(tmp_path):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "a.mp4")
    steps = {"record": [{"av.speed": {"p": 0.0}}], "audio": [{"audio.gain": {"decibels": [-20, -20]}}]}
    _, (line,) = run(tmp_path, steps)
    before, after = read_film(tmp_path / "in" / "a.mp4"), read_film(tmp_path / "out" / line["output"])
    loudness = [float(r["audio"].data.square().mean().sqrt()) for r in (before, after)]
    assert 20 * np.log10(loudness[1] / loudness[0]) == pytest.approx(-20, abs=0.3)
    assert torch.equal(before["video"].data, after["video"].data)
    assert np.abs(np.subtract(*turns(after))).max() < 0.005
    assert "pictures copied as they are" in line["notes"]
    assert [s["step"] for s in line["sound"]["steps"]] == ["audio.gain"]


def test_pictures_that_move_alone_leave_the_sound_of_a_record_out(tmp_path):
    """Joint steps keep both together; what turns the pictures alone must be wanted, and then no sound fits any more."""
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "a.mp4")
    alone = {"record": [{"av.speed": {"factor": 1.25}}], "video": [{"video.reverse": {"p": 1.0}}]}
    _, (line,) = run(tmp_path, {**alone, "separate": ["audio"]})
    assert "sound track left out: video.reverse moved the pictures alone" in line["notes"]
    assert "sound" not in line
    assert set(read_film(tmp_path / "out" / line["output"])) == {"video"}


def test_pictures_that_would_move_without_their_sound_are_refused(tmp_path):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "a.mp4")
    both = {"record": [{"av.speed": {"factor": 1.25}}], "video": [{"video.reverse": {"p": 1.0}}]}
    result, lines = run(tmp_path, both)
    assert "say so in the pipeline: separate: [audio]" in result.output
    assert lines == []


def test_joint_steps_that_reorder_both_keep_the_sound(tmp_path):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "a.mp4")
    both = {"record": [{"av.reverse": {"p": 1.0}}, {"av.shift": {"amount": [0.1, 0.1]}}]}
    _, (line,) = run(tmp_path, both)
    assert not any("left out" in note for note in line["notes"])
    assert np.abs(np.subtract(*turns(read_film(tmp_path / "out" / line["output"])))).max() < 0.02


def test_a_film_to_which_nothing_is_done_and_one_without_sound(tmp_path):
    (tmp_path / "in").mkdir()
    write_film(tmp_path / "in" / "a.mp4")
    clip = augreg.Video(torch.zeros(8, 3, 32, 32, dtype=torch.uint8), fps=8.0)
    media.write(clip, tmp_path / "in" / "silent.mp4")
    result, lines = run(tmp_path, {"record": [{"av.reverse": {"p": 0.0}}]})
    assert result.exit_code == 0, result.output
    for line in lines:
        source, output = tmp_path / "in" / line["source"], tmp_path / "out" / line["output"]
        assert source.read_bytes() == output.read_bytes()
    assert set(read_film(tmp_path / "in" / "silent.mp4")) == {"video"}


def test_a_step_that_needs_sound_refuses_a_silent_film_and_says_so(tmp_path):
    (tmp_path / "in").mkdir()
    media.write(augreg.Video(torch.zeros(8, 3, 32, 32, dtype=torch.uint8), fps=8.0), tmp_path / "in" / "silent.mp4")
    result, (line,) = run(tmp_path, {"record": ["av.offset"]})
    assert result.exit_code == 1
    assert line["outcome"] == "error"
    assert "av.offset needs video and audio" in line["reason"]


def test_pictures_and_captions_of_one_name_are_records(tmp_path):
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    dark_left = np.repeat(np.linspace(40, 200, 32).astype(np.uint8)[None, :, None], 16, axis=0).repeat(3, axis=2)
    for i, entry in enumerate(entries()):
        Pillow.fromarray(dark_left).save(folder / f"{i:03}.png")
        (folder / f"{i:03}.txt").write_text(plain(entry), encoding="utf-8")
    result, lines = run(tmp_path, {"record": [{"image_text.hflip": {"p": 1.0}}]}, "--seed", "1")
    assert result.exit_code == 0, result.output
    assert "400 files written" in result.output
    assert "200 image + text" in result.output
    assert {line["key"] for line in lines} == {f"deep/{i:03}" for i in range(200)}
    stayed = [f"deep/{i:03}" for i, entry in enumerate(entries()) if forbidden(entry)]
    assert f"{2 * len(stayed)} files were left as they are by record/image_text.hflip" in result.output
    assert sorted(line["key"] for line in lines if "left" in line) == sorted([*stayed, *stayed])
    for i, entry in enumerate(entries()):
        pixels = np.asarray(Pillow.open(tmp_path / "out" / "deep" / f"{i:03}__a0.png"))
        caption = (tmp_path / "out" / "deep" / f"{i:03}__a0.txt").read_text(encoding="utf-8")
        flipped = bool(pixels[0, 0, 0] > pixels[0, -1, 0])
        assert flipped != forbidden(entry)
        assert caption == (plain(entry) if forbidden(entry) else mirrored(entry))


def test_a_picture_without_its_caption_is_refused(tmp_path):
    (tmp_path / "in").mkdir()
    Pillow.new("RGB", (8, 8)).save(tmp_path / "in" / "lonely.png")
    result, (line,) = run(tmp_path, {"record": ["image_text.hflip"]})
    assert result.exit_code == 1
    assert "needs image and text, but record 'lonely.png' has only image. Give it a text" in line["reason"]


def test_files_that_name_their_field_are_tied(tmp_path):
    (tmp_path / "in").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    for i in range(6):
        for field in ("colour", "depth"):
            Pillow.fromarray(noise).save(tmp_path / "in" / f"{i}.{field}.png")
    steps = {
        "schema": {"colour": "image", "depth": "image"},
        "image": [{"image.rotate": {"degrees": [-30, 30], "p": 1.0}}],
        "tie": {"depth": "colour"},
    }
    result, _ = run(tmp_path, steps)
    assert result.exit_code == 0, result.output
    angles = set()
    for i in range(6):
        both = [(tmp_path / "out" / f"{i}.{field}__a0.png").read_bytes() for field in ("colour", "depth")]
        assert both[0] == both[1]
        angles.add(both[0])
    assert len(angles) == 6


@pytest.mark.parametrize(
    ("names", "reason"),
    [(("a.png", "a.jpg", "a.txt"), "are both the 'image' of record 'a'. Rename one"), (("b.png",), "needs image and")],
)
def test_files_that_clash(tmp_path, names, reason):
    (tmp_path / "in").mkdir()
    for name in names:
        if name.endswith("txt"):
            (tmp_path / "in" / name).write_text("a dog")
        else:
            Pillow.new("RGB", (8, 8)).save(tmp_path / "in" / name)
    result, lines = run(tmp_path, {"record": ["image_text.hflip"]})
    assert result.exit_code == 1
    assert len(lines) == len(names)
    assert all(reason in line["reason"] for line in lines)
    assert [p.name for p in (tmp_path / "out").iterdir() if not p.name.endswith(("jsonl", "json"))] == []

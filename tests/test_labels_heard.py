"""Tones stand where written labels say, after 50 random pipelines of a job each; read by others, never by our own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import soundfile
import webvtt
from praatio import textgrid
from timed_labels import RATE, check_heard, painted, some_steps

import augreg
from augreg.jobs import Settings, run

EVENTS = ((0.2, 0.5), (0.9, 1.4), (1.7, 2.1))
SECONDS = 2.4


def write_audacity(place: Path) -> None:
    place.with_suffix(".txt").write_text("".join(f"{on:.6f}\t{off:.6f}\ttone\n" for on, off in EVENTS))


def read_audacity(place: Path) -> list[tuple[float, float]]:
    rows = [line.split("\t") for line in place.with_suffix(".txt").read_text().splitlines()]
    assert {row[2] for row in rows} <= {"tone"}
    return [(float(row[0]), float(row[1])) for row in rows]


def write_textgrid(place: Path) -> None:
    tier = textgrid.IntervalTier("tones", [(on, off, "tone") for on, off in EVENTS], 0, SECONDS)
    grid = textgrid.Textgrid()
    grid.addTier(tier)
    grid.save(str(place.with_suffix(".TextGrid")), "long_textgrid", includeBlankSpaces=True)


def read_textgrid(place: Path) -> list[tuple[float, float]]:
    grid = textgrid.openTextgrid(str(place.with_suffix(".TextGrid")), includeEmptyIntervals=False)
    assert grid.maxTimestamp == pytest.approx(soundfile.info(place).duration, abs=1e-6)
    return [(entry.start, entry.end) for entry in grid.getTier("tones").entries]


def write_vtt(place: Path) -> None:
    cues = (f"00:00:{on:06.3f} --> 00:00:{off:06.3f} line:0\ntone" for on, off in EVENTS)
    place.with_suffix(".vtt").write_text("WEBVTT\n\nNOTE ours\n\n" + "\n\n".join(cues) + "\n")


def read_vtt(place: Path) -> list[tuple[float, float]]:
    assert "NOTE ours" in place.with_suffix(".vtt").read_text()
    cues = webvtt.read(str(place.with_suffix(".vtt"))).captions
    return [(seconds(cue.start), seconds(cue.end)) for cue in cues]


def seconds(time: str) -> float:
    hours, minutes, rest = time.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(rest)


FORMS: dict[str, tuple[Callable[[Path], None], Callable[[Path], Sequence[tuple[float, float]]]]] = {
    "audacity": (write_audacity, read_audacity),
    "textgrid": (write_textgrid, read_textgrid),
    "vtt": (write_vtt, read_vtt),
}


@pytest.mark.parametrize("form", FORMS)
def test_tones_stand_in_their_events(form: str, tmp_path: Path) -> None:
    write, read = FORMS[form]
    (root := tmp_path / "in").mkdir()
    for name in ("a.wav", "b.flac"):
        soundfile.write(root / name, painted(EVENTS, SECONDS)[0], RATE)
        write(root / name)
    for seed in range(50):
        steps, out = some_steps(seed), tmp_path / "out" / str(seed)
        done = run(augreg.Pipeline({"audio": steps}), Settings(source=root, out=out, seed=seed))
        assert done.tally.errors == [], steps
        assert f"labels: {form}, found by itself" in done.notes[0]
        for name in ("a__a0.wav", "b__a0.flac"):
            wave, rate = soundfile.read(out / name, dtype="float32", always_2d=True)
            assert rate == RATE
            check_heard(wave.T, read(out / name))

"""Files that are mixed in: long ones by the stretch, what is kept in memory by bytes, and as the file now is."""

from __future__ import annotations

import os
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from augreg_audio import files
from augreg_audio.keeping import Kept
from hypothesis import given
from hypothesis import strategies as st

import augreg
from augreg.errors import MediaError

RATE, SECONDS = 44100, 60


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A minute of stereo noise, 21 MB once decoded."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    soundfile.write(path, 0.1 * np.random.default_rng(0).standard_normal((SECONDS * RATE, 2)), RATE, "PCM_16")
    return str(path)


@pytest.mark.parametrize("place", [0.0, 0.31, 1.0 - 1e-12])
@pytest.mark.parametrize("rate", [RATE, 16000, 22050, 48000])
def test_a_stretch_is_that_of_the_whole(rate: int, place: float, long: str):
    assert files.facts(long).long
    found = files.stretch(long, rate, place, (2, rate))
    whole = files.load(long, rate)
    start = int(place * (whole.shape[-1] - rate + 1))
    wanted = whole[:, start : start + rate]
    if rate == RATE:
        assert np.array_equal(found, wanted)
    else:
        np.testing.assert_allclose(found, wanted, atol=2e-6)


def test_a_second_of_a_long_file_costs_a_second(long: str):
    files.stretch(long, 16000, 0.5, (1, 16000))  # tables of the resampler
    tracemalloc.start()
    files.stretch(long, 16000, 0.7, (1, 16000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 2 * 4 * RATE  # a few copies of a second of stereo


def test_a_sound_longer_than_the_long_file_goes_round(long: str):
    whole = files.load(long, RATE)
    found = files.stretch(long, RATE, 0.0, (2, whole.shape[-1] + 100))
    assert np.array_equal(found, np.concatenate([whole, whole[:, :100]], axis=1))


def test_damage_in_the_stretch_is_told(tmp_path: Path):
    wave = np.zeros((5_000_000, 1), dtype=np.float32)
    wave[2_500_000] = np.nan
    soundfile.write(tmp_path / "nan.wav", wave, 16000, "FLOAT")
    with pytest.raises(MediaError, match="2500000"):
        files.stretch(str(tmp_path / "nan.wav"), 16000, 0.5, (1, 16000))


@pytest.mark.parametrize("name", ["audio.background_mix", "audio.impulse_response"])
def test_a_file_that_was_written_anew_is_read_anew(name: str, tmp_path: Path, run: Any, noise: Any):
    path, x = tmp_path / "sound.wav", noise(4000)
    made = []
    for seed in (1, 2):
        soundfile.write(path, 0.1 * np.random.default_rng(seed).standard_normal(4000), 16000)
        os.utime(path, ns=(seed, seed))
        made.append(run(augreg.make(name, source=str(path)), [x]).data[0])
        fresh = tmp_path / f"{seed}.wav"
        fresh.write_bytes(path.read_bytes())
        assert (made[-1] == run(augreg.make(name, source=str(fresh)), [x]).data[0]).all()
    assert not (made[0] == made[1]).all()


@given(sizes=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 30)), max_size=40))
def test_what_is_kept_never_takes_more_bytes_than_allowed(sizes: list[tuple[int, int]]):
    kept, held = Kept(50), {}
    for key, size in sizes:
        found = kept.get(key, lambda size=size: np.zeros(size, dtype=np.uint8))  # type: ignore[misc]
        assert not found.flags.writeable
        held[key] = found
        assert kept.nbytes <= 50
        assert kept.nbytes == sum(array.nbytes for array in kept._arrays.values())
        assert kept.get(key, lambda: np.ones(1)) is found


def test_what_was_asked_for_longest_ago_goes_first():
    kept = Kept(20)
    first, _ = (kept.get(key, lambda: np.zeros(10, dtype=np.uint8)) for key in "ab")
    assert kept.get("a", lambda: np.ones(1)) is first
    kept.get("c", lambda: np.zeros(10, dtype=np.uint8))
    assert kept.get("a", lambda: np.ones(1)) is first
    assert kept.get("b", lambda: np.ones(1)).sum() == 1

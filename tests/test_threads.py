"""The thread pool for work sample by sample: order of errors, and what is a matter of each thread."""

from __future__ import annotations

import threading

import pytest
import torch

import augreg
from augreg.compute import threads as pool


@pytest.fixture(params=["1", "2", "3"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("AUGREG_THREADS", request.param)
    return int(request.param)


@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 50])
def test_every_piece_of_work_is_done_once(threads: int, n: int, light: bool) -> None:
    done, names = [], set()

    def work(i: int) -> None:
        done.append(i)
        names.add(threading.current_thread().name)

    pool.for_each(work, n, light=light)
    assert sorted(done) == list(range(n))
    assert len(names) <= threads


def test_light_work_goes_to_threads_once_a_sample_takes_long(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names: dict[int, str] = {}
    clock = [0.0]
    monkeypatch.setattr(pool, "perf_counter", lambda: clock[0])

    def work(i: int) -> None:
        names[i] = threading.current_thread().name
        clock[0] += 1.0 if i in (0, 5) else 0.0

    pool.for_each(work, 20, light=True)
    mine = threading.current_thread().name
    assert len(names) == 20
    assert {names[i] for i in range(6)} == {mine}
    assert ({names[i] for i in range(6, 20)} == {mine}) == (threads == 1)


def test_workers_inherit_inference_mode_and_gradients(threads: int) -> None:
    seen: list[tuple[bool, bool]] = []

    def work(_: int) -> None:
        seen.append((torch.is_inference_mode_enabled(), torch.is_grad_enabled()))

    pool.for_each(work, 6)
    with torch.no_grad():
        pool.for_each(work, 6)
    with torch.inference_mode():
        pool.for_each(work, 6)
    assert seen == [(False, True)] * 6 + [(False, False)] * 6 + [(True, False)] * 6


@pytest.mark.parametrize("dtype", [torch.int16, torch.float16, torch.float32])
@pytest.mark.parametrize("name", ["audio.bit_crush", "audio.tanh", "audio.gain", "audio.time_mask"])
def test_sounds_are_augmented_in_inference_mode(threads: int, name: str, dtype: torch.dtype) -> None:
    wave = torch.rand(6, 1, 300, generator=torch.Generator().manual_seed(1)) - 0.5
    clips = (wave * 32767).to(dtype) if dtype == torch.int16 else wave.to(dtype)
    pipe, how = {"audio": [{name: {"p": 1.0}}]}, {"seed": 1, "modality": "audio", "sample_rate": 8000}
    wanted = augreg.augment(clips, pipe, **how)
    with torch.inference_mode():
        assert torch.equal(augreg.augment(clips, pipe, **how), wanted)
        assert torch.equal(augreg.augment(clips.clone(), pipe, **how), wanted)


@pytest.mark.parametrize("light", [False, True])
def test_the_first_error_is_raised(threads: int, light: bool) -> None:
    def work(i: int) -> None:
        if i == 3:
            raise ValueError("three")

    with pytest.raises(ValueError, match="three"):
        pool.for_each(work, 8, light=light)

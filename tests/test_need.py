"""What steps take in memory: what pipelines say, how jobs group inputs by it, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from films import KINDS, film
from greedy import Greedy, Honest

import augreg
from augreg import ContractError, Declaration, MediaError, SampleError, media
from augreg.contract.declaration import MEMORY
from augreg.jobs import Settings, room, run
from augreg.media.limits import Limits, check_memory
from augreg.registry import Registry
from augreg.testing import ConformanceError
from augreg.testing.collect import _subjects
from augreg.testing.memory import memory_checks


def need(steps: object, modality: str) -> tuple[float, str]:
    return augreg.Pipeline({modality: steps}).need(modality)  # type: ignore[dict-item]


@pytest.mark.parametrize("memory", [0.0, -1.0, float("inf"), float("nan")])
def test_a_declared_memory_is_a_number_above_0(memory: float) -> None:
    with pytest.raises(ContractError, match=f"Declaration.memory is {memory}"):
        Declaration(memory=memory)


def test_the_need_of_a_pipeline_is_that_of_its_greediest_step() -> None:
    shift = augreg.make("audio.pitch_shift").declares.memory
    assert Declaration().memory == MEMORY
    assert need(["audio.gain", "audio.pitch_shift"], "audio")[0] >= shift
    assert need(["audio.gain", "audio.pitch_shift"], "audio")[1] == "audio.pitch_shift"
    assert need(["audio.gain", {"audio.pitch_shift": {"p": 0}}], "audio")[1] == "audio.gain"
    assert need([augreg.OneOf(["audio.gain", "audio.pitch_shift"])], "audio")[1] == "audio.pitch_shift"
    assert augreg.Pipeline(["audio.gain"]).need("image") == (0.0, "")


def test_a_policy_needs_what_its_largest_operation_does() -> None:
    found = need([{"policy.trivial": {"operations": ["image.brightness", "image.glass_blur"]}}], "image")
    assert found == (augreg.make("image.glass_blur").declares.memory, "image.glass_blur")


def test_what_grows_needs_more() -> None:
    small, large = ({"video.speed": {"factor": [f, 1.0]}} for f in (0.5, 0.01))
    assert need([large], "video")[0] == pytest.approx(50 * need([small], "video")[0])
    assert need([{"audio.loop": {"times": 10}}], "audio")[0] >= 10
    assert need([{"image.zoom_out": {"side": 8.0}}], "image")[0] >= 64
    assert need([{"image.zoom_out": {"side": 8.0}}], "video")[0] >= 64  # lifted


def test_a_level_counts_where_it_reaches_beyond_the_configuration() -> None:
    plain, levelled = ([{"audio.speed": more}] for more in ({"factor": [1.0, 1.1]}, {"level": 1.0}))
    assert need(levelled, "audio")[0] > need(plain, "audio")[0]


def test_what_keeps_a_step_to_a_part_is_counted() -> None:
    whole, part = ([{"image.gaussian_noise": more}] for more in ({}, {"within": "boxes"}))
    assert need(part, "image")[0] > need(whole, "image")[0]


def test_the_limit_names_the_step_the_numbers_and_what_to_do() -> None:
    check_memory("a.wav", Limits(memory=100), 50, 2.0, "audio.gain")
    with pytest.raises(MediaError) as caught:
        check_memory("a.wav", Limits(memory=100), 1000, 9.5, "audio.pitch_shift")
    assert caught.value.code == "E_TOO_LARGE"
    for part in ("1_000 bytes", "audio.pitch_shift", "9.5 times", "9_500 bytes", "100.", "--limit memory=N"):
        assert part in caught.value.reason


def test_a_job_refuses_what_its_steps_would_need_too_much_for(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, frames in (("short", 4000), ("long", 40_000)):
        soundfile.write(tmp_path / "in" / f"{name}.wav", np.zeros(frames, dtype=np.float32) + 0.1, 8000)
    pipe = augreg.Pipeline(["audio.gain", "audio.pitch_shift"])
    factor = pipe.need("audio").factor
    limits = Limits(memory=round(20_000 * 4 * factor))
    summary = run(pipe, Settings(source=tmp_path / "in", out=tmp_path / "out", seed=1, engine="inline", limits=limits))
    assert [(name, code) for name, code, _ in summary.errors] == [("long.wav", "E_TOO_LARGE")]
    assert "audio.pitch_shift" in summary.errors[0][2]
    assert summary.written == 1


def test_of_a_film_only_the_frames_that_are_kept_count(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4", **KINDS["constant rate"])
    frame = 48 * 64 * 3
    few = augreg.Pipeline([{"video.subsample": {"frames": 4}}])
    limits = Limits(memory=round(8 * frame * few.need("video").factor))
    for name, pipe, written in (("few", few, 1), ("all", augreg.Pipeline(["video.reverse"]), 0)):
        given = Settings(source=tmp_path / "in", out=tmp_path / name, seed=1, engine="inline", limits=limits)
        summary = run(pipe, given)
        assert summary.written == written
        assert [(error[0], error[1]) for error in summary.errors] == [("a.mp4", "E_TOO_LARGE")] * (1 - written)


@pytest.mark.parametrize(("step", "group"), [("image.hflip", 4), ("image.glass_blur", 1)])
def test_inputs_are_grouped_by_what_steps_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, group: int
) -> None:
    (tmp_path / "in").mkdir()
    for i in range(4):
        media.write(augreg.Image(torch.zeros(3, 20, 20, dtype=torch.uint8)), tmp_path / "in" / f"{i}.png")
    sizes = []
    real = augreg.jobs.work.augment

    def counted(samples: list[object], *args: object, **options: object) -> object:
        sizes.append(len(samples))
        return real(samples, *args, **options)

    monkeypatch.setattr(augreg.jobs.work, "augment", counted)
    monkeypatch.setattr(augreg.jobs.work, "BUDGET", 4 * 1200 * MEMORY)
    given = Settings(source=tmp_path / "in", out=tmp_path / "out", seed=1, engine="inline")
    run(augreg.Pipeline([{step: {"p": 1.0}}]), given)
    assert sizes == [group] * (4 // group)
    assert room.BUDGET == 2**30


@pytest.mark.parametrize("rate", [10_000_001, 2**31 - 1, 1e12])
@pytest.mark.parametrize("given", ["sample", "pair", "many", "hint"])
def test_rates_that_only_a_mistake_writes_are_refused(rate: float, given: str) -> None:
    wave = torch.zeros(1, 100)
    pipe = augreg.Pipeline(["audio.pitch_shift"])
    samples = {
        "sample": augreg.Audio(wave, rate),  # type: ignore[arg-type]
        "pair": (wave, rate),
        "many": [augreg.Audio(wave, rate)] * 2,  # type: ignore[arg-type]
        "hint": [wave, wave],
    }[given]
    options = {"modality": "audio", "sample_rate": rate} if given == "hint" else {}
    with pytest.raises(SampleError, match="above 10 MHz"):
        pipe(samples, seed=1, **options)


@pytest.mark.slow
def test_the_kit_finds_what_takes_more_than_it_declares() -> None:
    registry = Registry(discover=False)
    registry.register(Honest, "audio.honest")
    registry.register(Greedy, "audio.greedy")
    (check,) = memory_checks(list(_subjects(registry, registry.augmenters(), "cpu")))
    with pytest.raises(ConformanceError, match=r"audio.greedy\(\) took 4\d.* and declares 2") as caught:
        check()
    assert "honest" not in str(caught.value)

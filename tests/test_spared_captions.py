"""Operations of policies are left out where the caption of the record speaks of what they alter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch

import augreg
from augreg.registry import Registry
from augreg.registry.process import default

SCHEMA = {"image": "image", "caption": "text"}
MIRROR: dict[str, Any] = {"image.hflip": {"level": "own"}}
CAPTIONS = [
    "a dog to the left of a cat",
    "a red bus",
    "ein Hund steht neben dem Baum auf der Wiese",
    "two men with hats",
    "дом и кот",
    "a dark street at night",
]


def pipeline(*steps: Any, **more: Any) -> augreg.Pipeline:
    return augreg.Pipeline({"image": list(steps)}, schema=SCHEMA, **more)


def trivial(*operations: Any) -> dict[str, Any]:
    return {"policy.trivial": {"operations": list(operations), "level": [0.5, 1.0]}}


def records(n: int = 6) -> list[dict[str, Any]]:
    pixels = torch.randint(0, 256, (n, 3, 8, 8), generator=torch.Generator().manual_seed(2), dtype=torch.uint8)
    return [{"image": row, "caption": CAPTIONS[i % 6], "id": f"{i}"} for i, row in enumerate(pixels)]


def ran(trace: Any) -> list[list[str]]:
    return [[step["step"].rpartition("/")[2] for step in one["image"].steps] for one in trace]


def notes(trace: Any) -> list[str]:
    return [one["image"].note or "" for one in trace]


@pytest.mark.parametrize(
    ("operation", "left", "told"),
    [
        (MIRROR, {0, 4}, "chirality: 'left' may be false then"),
        ("image.hue", {1, 4}, "hue: the caption names a color"),
        ("image.brightness", {4, 5}, "brightness: the caption speaks of light or dark"),
        ("image.gaussian_noise", set(), ""),
    ],
)
def test_what_a_caption_speaks_of_stays(operation: Any, left: set[int], told: str) -> None:
    given = records()
    out, trace = pipeline(trivial(operation))(given, seed=7, return_trace=True)
    assert {i for i, steps in enumerate(ran(trace)) if not steps} == left
    assert {i for i, note in enumerate(notes(trace)) if note} == left
    assert told in "".join(notes(trace))
    for i in left:
        assert torch.equal(out[i]["image"], given[i]["image"])


def test_the_others_get_what_they_get_without_captions() -> None:
    given, steps = records(36), trivial(MIRROR, "image.hue", "image.gaussian_noise")
    out, trace = pipeline(steps)(given, seed=7, return_trace=True)
    bare = augreg.Pipeline({"image": [steps]}, schema={"image": "image"})
    free = bare([{k: r[k] for k in ("image", "id")} for r in given], seed=7)
    kept = [i for i, note in enumerate(notes(trace)) if not note]
    assert 12 < len(kept) < 36
    for i in kept:
        assert torch.equal(out[i]["image"], free[i]["image"])


def test_one_record_alone_is_as_in_a_batch() -> None:
    given, pipe = records(36), pipeline(trivial(MIRROR, "image.hue", "image.gaussian_noise"))
    out, bound = pipe(given, seed=7), pipe.bind(seed=7, key="id")
    for record, made in zip(given, out, strict=True):
        assert torch.equal(bound(record)["image"], made["image"])
        assert torch.equal(pipe(record, seed=7)["image"], made["image"])


def test_replay_needs_no_captions() -> None:
    given, pipe = records(36), pipeline(trivial(MIRROR, "image.hue"))
    out, trace = pipe(given, seed=7, return_trace=True)
    again = augreg.replay(given, pipe, trace.to_dicts())
    assert all(torch.equal(a["image"], b["image"]) for a, b in zip(out, again, strict=True))


def test_a_blend_is_left_out_as_a_whole() -> None:
    augmix = {"policy.augmix": {"operations": [MIRROR, "image.gaussian_noise"]}}
    _, trace = pipeline(augmix)(records(), seed=7, return_trace=True)
    assert [bool(steps) for steps in ran(trace)] == [False, True, True, True, False, True]


def test_steps_that_users_wrote_run_as_they_wrote_them() -> None:
    _, trace = pipeline({"image.hflip": {"p": 1.0}})(records(), seed=7, return_trace=True)
    assert ran(trace) == [["image.hflip"]] * 6
    assert not any(notes(trace))


def test_pictures_without_captions_and_texts_alone_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = pipeline(trivial(MIRROR))
    asked: list[Any] = []
    monkeypatch.setattr("augreg.engine.call.said_of", lambda *given: asked.append(given) or {})
    bare = augreg.Pipeline({"image": [trivial(MIRROR)]}, schema={"image": "image"})
    bare([{"image": record["image"], "id": record["id"]} for record in records()], seed=7)
    pipe([record["image"] for record in records()], modality="image", seed=7, keys=list(range(6)))
    assert not asked
    pipe(records(), seed=7)
    assert len(asked) == 1


class Knows:
    """A plugin that knows one word."""

    @augreg.hookimpl(tryfirst=True)
    def augreg_spoken_of(self, records: Sequence[Sequence[str]]) -> list[Mapping[str, str]]:
        return [{"hue": "it says bus"} if "bus" in " ".join(texts) else {} for texts in records]


class Forgets:
    """A plugin that answers for one record only."""

    @augreg.hookimpl(tryfirst=True)
    def augreg_spoken_of(self, records: Sequence[Sequence[str]]) -> list[Mapping[str, str]]:
        return [{}]


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_a_plugin_may_say_what_captions_speak_of(registry: Registry) -> None:
    registry.register(Knows(), "knows")
    pipe = pipeline(trivial("image.hue"), registry=registry)
    _, trace = pipe(records(), seed=7, return_trace=True)
    assert [bool(note) for note in notes(trace)] == [False, True, False, False, False, False]
    assert "it says bus" in notes(trace)[1]
    assert default() is not registry


def test_an_answer_for_other_records_is_refused(registry: Registry) -> None:
    registry.register(Forgets(), "forgets")
    with pytest.raises(augreg.ContractError, match="answered 1 times for 6 records"):
        pipeline(trivial("image.hue"), registry=registry)(records(), seed=7)

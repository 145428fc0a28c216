"""What is measured in a training beside its score: operations judged, corrupted tests, distances, costs."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from augreg.learn.distances import shift
from augreg.learn.examples import Augmented, Examples
from augreg.learn.metrics import measured
from augreg.pipeline import Pipeline
from augreg.registry import list_augmenters

JUDGED: Final = 300
"""Test samples by which operations are judged: enough for two or three points."""

CORRUPTED: Final = 1000
"""Test samples that are corrupted."""

ENOUGH: Final = 64
"""Samples of which a distance can be told at all."""

COMPARED: Final = ("none", "repeat", "trivial", "pipeline")
"""Kinds of arms that are tried on corrupted tests; of each operation that would take long."""

CORRUPTIONS: Final[Mapping[str, Sequence[Any]]] = {
    "image": (
        {"image.gaussian_noise": {"level": 0.5}},
        {"image.gaussian_blur": {"level": 0.4}},
        {"image.contrast": {"level": 0.7}},
    ),
    "audio": ({"audio.gaussian_snr": {"level": 0.5}}, {"audio.lowpass": {"level": 0.5}}),
    "text": ({"text.keyboard": {"level": 0.3}}, {"text.word_delete": {"level": 0.3}}),
    "video": ({"video.noise": {"level": 0.5}}, {"image.gaussian_blur": {"level": 0.4}}),
}
"""What tests are corrupted by where nothing else is said: what cameras, microphones and typing do."""


@dataclass(frozen=True)
class Probes:
    """What is asked of a trained model.

    Args:
        judged: name -> a pipeline that applies an operation, at a level or as it is, to every sample.
        corrupted: name -> a pipeline that corrupts the test.

    """

    judged: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    corrupted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def for_kind(self, kind: str) -> Probes:
        """Return those that are asked of an arm: no augmentation and trivial judge, whoever is compared is tested."""
        return Probes(self.judged if kind in ("none", "trivial") else {}, self.corrupted if kind in COMPARED else {})

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        return {"judged": self.judged, "corrupted": self.corrupted}

    def ask(self, task: Any, fitted: Any, test: Examples, seed: int, called: str) -> dict[str, dict[str, float]]:
        """Return name -> number for each kind of probe: ``judged``, ``changed``, ``shift`` and ``corrupted``."""
        found: dict[str, dict[str, float]] = {"judged": {}, "changed": {}, "shift": {}, "corrupted": {}}
        if self.judged:
            self._judge(task, fitted, test.take(range(min(JUDGED, len(test)))), seed, called, found)
        for name, steps in self.corrupted.items():
            worse = Augmented(steps, seed)(test.take(range(min(CORRUPTED, len(test)))), 0)
            found["corrupted"][name] = _scored(task, fitted, worse, called)
        return found

    def _judge(
        self, task: Any, fitted: Any, test: Examples, seed: int, called: str, found: dict[str, dict[str, float]]
    ) -> None:
        embed = getattr(task, "embed", None)
        plain = None if embed is None else np.asarray(embed(fitted, test.samples), np.float64)
        for name, steps in {"": None, **self.judged}.items():
            seen = Augmented(steps, seed)(test, 0)
            if seen.shares is not None:
                continue  # of mixed samples nobody can say what a judge should see
            found["judged"][name] = _scored(task, fitted, seen, called)
            if name:
                found["changed"][name] = changed(test.samples, seen.samples)
            if name and plain is not None and embed is not None and len(test) >= ENOUGH:
                # The first half alone: the distance is to the second, in which its own originals must not be.
                half = np.asarray(embed(fitted, seen.samples[: len(test) // 2]), np.float64)
                found["shift"][name] = shift(plain, half)


def _scored(task: Any, fitted: Any, test: Examples, called: str) -> float:
    return next(iter(measured(task.score(fitted, test), test, called).numbers.values()))


def changed(before: Sequence[Any], after: Sequence[Any]) -> float:
    """Return the share of samples whose values an operation has changed.

    >>> import augreg
    >>> from augreg.learn.probes import changed
    >>> changed([augreg.Text("a"), augreg.Text("b")], [augreg.Text("a"), augreg.Text("c")])
    0.5

    """
    return float(np.mean([not _same(one, two) for one, two in zip(before, after, strict=True)]))


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, dict):  # a record is the same where all of its samples are
        return all(_same(held, two[name]) for name, held in one.items() if hasattr(held, "data"))
    if isinstance(one.data, str):
        return bool(one.data == two.data)
    first, second = (np.asarray(data.read() if hasattr(data, "read") else data) for data in (one.data, two.data))
    return np.array_equal(first, second)


def corruptions(given: Sequence[Any], modality: str) -> dict[str, Mapping[str, Any]]:
    """Return name -> pipeline of what tests are corrupted by: each step alone, to every sample.

    Args:
        given: names or steps; ("default",) for :data:`CORRUPTIONS`.
        modality: of the samples.

    Raises:
        ConfigError: a step is not there.

    """
    steps = CORRUPTIONS.get(modality, ()) if list(given) == ["default"] else given
    found: dict[str, Mapping[str, Any]] = {}
    for step in steps:
        written = Pipeline({modality: [always(step)]}).to_dict()
        name = step if isinstance(step, str) else next(iter(step))
        found[str(name) if name not in found else f"{name} {len(found) + 1}"] = written
    return found


def always(step: Any) -> Any:
    """Return a step that applies to every sample, where it is an augmenter and not a policy or a choice of some."""
    name, parameters = (step, {}) if isinstance(step, str) else next(iter(step.items()))
    known = {spec.name for spec in list_augmenters()}
    return {name: {**(parameters or {}), "p": 1.0}} if name in known else step


@dataclass
class Timed:
    """Augments, and counts samples and seconds."""

    augment: Augmented
    samples: int = 0
    seconds: float = 0.0

    def __call__(self, train: Examples, epoch: int) -> Examples:
        """Return the samples as they are in an epoch."""
        began = time.perf_counter()
        made = self.augment(train, epoch)
        self.seconds += time.perf_counter() - began
        self.samples += len(train)
        return made

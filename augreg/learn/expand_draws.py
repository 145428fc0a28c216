"""What a pipeline will do to a copy, known from its random numbers before it is done; and how much of it passes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from augreg.learn.records import RECORD
from augreg.pipeline import Pipeline
from augreg.pipeline.levels import strengths
from augreg.random.keys import hash_keys
from augreg.random.rng import Rng

BINS: Final = 4
"""Parts into which strengths from 0 to 1 are cut: more would each be seen too seldom."""

SHRUNK: Final = 8
"""Candidates that what is known more broadly counts as: an operation that was met less often is taken for the mean."""

WORTH: Final = 0.5
"""What passes less than half as often as the mean of its class is not made: the same work brings more elsewhere."""

EXPLORED: Final = 10
"""Of what is not worth it one of so many is made all the same: what fails for most classes may serve another."""

Part = tuple[str, int | None]
"""An operation, and in which part of the strengths; None where it draws its own."""


class Draws:
    """Tells which operations a copy will pass through.

    Args:
        pipe: the pipeline.
        modality: of the samples, each by itself.
        seed, epoch: of the random numbers.

    >>> import augreg
    >>> from augreg.learn.expand_draws import Draws
    >>> pipe = augreg.Pipeline({"text": [{"text.keyboard": {"p": 1.0}}, {"text.word_swap": {"p": 0.0}}]})
    >>> Draws(pipe, "text", 7).of(["a", "b"], 0)
    [(('text.keyboard', None),), (('text.keyboard', None),)]

    """

    def __init__(self, pipe: Pipeline, modality: str, seed: int, epoch: int = 0) -> None:
        self._programs = [pipe.programs[name] for name, kind in pipe.modality_of.items() if kind == modality]
        self._seed, self._epoch, self._modality = seed, epoch, modality

    def of(self, keys: Sequence[Any], copy: int) -> list[tuple[Part, ...]]:
        """Return the operations of one copy of each of some samples, in order.

        Of a record they are known only once it is made: what its captions speak of, and joint steps, have their say.
        """
        if self._modality == RECORD:
            return [((RECORD, None),) for _ in keys]
        found: list[list[Part]] = [[] for _ in keys]
        rng = Rng(self._seed, hash_keys(list(keys)), epoch=self._epoch, copy=copy)
        for program in self._programs:
            for execution, (mask, level) in zip(program.executions, program.fires(rng), strict=True):
                said = execution.built.step.level
                if level is None and said is not None:
                    level = strengths(said, rng.at(execution.path))
                for row in np.flatnonzero(mask).tolist():
                    found[row].append((execution.built.name, None if level is None else part_of(float(level[row]))))
        return [tuple(parts) for parts in found]


def part_of(level: float) -> int:
    """Return the part of the strengths in which one lies.

    >>> from augreg.learn.expand_draws import part_of
    >>> [part_of(level) for level in (0.0, 0.3, 1.0)]
    [0, 1, 3]

    """
    return min(max(int(level * BINS), 0), BINS - 1)


class Acceptance:
    """How much passes of what was made, by class, operation and strength.

    What was met seldom is taken for what is known more broadly: an operation at a strength in a class for that in all
    classes, this for the operation at any strength, this for the mean (empirical Bayes, each worth :data:`SHRUNK`).
    """

    def __init__(self) -> None:
        self._made: Counter[tuple[Any, ...]] = Counter()
        self._passed: Counter[tuple[Any, ...]] = Counter()

    def add(self, name: str, parts: Iterable[Part], *, passed: bool) -> None:
        """Take in what became of a candidate of a class."""
        for place in {(), (name,), *(key for part in parts for key in _places(name, part))}:
            self._made[place] += 1
            self._passed[place] += passed

    def is_worth(self, name: str, parts: Sequence[Part]) -> bool:
        """Whether a candidate of a class may pass; one to which nothing happens cannot."""
        if not parts:
            return False
        least = WORTH * self._share((name,), self._share((), 1.0))
        return all(self._of(name, part) >= least for part in parts)

    def table(self) -> dict[str, dict[str, Any]]:
        """Return operation -> how many candidates met it, how many of them passed, and the same for each strength."""
        found: dict[str, dict[str, Any]] = {}
        places = sorted((place for place in self._made if len(place) > 1 and place[0] is None), key=str)
        for place in sorted(places, key=len):
            _, operation, *part = place
            if not part:
                found[operation] = self._counts(place)
            elif part[0] is not None:
                said = f"{part[0] / BINS:g} to {(part[0] + 1) / BINS:g}"
                found[operation].setdefault("levels", {})[said] = self._counts(place)
        return found

    def _counts(self, place: tuple[Any, ...]) -> dict[str, Any]:
        return {"made": self._made[place], "passed": self._passed[place]}

    def _of(self, name: str, part: Part) -> float:
        share = self._share((), 1.0)
        for place in reversed(_places(name, part)):
            share = self._share(place, share)
        return share

    def _share(self, place: tuple[Any, ...], otherwise: float) -> float:
        return (self._passed[place] + SHRUNK * otherwise) / (self._made[place] + SHRUNK)


def _places(name: str, part: Part) -> list[tuple[Any, ...]]:
    """Return under what a part is counted, the narrowest first; None stands for all classes."""
    return [(name, *part), (None, *part), (None, part[0])]


def quotas(held: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Return how many are taken of each group at most, so that all together are as many as wanted, as evenly as can be.

    >>> from augreg.learn.expand_draws import quotas
    >>> quotas({"ann": 9, "bob": 1, "cy": 9}, 7)
    {'ann': 3, 'bob': 1, 'cy': 3}

    """
    most = 0
    while sum(min(most, count) for count in held.values()) < min(wanted, sum(held.values())):
        most += 1
    return {name: min(most, count) for name, count in held.items()}

"""Grows a data set to a size: candidates in rounds, gates, and of what passes the most useful ones."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from augreg.errors import ConfigError
from augreg.learn.gates import GATES, Gates, Judged, counts, features_of
from augreg.learn.gates_copies import Copier
from augreg.learn.select import facility_location
from augreg.loaders.hard_labels import checked_keys

SPARE: Final = 2
"""For each one that is wanted so many pass before any is chosen: fewer leave no choice, more cost time."""

LEAST: Final = 0.01
"""Share of the candidates of :data:`PATIENCE` rounds that have to pass: where fewer do, another finds next to none."""

PATIENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Grown:
    """What was found.

    Args:
        chosen: (place of the source, number of the copy) of each new sample, class by class, the most useful first.
        samples: the new samples, in the same kinds as sources.
        judged: what the gates found about each.
        counts: how many candidates passed, and how many each gate refused.
        shortage: class -> how many are missing; {} where nothing is.
        rounds: how many there were.

    """

    chosen: tuple[tuple[int, int], ...]
    samples: tuple[Any, ...]
    judged: tuple[Judged, ...]
    counts: Mapping[str, int]
    shortage: Mapping[str, int]
    rounds: int


def grow(
    sources: Sequence[Any],
    classes: Sequence[str],
    pipeline: Any,
    *,
    size: int | None = None,
    per_class: int | None = None,
    seed: int | None = 0,
    keys: Sequence[Any] | None = None,
    groups: Sequence[Any] | None = None,
    held_out: Sequence[Any] = (),
    practice: Any = None,
    rounds: int = 20,
) -> Grown:
    """Return augmented samples by which a data set grows to a size.

    Each round makes one more copy of every source of the classes that are short. Copies that pass
    :class:`augreg.learn.gates.Gates` are kept until there are twice as many as wanted; of those,
    :func:`augreg.learn.select.facility_location` chooses in each class, its sources being covered. Gates are never
    lowered: what is missing in the end is the shortage. A new sample is ``augreg.augment(source, pipeline, seed=seed,
    keys=key, copy=copy)`` again, bit for bit, and belongs where its source does: to its split and its group.

    Args:
        sources, classes, groups, held_out, practice: as in :class:`augreg.learn.gates.Gates`; sources are of the
            training split.
        pipeline: what :func:`augreg.augment` takes. Steps that mix samples or change labels are refused.
        size: how many samples there are to be, sources included: the smallest classes grow first.
        per_class: how many of each class there are to be, sources included; one of the two is given.
        seed: with equal seed and keys the result is the same.
        keys: of the sources; None: their places.
        rounds: most copies that are tried of each source.

    Raises:
        ConfigError: the numbers or the pipeline are wrong; see also Gates.
        SampleError: a sample cannot be read.

    >>> from augreg.learn.expand import grow
    >>> texts = ["the cat sat on a red mat", "my dog ran after your car", "cats sleep all day", "dogs bark at night"]
    >>> found = grow(texts, ["cat", "dog"] * 2, ["text.word_swap"], per_class=3)
    >>> len(found.samples), found.shortage
    (2, {})

    """
    keyed = checked_keys(keys, len(sources))
    gates = Gates(sources, classes, groups=groups, held_out=held_out, practice=practice)
    assert gates.classes is not None
    pool = _Pool(gates, sources, Copier.of(pipeline, seed, gates.modality), keyed)
    missing = _missing(Counter(gates.classes), size, per_class)
    _check_count("rounds", rounds, 1)
    while pool.rounds < rounds and (short := pool.short(missing)) and pool.is_worth_it():
        pool.make(short)
    chosen = [place for name, wanted in missing.items() for place in pool.chosen(name, wanted)]
    had = Counter(gates.classes[pool.places[place][0]] for place in chosen)
    return Grown(
        tuple(pool.places[place] for place in chosen),
        tuple(pool.samples[place] for place in chosen),
        tuple(pool.passed[place] for place in chosen),
        dict(pool.counts),
        {name: wanted - had[name] for name, wanted in missing.items() if wanted > had[name]},
        pool.rounds,
    )


class _Pool:
    """Candidates that passed."""

    def __init__(self, gates: Gates, sources: Sequence[Any], copier: Copier, keys: Sequence[Any]) -> None:
        self._gates, self._sources, self._copier, self._keys = gates, sources, copier, keys
        self.names = np.array(gates.classes, object)
        self.places: list[tuple[int, int]] = []
        self.samples: list[Any] = []
        self.passed: list[Judged] = []
        self.counts = Counter(dict.fromkeys(("passed", *GATES), 0))
        self.rounds = 0
        self._shares: list[tuple[int, int]] = []

    def short(self, missing: Mapping[str, int]) -> list[str]:
        """Return the classes of which there is no choice yet."""
        there = Counter(self.names[origin] for origin, _ in self.places)
        return [name for name, wanted in missing.items() if there[name] < SPARE * wanted]

    def is_worth_it(self) -> bool:
        """Whether enough candidates of the last rounds passed."""
        last = self._shares[-PATIENCE:]
        return len(last) < PATIENCE or sum(passed for passed, _ in last) >= LEAST * sum(made for _, made in last)

    def make(self, names: Sequence[str]) -> None:
        """Make one more copy of each source of some classes, and keep what passes."""
        origins = [origin for origin, name in enumerate(self.names) if name in set(names)]
        copy, before = self.rounds, len(self.passed)
        made = [self._copier.copy(self._sources[origin], self._keys[origin], copy) for origin in origins]
        found = self._gates.judge(made, origins, beside=self.passed)
        for origin, sample, judged in zip(origins, made, found, strict=True):
            if judged.passed:
                self.places.append((origin, copy))
                self.samples.append(sample)
                self.passed.append(judged)
        self.counts.update(counts(found))
        self._shares.append((len(self.passed) - before, len(made)))
        self.rounds += 1

    def chosen(self, name: str, wanted: int) -> list[int]:
        """Return the most useful candidates of a class, as many as are wanted and there."""
        there = [place for place, (origin, _) in enumerate(self.places) if self.names[origin] == name]
        if not (wanted and there):
            return []
        features = np.stack([features_of(self.passed[place].seen) for place in there])
        covered = self._gates.features[self.names == name]
        return [there[at] for at in facility_location(features, min(wanted, len(there)), covered=covered)]


def _missing(there: Mapping[str, int], size: int | None, per_class: int | None) -> dict[str, int]:
    """Return how many each class is to grow by."""
    if (size is None) == (per_class is None):
        raise ConfigError("give size, how many samples there are to be, or per_class, how many of each class.")
    if per_class is not None:
        _check_count("per_class", per_class, 1)
        return {name: max(0, per_class - count) for name, count in sorted(there.items())}
    assert size is not None
    _check_count("size", size, sum(there.values()))
    found, smallest = dict.fromkeys(sorted(there), 0), [(count, name) for name, count in sorted(there.items())]
    heapq.heapify(smallest)
    for _ in range(size - sum(there.values())):
        count, name = smallest[0]
        heapq.heapreplace(smallest, (count + 1, name))
        found[name] += 1
    return found


def _check_count(name: str, given: Any, least: int) -> None:
    if isinstance(given, bool) or not isinstance(given, (int, np.integer)) or given < least:
        raise ConfigError(f"{name}={given!r}; give an integer >= {least}.")

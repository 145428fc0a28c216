"""Grows a data set to a size: candidates in rounds, gates, and of what passes the most useful ones."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

import numpy as np

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.expand_draws import EXPLORED, Acceptance, Draws, Part, quotas
from augreg.learn.gates import GATES, Gates, Judged, counts, features_of
from augreg.learn.gates_copies import Copier
from augreg.learn.select import facility_location
from augreg.loaders.hard_labels import checked_keys

SPARE: Final = 2
"""For each one that is wanted so many pass before any is chosen: fewer leave no choice, more cost time."""

LEAST: Final = 0.01
"""Share of the candidates of :data:`PATIENCE` rounds that have to pass: where fewer do, another finds next to none."""

PATIENCE: Final = 3

AHEAD: Final = 10
"""Copies of a source that are looked at for one that is worth making; the last of them is made in any case."""

SELECTS: Final = ("facility-location", "random")
"""How those that passed are chosen from."""


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
        acceptance: operation -> how many candidates met it and how many of them passed, also for each quarter of its
            strengths: ``{"made": 9, "passed": 4, "levels": {"0 to 0.25": {"made": 2, "passed": 2}}}``.
        spared: how many candidates were not made, as too little of what their operations make passes.

    """

    chosen: tuple[tuple[int, int], ...]
    samples: tuple[Any, ...]
    judged: tuple[Judged, ...]
    counts: Mapping[str, int]
    shortage: Mapping[str, int]
    rounds: int
    acceptance: Mapping[str, Mapping[str, Any]]
    spared: int


class Maker(Protocol):
    """Makes copies of sources."""

    def copies(self, asked: Sequence[tuple[int, int]]) -> list[Any]:
        """Return the copy of each (place of the source, number of the copy); an exception where none can be made."""
        ...


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
    gates: Sequence[str] = tuple(GATES),
    select: str = SELECTS[0],
) -> Grown:
    """Return augmented samples by which a data set grows to a size.

    Each round makes one more copy of every source of the classes that are short. Copies that pass
    :class:`augreg.learn.gates.Gates` are kept until there are twice as many as wanted; of those,
    :func:`augreg.learn.select.facility_location` chooses in each class, its sources being covered, and, with groups,
    as evenly from each as can be. Gates are never lowered: what is missing in the end is the shortage. A new sample is
    ``augreg.augment(source, pipeline, seed=seed, keys=key, copy=copy)`` again, bit for bit, and belongs where its
    source does: to its split and its group.

    Which operations a copy meets, and how strong, is known from its key and number before it is made. Of what passes
    less than half as often as the mean of the class the number is passed over, but for one in ten.

    Args:
        sources, classes, groups, held_out, practice, gates: as in :class:`augreg.learn.gates.Gates`; sources are of the
            training split.
        pipeline: what :func:`augreg.augment` takes. Steps that mix samples or change labels are refused.
        size: how many samples there are to be, sources included: the smallest classes grow first.
        per_class: how many of each class there are to be, sources included; one of the two is given.
        seed: with equal seed and keys the result is the same.
        keys: of the sources; None: their places.
        rounds: most copies that are tried of each source.
        select: "facility-location", or "random": any of those that passed.

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
    asked = Gates(sources, classes, groups=groups, held_out=held_out, practice=practice, gates=gates)
    copier = Copier.of(pipeline, seed, asked.modality)
    growth = Growth(asked, _Copies(copier, sources, keyed), Draws(copier.pipe, asked.modality, copier.seed), keyed)
    return growth.run(size=size, per_class=per_class, rounds=rounds, groups=groups, select=select, seed=copier.seed)


@dataclass(frozen=True, slots=True)
class _Copies:
    """Makes copies of samples in memory."""

    copier: Copier
    sources: Sequence[Any]
    keys: Sequence[Any]

    def copies(self, asked: Sequence[tuple[int, int]]) -> list[Any]:
        """See :class:`Maker`."""
        return [self.copier.copy(self.sources[origin], self.keys[origin], copy) for origin, copy in asked]


class Growth:
    """The rounds, and the candidates that passed.

    Args:
        gates: with classes.
        maker: makes copies of the sources of the gates.
        draws: what copies will meet.
        keys: of the sources.

    """

    def __init__(self, gates: Gates, maker: Maker, draws: Draws, keys: Sequence[Any]) -> None:
        assert gates.classes is not None
        self._gates, self._maker, self._draws, self._keys = gates, maker, draws, keys
        self.names = np.array(gates.classes, object)
        self.places: list[tuple[int, int]] = []
        self.samples: list[Any] = []
        self.passed: list[Judged] = []
        self.counts = Counter(dict.fromkeys(("passed", *GATES), 0))
        self.rounds = self.spared = 0
        self.acceptance = Acceptance()
        self._next = [0] * len(keys)
        self._shares: list[tuple[int, int]] = []

    def run(
        self,
        *,
        size: int | None,
        per_class: int | None,
        rounds: int,
        groups: Sequence[Any] | None,
        select: str,
        seed: int,
        progress: Callable[[int, int], None] = lambda done, wanted: None,
    ) -> Grown:
        """Make candidates until there are enough, and choose; see :func:`grow`."""
        missing = _missing(Counter(self.names.tolist()), size, per_class)
        _check_count("rounds", rounds, 1)
        if select not in SELECTS:
            raise ConfigError(f"select={select!r}.{nearest(select, SELECTS)} Valid: {listing(SELECTS)}.")
        while self.rounds < rounds and (short := self._short(missing)) and self._is_worth_it():
            if not self._make(short):
                break
            progress(self._there(missing), SPARE * sum(missing.values()))
        held = None if groups is None else np.array([str(group) for group in groups], object)
        choose = partial(self._chosen, held=held, select=select, seed=seed)
        chosen = [place for name, wanted in missing.items() for place in choose(name, wanted)]
        had = Counter(self.names[self.places[place][0]] for place in chosen)
        return Grown(
            tuple(self.places[place] for place in chosen),
            tuple(self.samples[place] for place in chosen),
            tuple(self.passed[place] for place in chosen),
            dict(self.counts),
            {name: wanted - had[name] for name, wanted in missing.items() if wanted > had[name]},
            self.rounds,
            self.acceptance.table(),
            self.spared,
        )

    def _there(self, missing: Mapping[str, int]) -> int:
        there = Counter(self.names[origin] for origin, _ in self.places)
        return sum(min(SPARE * wanted, there[name]) for name, wanted in missing.items())

    def _short(self, missing: Mapping[str, int]) -> list[str]:
        """Return the classes of which there is no choice yet."""
        there = Counter(self.names[origin] for origin, _ in self.places)
        return [name for name, wanted in missing.items() if there[name] < SPARE * wanted]

    def _is_worth_it(self) -> bool:
        """Whether enough candidates of the last rounds passed."""
        last = self._shares[-PATIENCE:]
        return len(last) < PATIENCE or sum(passed for passed, _ in last) >= LEAST * sum(made for _, made in last)

    def _make(self, names: Sequence[str]) -> int:
        """Make one more copy of each source of some classes, keep what passes, and return how many were made."""
        met = self._promising([origin for origin, name in enumerate(self.names) if name in {*names}])
        asked, before = list(met), len(self.passed)
        made = self._maker.copies(asked)
        failed = [isinstance(sample, Exception) for sample in made]
        sound = [place for place, fault in enumerate(failed) if not fault]
        origins = [asked[place][0] for place in sound]
        found = self._gates.judge([made[place] for place in sound], origins, beside=self.passed)
        for place, judged in zip(sound, found, strict=True):
            self.acceptance.add(self.names[asked[place][0]], met[asked[place]], passed=judged.passed)
            if judged.passed:
                self.places.append(asked[place])
                self.samples.append(made[place])
                self.passed.append(judged)
        self.counts.update(counts(found))
        self.counts["valid"] += sum(failed)
        self._shares.append((len(self.passed) - before, len(made)))
        self.rounds += 1
        return len(made)

    def _promising(self, origins: Sequence[int]) -> dict[tuple[int, int], tuple[Part, ...]]:
        """Return the next copy of each source that is worth making, with what it will meet, in the order of sources."""
        found: dict[int, tuple[int, tuple[Part, ...]]] = {}
        for last in [*[False] * (AHEAD - 1), True]:
            waiting: dict[int, list[int]] = {}
            for origin in origins:
                if origin not in found:
                    waiting.setdefault(self._next[origin], []).append(origin)
            for copy, several in waiting.items():
                drawn = self._draws.of([self._keys[origin] for origin in several], copy)
                for origin, parts in zip(several, drawn, strict=True):
                    self._next[origin] += 1
                    tried = bool(parts) and (origin + copy) % EXPLORED == 0
                    if tried or last or self.acceptance.is_worth(self.names[origin], parts):
                        found[origin] = copy, parts
                    else:
                        self.spared += 1
        return {(origin, found[origin][0]): found[origin][1] for origin in origins}

    def _chosen(self, name: str, wanted: int, *, held: Any, select: str, seed: int) -> list[int]:
        """Return the most useful candidates of a class, as many as are wanted and there."""
        there = [place for place, (origin, _) in enumerate(self.places) if self.names[origin] == name]
        wanted = min(wanted, len(there))
        if not wanted:
            return []
        groups = None if held is None else [held[self.places[place][0]] for place in there]
        most = None if groups is None else quotas(Counter(groups), wanted)
        if select == "random":
            order = np.random.default_rng([seed, *name.encode()]).permutation(len(there)).tolist()
            return [there[at] for at in _first(order, wanted, groups, most)]
        features = np.stack([features_of(self.passed[place].seen) for place in there])
        covered = self._gates.features[self.names == name]
        found = facility_location(features, wanted, covered=covered, groups=groups, quotas=most)
        return [there[at] for at in found]


def _first(
    order: Sequence[int], wanted: int, groups: Sequence[str] | None, most: Mapping[str, int] | None
) -> list[int]:
    """Return the first of an order, of each group at most so many."""
    if groups is None or most is None:
        return list(order[:wanted])
    left, found = dict(most), list[int]()
    for at in order:
        if left[groups[at]] and len(found) < wanted:
            left[groups[at]] -= 1
            found.append(at)
    return found


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

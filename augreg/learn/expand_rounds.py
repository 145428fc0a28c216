"""The rounds in which a set grows: candidates are made, judged, and of those that passed the most useful are taken."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Protocol

import numpy as np

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.expand_draws import EXPLORED, Acceptance, Draws, Part, quotas
from augreg.learn.gates import GATES, Gates, Judged, counts, features_of
from augreg.learn.generators import Call, Named, with_values
from augreg.learn.select import facility_location

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
        chosen: (place of the source, number of the copy) of each new sample, class by class, the most useful first;
            -1 and a number for one of the generator.
        samples: the new samples, in the same kinds as sources.
        judged: what the gates found about each.
        counts: how many candidates passed, and how many each gate refused.
        shortage: class -> how many are missing; {} where nothing is.
        rounds: how many there were.
        acceptance: operation -> how many candidates met it and how many of them passed, also for each quarter of its
            strengths: ``{"made": 9, "passed": 4, "levels": {"0 to 0.25": {"made": 2, "passed": 2}}}``; what the
            generator made stands under its name, or "generator".
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
    calls: Mapping[int, Call] = field(default_factory=dict)
    """Number of a sample that the generator made -> the call that made it."""


class Maker(Protocol):
    """Makes copies of sources."""

    @property
    def traces(self) -> dict[tuple[int, int], Mapping[str, Any]]:
        """What was done to the fields of the last copies that are records; {} for other samples."""
        ...

    def copies(self, asked: Sequence[tuple[int, int]]) -> list[Any]:
        """Return the copy of each (place of the source, number of the copy); an exception where none can be made."""
        ...


class Growth:
    """The rounds, and the candidates that passed.

    Args:
        gates: with classes.
        keys: of the sources.

    """

    def __init__(self, gates: Gates, keys: Sequence[Any]) -> None:
        assert gates.classes is not None
        self._gates, self._keys = gates, keys
        self._ways: list[Callable[[Sequence[str]], tuple[int, int]]] = []
        self.names = np.array(gates.classes, object)
        self.kinds: list[str] = []
        self.generated: dict[str, dict[str, Any]] = {}
        self.calls: list[Call] = []
        self.places: list[tuple[int, int]] = []
        self.samples: list[Any] = []
        self.passed: list[Judged] = []
        self.counts = Counter(dict.fromkeys(("passed", *GATES), 0))
        self.rounds = self.spared = 0
        self.acceptance = Acceptance()
        self._next = [0] * len(keys)
        self._shares: list[tuple[int, int]] = []

    def copying(self, maker: Maker, draws: Draws) -> None:
        """Make candidates by copies of sources; ``draws`` says what they will meet."""
        self._ways.append(partial(self._copy, maker, draws))

    def generating(self, generator: Named, sources: Sequence[Any], seed: int) -> None:
        """Make candidates by a generator."""
        self._ways.append(partial(self._generate, generator, sources, seed))

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
        had = Counter(self.kinds[place] for place in chosen)
        return Grown(
            tuple(self.places[place] for place in chosen),
            tuple(self.samples[place] for place in chosen),
            tuple(self.passed[place] for place in chosen),
            dict(self.counts),
            {name: wanted - had[name] for name, wanted in missing.items() if wanted > had[name]},
            self.rounds,
            self.acceptance.table() | {name: found for name, found in self.generated.items() if found["made"]},
            self.spared,
            {number: self.calls[number] for origin, number in map(self.places.__getitem__, chosen) if origin < 0},
        )

    def _there(self, missing: Mapping[str, int]) -> int:
        there = Counter(self.kinds)
        return sum(min(SPARE * wanted, there[name]) for name, wanted in missing.items())

    def _short(self, missing: Mapping[str, int]) -> list[str]:
        """Return the classes of which there is no choice yet."""
        there = Counter(self.kinds)
        return [name for name, wanted in missing.items() if there[name] < SPARE * wanted]

    def _is_worth_it(self) -> bool:
        """Whether enough candidates of the last rounds passed."""
        last = self._shares[-PATIENCE:]
        return len(last) < PATIENCE or sum(passed for passed, _ in last) >= LEAST * sum(made for _, made in last)

    def _make(self, names: Sequence[str]) -> int:
        """Make one more candidate for each source of some classes, keep what passes; return how many were made."""
        found = [way(names) for way in self._ways]
        made, passed = sum(made for made, _ in found), sum(passed for _, passed in found)
        self._shares.append((passed, made))
        self.rounds += 1
        return made

    def _copy(self, maker: Maker, draws: Draws, names: Sequence[str]) -> tuple[int, int]:
        """Judge copies of the sources of some classes; return how many were made, and how many of them passed."""
        met = self._promising(draws, [origin for origin, name in enumerate(self.names) if name in {*names}])
        asked, before = list(met), len(self.passed)
        made = maker.copies(asked)
        failed = [isinstance(sample, Exception) for sample in made]
        sound = [place for place, fault in enumerate(failed) if not fault]
        origins = [asked[place][0] for place in sound]
        traced = maker.traces
        traces = [traced.get(asked[place]) for place in sound] if traced else None
        found = self._gates.judge([made[place] for place in sound], origins, beside=self.passed, traces=traces)
        for place, judged in zip(sound, found, strict=True):
            parts = _parts(traced.pop(asked[place])) if traced else met[asked[place]]
            self.acceptance.add(self.names[asked[place][0]], parts, passed=judged.passed)
            self._keep(asked[place], self.names[asked[place][0]], made[place], judged)
        self.counts.update(counts(found))
        self.counts["valid"] += sum(failed)
        return len(made), len(self.passed) - before

    def _generate(self, generator: Named, sources: Sequence[Any], seed: int, names: Sequence[str]) -> tuple[int, int]:
        """Judge what a generator makes of some classes."""
        before, start = len(self.passed), len(self.calls)
        made: list[Any] = []
        for name in names:
            own = [sources[place] for place in np.flatnonzero(self.names == name).tolist()]
            call = Call.of(seed, self.rounds, name, len(own))
            several = generator(own, call)
            made += several
            self.calls += [replace(call, at=at) for at in range(len(several))]
        sound = [place for place, fine in enumerate(with_values(made)) if fine]
        kinds = [self.calls[start + place].name for place in sound]
        given = [made[place] for place in sound]
        found = self._gates.judge(given, [None] * len(given), beside=self.passed, classes=kinds)
        for place, name, sample, judged in zip(sound, kinds, given, found, strict=True):
            self._keep((-1, start + place), name, sample, judged)
        self.counts.update(counts(found))
        self.counts["valid"] += len(made) - len(sound)
        passed = len(self.passed) - before
        had = self.generated.get(generator.name, {"made": 0, "passed": 0})
        new = {"made": had["made"] + len(made), "passed": had["passed"] + passed}
        self.generated[generator.name] = new
        return len(made), passed

    def _keep(self, place: tuple[int, int], name: str, sample: Any, judged: Judged) -> None:
        """Keep a candidate, if it passed."""
        if judged.passed:
            self.places.append(place)
            self.kinds.append(name)
            self.samples.append(sample)
            self.passed.append(judged)

    def _promising(self, draws: Draws, origins: Sequence[int]) -> dict[tuple[int, int], tuple[Part, ...]]:
        """Return the next copy of each source that is worth making, with what it will meet, in the order of sources."""
        found: dict[int, tuple[int, tuple[Part, ...]]] = {}
        for last in [*[False] * (AHEAD - 1), True]:
            waiting: dict[int, list[int]] = {}
            for origin in origins:
                if origin not in found:
                    waiting.setdefault(self._next[origin], []).append(origin)
            for copy, several in waiting.items():
                drawn = draws.of([self._keys[origin] for origin in several], copy)
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
        there = [place for place, kind in enumerate(self.kinds) if kind == name]
        wanted = min(wanted, len(there))
        if not wanted:
            return []
        origins = [self.places[place][0] for place in there]
        groups = None if held is None else ["" if origin < 0 else held[origin] for origin in origins]
        most = None if groups is None else quotas(Counter(groups), wanted)
        if select == "random":
            order = np.random.default_rng([seed, *name.encode()]).permutation(len(there)).tolist()
            return [there[at] for at in _first(order, wanted, groups, most)]
        features = np.stack([features_of(self.passed[place].seen) for place in there])
        covered = self._gates.features[self.names == name]
        found = facility_location(features, wanted, covered=covered, groups=groups, quotas=most)
        return [there[at] for at in found]


def _parts(traces: Mapping[str, Any]) -> tuple[Part, ...]:
    """Return the operations that the fields of a record met, a joint one once."""
    steps = {step["step"]: step["augmenter"] for trace in traces.values() for step in trace.steps}
    return tuple((name, None) for name in steps.values())


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

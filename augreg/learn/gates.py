"""Gates: which candidates, made of sources by augmentation, may join them, and why the others may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.cleaning.look import Seen
from augreg.learn.gates_copies import Copier
from augreg.learn.gates_labels import Judges
from augreg.learn.gates_near import pairs
from augreg.learn.gates_pairs import PairJudge, Pairs, Traces
from augreg.learn.gates_seen import SeenRecord, seen_of

GATES: Final = {
    "valid": "something can be seen, heard or read in it, as in its source",
    "changed": "it is another than its source",
    "new": "it is not nearly the same as another source, a held-out sample, or another candidate",
    "label": "models that have not seen its source take it for its class",
}
"""The gates in their order, and what passes each."""

PAIR: Final = "pair"
"""The gate of records, the last: what goes together in the source, such as a picture and its caption, still does."""

PRACTICE: Final = 4
"""Copies of each source that models practice on: with them 163 of 200 digits that were moved by up to an eighth and
turned by up to 10 degrees passed, with two 154, with none 143; of 200 upside down 61, 58, 55 (0, 1 and 8 may)."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found about a candidate.

    Args:
        gate: the first of :data:`GATES`, or "pair", that it did not pass; "" if it passed all.
        reason: why not, in one line; "" if it passed.
        chance: how likely it is of its source's class, 0 to 1; NaN where no model was asked.
        features: what it is compared by, float32 (d,); None where it is not valid.
        seen: what else is known of it.

    """

    gate: str
    reason: str
    chance: float
    features: NDArray[np.float32] | None
    seen: Seen

    @property
    def passed(self) -> bool:
        """Whether it passed all gates."""
        return not self.gate


class Gates:
    """Judges candidates by their sources.

    Choosing what is unlike the rest (:func:`augreg.learn.select.facility_location`) prefers candidates that an
    augmentation has spoiled: gates come first. They are never lowered to reach a number.

    Args:
        sources: the samples of the training split, nothing else: strings, pictures (PIL, arrays (H, W[, C]) of uint8
            or of floats from 0 to 1, :class:`augreg.Image`), or :class:`augreg.Audio`; or records, dictionaries of
            samples such as ``{"image": augreg.Image(...), "caption": augreg.Text(...)}``, all of the same fields.
        classes: of each source. None: no gate asks for labels.
        groups: of each source, such as its speaker or patient. What a model judges it has not seen anything of the
            group of. None: each source is by itself.
        held_out: samples of validation and test, which nothing may be nearly the same as.
        practice: a pipeline that is known to keep classes, such as ``["policy.trivial"]``, for four copies of each
            source that models learn from, too: models of sources alone refuse more of what is moved or turned a little.
        gates: those that are asked, of :data:`GATES`, and "pair" of records; "valid" always is, as the others stand on
            it. None: all that there are for the sources.
        pair: a judge of records: called with a candidate and its source it says, True or False, whether what goes
            together in the source does in the candidate. Without it, and before it, the gate "pair" refuses what steps
            have altered of which a caption speaks: left and right, colors (plugin ``augreg-joint``); it knows by
            the ``traces`` that :meth:`judge` is given.

    Attributes:
        modality: of the sources.
        features: of the sources, float32 (n, d): gray values, edges and colors of pictures, words of texts, a mel
            spectrogram of sounds.
        needed: class -> the probability that a candidate needs: what 95 % of the sources of the class (of all, where a
            class has fewer than 20) get from models that have not seen them, at most 0.5.

    Raises:
        ConfigError: lengths differ; too few classes, or samples of one; a sample is of a kind that is not judged.
        SampleError: a sample cannot be read.

    >>> from augreg.learn.gates import Gates
    >>> gates = Gates(["the cat sat here", "a dog ran over there"], None, held_out=["one two three four"])
    >>> found = gates.judge(["the cat sat there", "a dog ran over there", "one, two, three, four!", "?"], [0, 1, 1, 0])
    >>> [(one.gate, one.reason) for one in found][:2]
    [('', ''), ('changed', 'it is the same as its source')]
    >>> found[2].reason
    'it is nearly the same (1.00) as held-out sample 0'
    >>> found[3].reason
    'there is no word in it'

    """

    def __init__(
        self,
        sources: Sequence[Any],
        classes: Sequence[str] | None,
        *,
        groups: Sequence[Any] | None = None,
        held_out: Sequence[Any] = (),
        practice: Any = None,
        gates: Sequence[str] | None = None,
        pair: PairJudge | None = None,
    ) -> None:
        self.asked = _asked(gates, sources, pair)
        for name, given in (("classes", classes), ("groups", groups)):
            if given is not None and len(given) != len(sources):
                raise ConfigError(f"{name} has {len(given)} entries, and there are {len(sources)} sources.")
        for name, asked in (("groups", groups), ("practice", practice)):
            if asked is not None and classes is None:
                raise ConfigError(f"{name} is about the gate of labels, and classes is None. Give classes, too.")
        if not len(sources):
            raise ConfigError("there are no sources. Give at least one sample.")
        self._sources = [seen_of(sample, "source", place) for place, sample in enumerate(sources)]
        self._held_out = [seen_of(sample, "held-out sample", place) for place, sample in enumerate(held_out)]
        self.modality = self._sources[0].item.modality
        for seen in self._sources:
            if seen.item.modality != self.modality:
                raise ConfigError(f"{seen.item.path} is {seen.item.modality}, and the first is {self.modality}.")
        self._pairs = Pairs(sources, pair) if PAIR in self.asked else None
        self._check_fields()
        self.classes = None if classes is None else [str(name) for name in classes]
        self.features = np.stack([features_of(seen) for seen in self._sources])
        practiced = _practiced(sources, practice, self.modality) if "label" in self.asked else None
        self._judges = self._made_judges(groups, practiced)
        self.needed = {} if self._judges is None else self._judges.needed

    def judge(
        self,
        candidates: Sequence[Any],
        origins: Sequence[int | None],
        *,
        beside: Sequence[Judged] = (),
        classes: Sequence[str] | None = None,
        traces: Sequence[Traces | None] | None = None,
    ) -> list[Judged]:
        """Return what is found about each candidate.

        Of candidates that are nearly the same the first that passes all gates stays.

        Args:
            candidates: samples of the kinds that sources may be.
            origins: the place of each one's source; None for one that was made of all of them, as by a generator. All
                models judge it, on the average, and nothing may be nearly the same as it.
            beside: candidates that passed before; no other one may be nearly the same as one of them.
            classes: of each candidate; None: those of their sources.
            traces: of each candidate that is a record, field -> what was done to it, as :func:`augreg.augment` returns
                it with ``return_trace=True``; None where nobody knows.

        """
        if classes is None and self.classes is not None and None not in origins:
            classes = [
                self.classes[origin] for origin in origins if origin is not None and 0 <= origin < len(self.classes)
            ]
        if len(origins) != len(candidates):
            raise ConfigError(f"origins has {len(origins)} entries, and there are {len(candidates)} candidates.")
        for origin in origins:
            if origin is None:
                continue
            whole = isinstance(origin, (int, np.integer)) and not isinstance(origin, bool)
            if not whole or not 0 <= origin < len(self._sources):
                last = len(self._sources) - 1
                raise ConfigError(f"origins names {origin!r}, and sources have the places 0 to {last}.")
        seen = [seen_of(candidate, "candidate", place) for place, candidate in enumerate(candidates)]
        found = [self._alone(one, origin) for one, origin in zip(seen, origins, strict=True)]
        self._ask_judges(found, origins, classes)
        self._refuse_doubles(found, origins, beside)
        self._refuse_pairs(found, candidates, origins, traces)
        return found

    def _refuse_pairs(
        self,
        found: list[Judged],
        candidates: Sequence[Any],
        origins: Sequence[int | None],
        traces: Sequence[Traces | None] | None,
    ) -> None:
        """Refuse, in place, records whose fields do not go together any more."""
        if traces is not None and len(traces) != len(found):
            raise ConfigError(f"traces has {len(traces)} entries, and there are {len(found)} candidates.")
        for place, one in enumerate(found):
            origin = origins[place]
            if self._pairs is None or origin is None or not one.passed:
                continue
            if said := self._pairs.fault(candidates[place], origin, None if traces is None else traces[place]):
                found[place] = replace(one, gate=PAIR, reason=said)

    def _check_fields(self) -> None:
        """Refuse records that have other fields than the first."""
        first = self._sources[0]
        for seen in (*self._sources, *self._held_out):
            if isinstance(first, SeenRecord) and isinstance(seen, SeenRecord) and [*seen.fields] != [*first.fields]:
                has, had = listing(seen.fields), listing(first.fields)
                raise ConfigError(f"{seen.item.path} has the fields {has}, and the first source {had}. Give the same.")

    def _made_judges(self, groups: Sequence[Any] | None, practice: NDArray[np.float32] | None) -> Judges | None:
        if self.classes is None or "label" not in self.asked:
            return None
        groups = groups if groups is not None else range(len(self.classes))
        return Judges(self.features, self.classes, groups, practice)

    def _alone(self, seen: Seen, origin: int | None) -> Judged:
        """Return what is wrong with a candidate beside its source."""
        source = self._sources[0 if origin is None else origin]
        had = set() if origin is None else {fault.code for fault in source.faults}
        if faults := [fault for fault in seen.faults if fault.code not in had]:
            return Judged("valid", faults[0].reason.rstrip("."), np.nan, None, seen)
        if seen.item.modality != source.item.modality:
            said = f"it is {seen.item.modality}, and sources are {source.item.modality}"
            return Judged("valid", said, np.nan, None, seen)
        if isinstance(seen, SeenRecord) and isinstance(source, SeenRecord) and [*seen.fields] != [*source.fields]:
            said = f"it has the fields {listing(seen.fields)}, and sources have {listing(source.fields)}"
            return Judged("valid", said, np.nan, None, seen)
        if origin is not None and seen.content == source.content and "changed" in self.asked:
            return Judged("changed", "it is the same as its source", np.nan, features_of(seen), seen)
        return Judged("", "", np.nan, features_of(seen), seen)

    def _ask_judges(self, found: list[Judged], origins: Sequence[int | None], classes: Sequence[str] | None) -> None:
        """Refuse, in place, candidates that do not look like their class any more."""
        rows = [place for place, one in enumerate(found) if one.passed]
        if self._judges is None or not rows:
            return
        if classes is None or len(classes) != len(found):
            raise ConfigError(
                "candidates without a source are judged by their class. Give the class of each candidate."
            )
        if unknown := [name for name in classes if name not in self.needed]:
            raise ConfigError(f"no source is of class {unknown[0]!r}.{nearest(unknown[0], self.needed)}")
        features = np.stack([features_of(found[place].seen) for place in rows])
        of = np.array([-1 if (origin := origins[place]) is None else origin for place in rows])
        chances, looks = self._judges.chances(features, of, [classes[place] for place in rows])
        for place, chance, look in zip(rows, chances.tolist(), looks.tolist(), strict=True):
            name = classes[place]
            found[place] = replace(found[place], chance=chance)
            if chance < (needed := self.needed[name]):
                said = f"it is taken for {name!r} with {chance:.2f}, needed are {needed:.2f}"
                like = str(self._judges.names[look])
                said += f"; it looks like {like!r}" if like != name else ""
                found[place] = replace(found[place], gate="label", reason=said)

    def _refuse_doubles(self, found: list[Judged], origins: Sequence[int | None], beside: Sequence[Judged]) -> None:
        """Refuse, in place, candidates that are nearly the same as anything but their source and what is like it."""
        rows = [place for place, one in enumerate(found) if one.passed]
        if "new" not in self.asked or not rows:
            return
        others = [*self._sources, *self._held_out, *(one.seen for one in beside)]
        everything = [*others, *(found[place].seen for place in rows)]
        near: dict[int, dict[int, float]] = {place: {} for place in range(len(everything))}
        for a, b, likeness in pairs(everything):
            near[a][b] = near[b][a] = likeness
        gone: set[int] = set()
        for at, place in enumerate(rows, len(others)):
            origin, own = origins[place], set[int]()
            if origin is not None:
                own = {origin, *(like for like in near[origin] if like < len(self._sources))}
            before = sorted(other for other in near[at] if other < at and other not in own and other not in gone)
            if before:
                gone.add(at)
                found[place] = replace(found[place], gate="new", reason=_double(everything, at, before[0], near[at]))


def _asked(gates: Sequence[str] | None, sources: Sequence[Any], pair: PairJudge | None) -> frozenset[str]:
    """Return the gates that are asked, checked."""
    records = bool(len(sources)) and isinstance(sources[0], Mapping)
    known = (*GATES, PAIR) if records else tuple(GATES)
    named = list(known) if gates is None else [gates] if isinstance(gates, str) else list(gates)
    if pair is not None and not records:
        raise ConfigError("pair judges records, and sources are single samples. Leave it out, or give records.")
    if pair is not None and PAIR not in named:
        raise ConfigError(f"pair is given, and gates={gates!r} leaves out 'pair'. Name it, too.")
    for name in named:
        if name == PAIR and not records:
            raise ConfigError("the gate 'pair' is for records, and sources are single samples. Leave it out.")
        if name not in known:
            raise ConfigError(f"there is no gate {name!r}.{nearest(name, known)} Gates: {listing(known)}.")
    if "valid" not in named:
        raise ConfigError(f"gates={gates!r} leaves out 'valid', on which the others stand. Name it, too.")
    return frozenset(named)


def _double(everything: Sequence[Seen], place: int, other: int, likeness: Mapping[int, float]) -> str:
    same = everything[place].content == everything[other].content
    how = "the same" if same else f"nearly the same ({likeness[other]:.2f})"
    return f"it is {how} as {everything[other].item.path}"


def _practiced(sources: Sequence[Any], practice: Any, modality: str) -> NDArray[np.float32] | None:
    """Return the features of copies that models learn from, (copies * n, d)."""
    if practice is None:
        return None
    copier = Copier.of(practice, 0, modality)
    made = [copier.copy(s, place, copy) for copy in range(PRACTICE) for place, s in enumerate(sources)]
    return np.stack([features_of(seen_of(sample, "practice", place)) for place, sample in enumerate(made)])


def features_of(seen: Seen) -> NDArray[np.float32]:
    """Return what a sample is compared by; it was looked at with features."""
    assert seen.features is not None
    return seen.features


def counts(found: Sequence[Judged]) -> dict[str, int]:
    """Return how many candidates passed ("passed"), and how many each gate refused; "pair" only where it refused some.

    >>> from augreg.learn.gates import Gates, counts
    >>> counts(Gates(["a cat", "a dog"], None).judge(["a dog", "the cat", ""], [1, 0, 0]))
    {'passed': 1, 'valid': 1, 'changed': 1, 'new': 0, 'label': 0}

    """
    held = Counter(one.gate or "passed" for one in found)
    there = (*GATES, PAIR) if PAIR in held else tuple(GATES)
    return {name: held[name] for name in ("passed", *there)}

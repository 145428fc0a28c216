"""Praat's TextGrids: ``7.TextGrid`` beside ``7.wav``, in Praat's long or short text form, UTF-8 or UTF-16.

Each interval and point of each tier is an event; ``said["tier"]`` is the number of its tier, from 0, by which it comes
back to it. Tiers may have the same name, and none is lost. Empty intervals are events, too, as long as they are in the
sound.

The intervals of a tier cover the whole time, without gaps. So after a step that moved them, gaps are filled with empty
intervals, an empty one gives way to what has a text, and the grid ends where the sound does. Two intervals with texts
that overlap, as after sounds were mixed, cannot stand in one tier: they are refused, and ``audacity`` can say them.
Comments (``!`` to the end of a line) come together in front.

Labels that other forms held become a tier of intervals, "labels", and one of points, "instants".

Files are read by their words, as Praat reads them. Praatio reads neither two tiers of one name nor exact numbers, so it
is what the tests compare with.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Final

from augreg.media.labels.base import About, Labels
from augreg.media.labels.gridwords import Words, long_lines, short_lines
from augreg.media.labels.timed import (
    INTERVALS,
    JOIN,
    LAYOUT,
    TIERS,
    TINY,
    WRITTEN,
    Event,
    TimedForm,
    decoded,
    encoded,
    plain,
)

POINTS: Final = "TextTier"


@dataclass(frozen=True, slots=True)
class Mark:
    """A boundary between intervals, or a point: seconds, and how the file had them."""

    time: float
    raw: str | None = None

    def __str__(self) -> str:
        return self.raw if self.raw is not None else plain(self.time)


class TextGrid(TimedForm):
    """Tiers of intervals and points, see the top of this file."""

    name = "textgrid"
    extension = "TextGrid"
    suffixes: ClassVar[tuple[str, ...]] = (".TextGrid", ".textgrid")

    def read(self, content: bytes, about: About) -> Labels:
        """See :class:`BesideForm`."""
        text, layout = decoded(self, content, about)
        words = Words(self, text, about)
        layout |= {"kind": words.header(), "xmin": words.number("xmin"), "xmax": words.number("xmax")}
        layout |= {"short": "xmin" not in words.said, "seconds": about.seconds}
        self._check_span(layout, words, about)
        fields: dict[str, list[Any]] = {"events": [], "event": [], "said": []}
        tiers = [
            self._tier(words, number, fields, about) for number in range(words.count("tiers") if words.flag() else 0)
        ]
        words.finish()
        rest = {LAYOUT: layout, TIERS: tiers, "comments": words.comments}
        return Labels(fields, {self.name: rest})

    def _check_span(self, span: Mapping[str, str], words: Words, about: About) -> None:
        if float(span["xmin"]) != 0:
            why = f"it begins at {span['xmin']} s, not 0, where the sound does. Shift its times to start from 0"
            self.refused(about, f"{why} (in Praat: Modify, Shift times).", words.line)
        self.check(0.0, float(span["xmax"]), about, words.line)

    def _tier(self, words: Words, number: int, fields: Mapping[str, list[Any]], about: About) -> dict[str, Any]:
        """Read one tier, put its events to the fields, and return what else it says."""
        kind = words.text("class")
        if kind not in (INTERVALS, POINTS):
            self.refused(about, f"a tier of class {kind!r}. There are {INTERVALS} and {POINTS}.", words.line)
        name = words.text("name")
        span = {"xmin": words.number("xmin"), "xmax": words.number("xmax")}
        self._check_span(span, words, about)
        before = 0.0
        for _ in range(words.count("entries")):
            raw = [words.number("time") for _ in range(2 if kind == INTERVALS else 1)]
            start, end, text = float(raw[0]), float(raw[-1]), words.text("text")
            self.check(start, end, about, words.line)
            if kind == INTERVALS and (start == end or start < before - TINY):
                lie = "has no length" if start == end else f"begins before the last one ends, at {before:.10g} s"
                self.refused(about, f"the interval from {raw[0]} to {raw[1]} of tier {name!r} {lie}.", words.line)
            before = end
            fields["events"].append([start, end])
            fields["event"].append(text)
            fields["said"].append({"tier": number, WRITTEN: raw})
        return {"class": kind, "name": name}

    def write(self, labels: Labels, about: About) -> bytes:
        """See :class:`BesideForm`."""
        events = self.said(labels, about, ("tier",))
        rest = labels.rest.get(self.name)
        if rest is None:
            tiers, events = _own_tiers(events)
            rest = {TIERS: tiers}
        tiers, layout = rest[TIERS], rest.get(LAYOUT, {})
        held: list[list[Event]] = [[] for _ in tiers]
        for event in events:
            at = event.said.get("tier")
            if not isinstance(at, int) or not 0 <= at < len(tiers):
                whose = "it was mixed in from a sound with other tiers"
                self.refused(about, f"event {event.text[:40]!r} belongs to none of {len(tiers)} tiers: {whose}.")
            held[at].append(event)
        end = _end(tiers, held, layout, about)
        start = Mark(0.0, layout.get("xmin", "0"))
        made = [
            (tier, list(self._tiled(tier, of, start, end, about) if tier["class"] == INTERVALS else _points(of, end)))
            for tier, of in zip(tiers, held, strict=True)
        ]
        lines = (short_lines if layout.get("short") else long_lines)(
            layout.get("kind", "ooTextFile"), rest.get("comments", ()), (str(start), str(end)), made
        )
        return encoded(self, "\n".join(lines) + "\n", layout, about)

    def _tiled(
        self, tier: Mapping[str, Any], events: Sequence[Event], start: Mark, end: Mark, about: About
    ) -> Iterator[tuple[str, ...]]:
        """Yield intervals that cover the whole time: start, end and text."""
        rising = sorted(events, key=lambda event: (event.start, event.end))
        cuts = [b for a, b in pairwise([e for e in rising if not e.text]) if a.end >= b.start - JOIN]
        at, last = start, ""
        for event in (event for event in rising if event.text):
            if event.start < at.time - JOIN:
                self.refused(
                    about,
                    f"the intervals {last[:40]!r} and {event.text[:40]!r} of tier {tier['name']!r} overlap from "
                    f"{event.start:.10g} to {at.time:.10g} s. A tier cannot hold that. Write these labels as audacity.",
                )
            if event.start > at.time + JOIN:
                begin = Mark(event.start, event.number(0, event.start))
                yield from _empty(at, begin, cuts)
                at = begin
            until = Mark(event.end, event.number(1, event.end)) if event.end < end.time - JOIN else end
            if until.time <= at.time:
                self.refused(about, f"the interval {event.text[:40]!r} of tier {tier['name']!r} has no length.")
            yield str(at), str(until), event.text
            at, last = until, event.text
        if at.time < end.time - JOIN:
            yield from _empty(at, end, cuts)


def _empty(start: Mark, end: Mark, cuts: Sequence[Event]) -> Iterator[tuple[str, ...]]:
    """Yield the empty intervals of a gap: one, unless the file had several side by side."""
    times = [cut.start for cut in cuts]
    inner = cuts[bisect_left(times, start.time + JOIN) : bisect_left(times, end.time - JOIN)]
    marks = [start, *(Mark(cut.start, cut.number(0, cut.start)) for cut in inner), end]
    for one, other in pairwise(marks):
        yield str(one), str(other), ""


def _points(events: Sequence[Event], end: Mark) -> Iterator[tuple[str, ...]]:
    for event in sorted(events, key=lambda event: event.start):
        time = min(event.start, end.time)
        yield str(Mark(time, event.number(0, time))), event.text


def _end(tiers: Sequence[Any], held: Sequence[Sequence[Event]], layout: Mapping[str, Any], about: About) -> Mark:
    """Return where the grid ends: where the sound does, or as the file said if nothing was moved.

    Tools round, so that a grid may end a little before or behind its sound. Nothing was moved if the sound is as long
    as before and each tier still reaches just that end.
    """
    if "xmax" not in layout:
        return Mark(about.seconds or max((event.end for of in held for event in of), default=0.0))
    said = Mark(float(layout["xmax"]), layout["xmax"])
    ends = [max(e.end for e in of) for tier, of in zip(tiers, held, strict=True) if of and tier["class"] == INTERVALS]
    as_before = abs(about.seconds - layout["seconds"]) < TINY and all(abs(end - said.time) < TINY for end in ends)
    return said if as_before or not about.seconds else Mark(about.seconds)


def _own_tiers(events: Sequence[Event]) -> tuple[list[dict[str, str]], list[Event]]:
    """Return the tiers of labels that no TextGrid held, and the events with their tiers."""
    kinds = [POINTS if event.start == event.end else INTERVALS for event in events]
    classes: list[str] = [kind for kind in (INTERVALS, POINTS) if kind in kinds] or [INTERVALS]
    tiers = [{"class": kind, "name": "labels" if kind == INTERVALS else "instants"} for kind in classes]
    placed = [
        Event(e.start, e.end, e.text, {**e.said, "tier": classes.index(kind)})
        for e, kind in zip(events, kinds, strict=True)
    ]
    return tiers, placed

"""WebVTT: ``7.vtt`` beside ``7.mp4`` or ``7.wav``, or ``7.en.vtt`` as ``--labels vtt:.en``.

.. code-block:: text

    WEBVTT - a title

    STYLE
    ::cue { color: lime }

    NOTE a comment

    intro
    00:01.500 --> 00:04.000 position:10% align:start
    Hel<00:00:02.500>lo

Each cue is an event; its name, its settings and the tags in its text stay as they are. What stands behind WEBVTT,
styles, regions and comments stay where they were among the cues: those of cues that a step cut away, too.

A time inside a text, <00:00:02.500>, is an event of its own, an instant without a name, so that every step moves it as
it moves all others. It comes back to its place in the text; one that was cut away is left out there. If a step played
the cue backwards its words are in no order that their times could follow, and the labels are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar, Final

from augreg.media.labels.base import About, Labels
from augreg.media.labels.cues import ARROW, TIME, blocks, clock, like, seconds, timing
from augreg.media.labels.srt import check_text, written_times
from augreg.media.labels.timed import LAYOUT, WRITTEN, Event, TimedForm, decoded, encoded

INSIDE: Final = re.compile(rf"<({TIME})>", re.ASCII)
BLOCKS: Final = re.compile(r"(?:NOTE|STYLE|REGION)(?:[ \t]|$)")
BARE: Final = re.compile(r"&(?![#\w]{1,32};)|<(?![/\w])")
"""What would begin an entity or a tag and is meant as itself, in texts of other forms."""


class Vtt(TimedForm):
    """WebVTT files, see the top of this file."""

    name = "vtt"
    extension = "vtt"
    suffixes: ClassVar[tuple[str, ...]] = (".vtt", ".VTT")

    def read(self, content: bytes, about: About) -> Labels:
        """See :class:`BesideForm`."""
        text, layout = decoded(self, content, about)
        head, *rest = blocks(text) if text.strip() else [(1, [""])]
        if head[0] != 1 or not re.match(r"WEBVTT(?:[ \t]|$)", head[1][0]):
            self.refused(about, f"{head[1][0][:40]!r} stands where a WebVTT file has WEBVTT.", 1)
        if any(line.startswith("X-TIMESTAMP-MAP") for line in head[1]):
            self.refused(
                about, "X-TIMESTAMP-MAP: its times count from those of a stream. Shift them to start from 0.", 2
            )
        fields: dict[str, list[Any]] = {"events": [], "event": [], "said": []}
        others: list[list[Any]] = []
        cues = 0
        for number, lines in rest:
            if BLOCKS.match(lines[0]) and not (len(lines) > 1 and ARROW in lines[1]):
                others.append([cues, "\n".join(lines)])
                continue
            self._cue(cues, number, lines, fields, about)
            cues += 1
        layout |= {"tail": len(text) - len(text.rstrip("\n"))}
        kept = {LAYOUT: layout, "header": "\n".join(head[1])[len("WEBVTT") :], "notes and styles": others}
        return Labels(fields, {self.name: kept})

    def _cue(self, cue: int, number: int, lines: list[str], fields: Mapping[str, list[Any]], about: About) -> None:
        """Put a cue to the fields, and the times inside its text."""
        named = ARROW not in lines[0]
        if len(lines) == named:
            self.refused(about, f"{lines[0][:60]!r} is no cue: it has no times.", number)
        start, end, raw, more = timing(self, lines[named], number + named, about, ".")
        if "," in "".join(raw):
            self.refused(about, f"the times {' and '.join(raw)} have commas. WebVTT has points there.", number + named)
        text = "\n".join(lines[named + 1 :])
        said = {"cue": cue, WRITTEN: raw} | ({"id": lines[0]} if named else {}) | ({"settings": more} if more else {})
        inside = INSIDE.findall(text)
        times = [seconds(each) for each in inside]
        if any(a >= b for a, b in pairwise([start, *times, end])) and times:
            self.refused(about, f"the times inside its text do not rise from {raw[0]} to {raw[1]}.", number + named)
        fields["events"].extend([[start, end], *([time, time] for time in times)])
        fields["event"].extend([text, *("" for _ in times)])
        fields["said"].extend([said, *({"inside": [cue, n], WRITTEN: [each, each]} for n, each in enumerate(inside))])

    def write(self, labels: Labels, about: About) -> bytes:
        """See :class:`BesideForm`."""
        rest = labels.rest.get(self.name)
        held: Mapping[str, Any] = rest or {}
        events = self.flat(labels, about, ("cue", "id", "settings", "inside"))
        points = [event for event in events if "inside" in event.said]
        cues = sorted((event for event in events if "inside" not in event.said), key=lambda event: event.start)
        pieces, others = ["WEBVTT" + held.get("header", "")], list(held.get("notes and styles", ()))
        slots = _slots(points)
        for event in cues:
            while others and others[0][0] <= event.said.get("cue", -1):
                pieces.append(others.pop(0)[1])
            pieces.append(self._written(event, slots, rest is None, about))
        pieces.extend(block for _, block in others)
        layout = held.get(LAYOUT, {})
        return encoded(self, "\n\n".join(pieces) + "\n" * layout.get("tail", 1), layout, about)

    def _written(self, event: Event, slots: dict[int, list[Event]], foreign: bool, about: About) -> str:
        check_text(self, event, about)
        text = BARE.sub(lambda found: {"&": "&amp;", "<": "&lt;"}[found[0]], event.text) if foreign else event.text
        if ARROW in text:
            self.refused(about, f"the text {text[:40]!r} holds '-->', which stands between the times of a cue.")
        if INSIDE.search(text):
            text = self._timed(event, text, slots.get(event.said.get("cue", -1), []), about)
        start, end = written_times(event, event.said.get(WRITTEN) or (), ".")
        if start == end and start not in (event.said.get(WRITTEN) or ()):
            end = clock(seconds(end) + 0.001, ".")  # what has no length is not shown
        more = f" {event.said['settings']}" if "settings" in event.said else ""
        name = f"{event.said['id']}\n" if "id" in event.said else ""
        return f"{name}{start} {ARROW} {end}{more}" + (f"\n{text}" if text else "")

    def _timed(self, event: Event, text: str, points: Sequence[Event], about: About) -> str:
        """Return the text of a cue with the times inside it where its instants are now."""
        own: dict[int, Event] = {}
        for point in points:
            if event.start <= point.start <= event.end:
                own.setdefault(point.said["inside"][1], point)
        # Instants at an end of the cue say nothing that the cue does not, and thousandths may bring some together.
        moved = {n: p for n, p in own.items() if clock(event.start, ".") < clock(p.start, ".") < clock(event.end, ".")}
        times = [moved[n].start for n in sorted(moved)]
        if any(a > b for a, b in pairwise(times)):
            self.refused(about, f"the cue {text[:40]!r} has times inside its text, and a step played it backwards.")
        numbers = iter(range(len(INSIDE.findall(text))))
        return INSIDE.sub(lambda _: _tag(moved.get(next(numbers))), text)


def _tag(point: Event | None) -> str:
    return "" if point is None else f"<{like((point.said.get(WRITTEN) or (None,))[0], point.start, '.')}>"


def _slots(points: Sequence[Event]) -> dict[int, list[Event]]:
    """Return the instants inside of texts by the number of their cue."""
    found: dict[int, list[Event]] = {}
    for point in points:
        found.setdefault(point.said["inside"][0], []).append(point)
    return found

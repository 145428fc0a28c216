r"""Audacity's labels: ``7.txt`` beside ``7.wav``, a row of start, end and text for each event, tabs between them.

.. code-block:: text

    0.500000	1.250000	dog
    \	300.000000	4000.000000
    2.000000	2.000000	click

A row that begins with a backslash holds the lowest and highest frequency, in Hz, of the event above it. An event that
ends when it starts is an instant. Texts may be empty. Since a ``.txt`` beside a sound may be its transcript, files of
this form are found by themselves only if most of the first ones consist of such rows.

Written are the same rows, in order of time if they were. Labels that Praat or subtitles held are written where nothing
of them is lost: of a TextGrid one tier, whose name this form has no place for, without its empty intervals.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, ClassVar, Final

from augreg.errors import MediaError
from augreg.media.labels.base import About, Labels
from augreg.media.labels.timed import LAYOUT, MOST, WRITTEN, Event, TimedForm, beside, decoded, encoded
from augreg.param.files import read_file

LOOKED_AT: Final = 8
"""Files of a folder that are looked at before it is said that all of them hold labels."""


class Audacity(TimedForm):
    """Audacity's label tracks, see the top of this file."""

    name = "audacity"
    extension = "txt"
    suffixes: ClassVar[tuple[str, ...]] = (".txt",)

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """See :class:`LabelForm`: transcripts are ``.txt`` files, too, so that some are read; most must be rows."""
        own = (file for file, tag in beside(root, files, cls.suffixes) if not tag)
        looked_at = list(islice(own, LOOKED_AT))
        found = [_is_one(root / file) for file in looked_at]
        return [""] if sum(map(bool, found)) > found.count(None) else []

    def read(self, content: bytes, about: About) -> Labels:
        """See :class:`BesideForm`."""
        text, layout = decoded(self, content, about)
        events: list[list[float]] = []
        names: list[str] = []
        said: list[dict[str, Any]] = []
        for line, row in enumerate(text.split("\n"), 1):
            if not row:
                continue
            cells = row.split("\t", 2)
            if cells[0] == "\\":
                self._pitch(row.split("\t"), said, about, line)
                continue
            if len(cells) < 2:
                self.refused(about, f"{row[:60]!r} is no row of start, end and text with tabs between them.", line)
            start, end = (self.seconds(cells[i], about, line, ("its start", "its end")[i]) for i in (0, 1))
            self.check(start, end, about, line)
            events.append([start, end])
            names.append(cells[2] if len(cells) == 3 else "")
            said.append({WRITTEN: cells[:2]})
        rising = all(a <= b for a, b in pairwise(start for start, _ in events))
        layout |= {"rising": rising, "closed": text.endswith("\n") or not text}
        return Labels({"events": events, "event": names, "said": said}, {self.name: {LAYOUT: layout}})

    def _pitch(self, cells: Sequence[str], said: list[dict[str, Any]], about: About, line: int) -> None:
        """Put a row of frequencies to the event above it."""
        if not said or "low" in said[-1]:
            self.refused(about, "its frequencies follow no row of an event.", line)
        if len(cells) != 3:
            self.refused(about, f"{len(cells) - 1} frequencies; a row of them holds the lowest and the highest.", line)
        low, high = (self.seconds(cell, about, line, "a frequency") for cell in cells[1:])
        # Audacity writes -1 where one of them is not said.
        if 0 <= high < low:
            self.refused(about, f"its lowest frequency {low:.10g} is above its highest {high:.10g}.", line)
        said[-1] |= {"low": low, "high": high, WRITTEN: [*said[-1][WRITTEN], *cells[1:]]}

    def write(self, labels: Labels, about: About) -> bytes:
        """See :class:`BesideForm`."""
        events = self.flat(labels, about, ("low", "high"))
        layout = labels.rest.get(self.name, {}).get(LAYOUT, {})
        if layout.get("rising", True):
            events = sorted(events, key=lambda event: event.start)
        text = "\n".join(row for event in events for row in self._rows(event, about))
        return encoded(self, text + "\n" if text and layout.get("closed", True) else text, layout, about)

    def _rows(self, event: Event, about: About) -> Iterator[str]:
        if "\n" in event.text or "\r" in event.text:
            self.refused(
                about, f"the text {event.text[:40]!r} has several lines. Write these labels as textgrid or srt."
            )
        yield f"{_written(event, 0, event.start)}\t{_written(event, 1, event.end)}\t{event.text}"
        if "low" in event.said:
            yield f"\\\t{_written(event, 2, event.said['low'])}\t{_written(event, 3, event.said['high'])}"


def _written(event: Event, which: int, value: float) -> str:
    return event.number(which, value) or f"{value:.6f}"


def _is_one(path: Path) -> bool | None:
    """Whether a file holds labels: None if it holds anything else, False if it is empty."""
    try:
        return bool(Audacity().read(read_file(path, MOST), About(path=str(path), modality="audio")).fields["events"])
    except (OSError, MediaError):
        return None

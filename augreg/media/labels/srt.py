"""SubRip's subtitles: ``7.srt`` beside ``7.mp4`` or ``7.wav``, or ``7.en.srt`` as ``--labels srt:.en``.

.. code-block:: text

    1
    00:00:01,500 --> 00:00:04,000
    Hello,
    world

Each cue is an event whose text may have several lines; tags and ``{...}`` in it stay as they are, and so does what
stands behind the times (``X1:63 X2:223``). Hours may be more than 99. Cues are numbered anew, from 1, in order of time
if they were in it. Times are written in thousandths of a second, with a comma or, where the file had it, with a point.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, ClassVar

from augreg.media.labels.base import About, Labels
from augreg.media.labels.cues import ARROW, blocks, like, timing
from augreg.media.labels.timed import LAYOUT, WRITTEN, Event, TimedForm, decoded, encoded


class Srt(TimedForm):
    """SubRip's files, see the top of this file."""

    name = "srt"
    extension = "srt"
    suffixes: ClassVar[tuple[str, ...]] = (".srt", ".SRT")

    def read(self, content: bytes, about: About) -> Labels:
        """See :class:`BesideForm`."""
        text, layout = decoded(self, content, about)
        fields: dict[str, list[Any]] = {"events": [], "event": [], "said": []}
        for number, lines in blocks(text):
            skipped = 1 if ARROW not in lines[0] else 0
            if skipped and not lines[0].strip().isdecimal():
                why = "is no number of a cue. Empty lines end a cue, so its text can have none"
                self.refused(about, f"{lines[0][:60]!r} {why}.", number)
            if len(lines) == skipped:
                self.refused(about, f"cue {lines[0].strip()} ends here: it is torn.", number)
            start, end, raw, more = timing(self, lines[skipped], number + skipped, about, ",")
            fields["events"].append([start, end])
            fields["event"].append("\n".join(lines[skipped + 1 :]))
            fields["said"].append({WRITTEN: raw} | ({"coordinates": more} if more else {}))
        layout |= {"rising": all(a <= b for a, b in pairwise(start for start, _ in fields["events"]))}
        layout |= {"tail": len(text) - len(text.rstrip("\n"))}
        layout |= {"point": "." if "." in "".join(fields["said"][0][WRITTEN] if fields["said"] else "") else ","}
        return Labels(fields, {self.name: {LAYOUT: layout}})

    def write(self, labels: Labels, about: About) -> bytes:
        """See :class:`BesideForm`."""
        layout = labels.rest.get(self.name, {}).get(LAYOUT, {})
        events = self.flat(labels, about, ("coordinates", "id"))
        if layout.get("rising", True):
            events = sorted(events, key=lambda event: event.start)
        text = "\n\n".join(self._cue(n, event, layout.get("point", ","), about) for n, event in enumerate(events, 1))
        return encoded(self, text + "\n" * layout.get("tail", 1) if text else "", layout, about)

    def _cue(self, number: int, event: Event, point: str, about: About) -> str:
        check_text(self, event, about)
        if not str(event.said.get("id", number)).isdecimal():
            self.refused(about, f"it cannot say the name {event.said['id']!r} of a cue. Write these labels as vtt.")
        raw = event.said.get(WRITTEN) or ()
        start, end = written_times(event, raw, point)
        more = f" {event.said['coordinates']}" if "coordinates" in event.said else ""
        return f"{number}\n{start} {ARROW} {end}{more}" + (f"\n{event.text}" if event.text else "")


def check_text(form: TimedForm, event: Event, about: About) -> None:
    """Refuse a text that would end its cue."""
    if event.text and any(not line.strip(" \t\r") for line in event.text.split("\n")):
        form.refused(about, f"the text {event.text[:40]!r} has an empty line, which would end its cue.")


def written_times(event: Event, raw: Any, point: str) -> tuple[str, str]:
    """Return both times of a cue, as the file had them where they are the same."""
    old = list(raw) if len(raw) == 2 and all(":" in each for each in raw) else [None, None]
    usable = [each if each is not None and point in each else None for each in old]
    return like(usable[0], event.start, point), like(usable[1], event.end, point)

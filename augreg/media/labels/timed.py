"""What the forms of events in time share: a small text file beside a sound or film, whose lines hold seconds.

Where the files lie. ``7.TextGrid`` belongs to ``7.wav`` in the same folder. After the colon of ``--labels form:...``
stands another folder, ``textgrid:annotations``, which mirrors that of the media, or what comes before the suffix if it
begins with a dot: ``srt:.en`` reads ``7.en.srt``. Labels are written to the same place beside their output.

What is kept. Encoding (UTF-8, or UTF-16 with a mark), kind of line ends, and numbers: one that no step moved is
written with the digits that it had.
"""

from __future__ import annotations

import math
import os
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final, Never

from augreg.errors import ConfigError, MediaError
from augreg.media.formats import readers
from augreg.media.labels.base import EVENTS, About, BesideForm, Labels

MOST: Final = 16 * 2**20
"""Bytes of a file of labels: a TextGrid of an hour with phones has about 3 MB."""

SLACK: Final = 0.05
"""Seconds by which an event may end behind its sound: tools round, and codecs add or cut a few hundredths."""

JOIN: Final = 1e-7
"""Seconds that are no time: less than a sample of any sound lasts. Where a step cuts just at the end of an event,
rounding leaves such a rest of it, or none; gaps between intervals that are as short are none."""

NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)

CUE: Final = "cue"
"""In ``said`` of an event: which cue it was, by which comments find their place. Other forms may leave it out."""

MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
"""Bytes in front of a text, and the encoding that they tell."""

WRITTEN: Final = "written"
"""In ``said`` of an event: its numbers as the file had them."""


class TimedForm(BesideForm):
    """A form of events, one file beside each sound or film."""

    modalities = frozenset({"audio", "video"})
    suffixes: ClassVar[tuple[str, ...]]
    """Those of its files, as they are spelled on disk; the first is written."""

    @property
    def roles(self) -> Mapping[str, Any]:
        """See :class:`LabelForm`."""
        return EVENTS

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """See :class:`LabelForm`: "" for ``7.srt`` beside a sound or film, ".en" for ``7.en.srt``."""
        return sorted({tag for _, tag in beside(root, files, cls.suffixes)})

    @classmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        """See :class:`BesideForm`."""
        if not given:
            return {}
        if given.startswith(".") and "/" not in given and given.strip("."):
            return {"tag": given}
        parts = PurePosixPath(given).parts
        if not (".." in parts or PurePosixPath(given).is_absolute()) and (root / given).is_dir():
            return {"folder": PurePosixPath(given).as_posix()}
        raise ConfigError(
            f"labels {cls.name}:{given}: there is no such folder within {root}. Give a folder of "
            f"{cls.suffixes[0]} files, relative to that of the media, or what comes before the suffix, such as "
            f"{cls.name}:.en, or leave it out for files beside the media."
        )

    def places(self, path: str) -> Sequence[str]:
        """See :class:`BesideForm`."""
        return [self._placed(path, suffix) for suffix in self.suffixes]

    def place(self, output: str) -> str:
        """See :class:`BesideForm`."""
        return self._placed(output, self.suffixes[0])

    def _placed(self, path: str, suffix: str) -> str:
        name = PurePosixPath(path).with_suffix("")
        return f"{self.head.get('folder', '.')}/{name}{self.head.get('tag', '')}{suffix}".removeprefix("./")

    def refused(self, about: About, why: str, line: int = 0) -> Never:
        """Refuse labels.

        Raises:
            MediaError: E_LABEL, always.

        """
        raise MediaError(about.path, f"line {line}: {why}" if line else f"{self.name}: {why}", "E_LABEL")

    def seconds(self, text: str, about: About, line: int, what: str) -> float:
        """Return a number as a file has it; what is none is refused."""
        if len(text) > 64 or NUMBER.fullmatch(text) is None or not math.isfinite(float(text)):
            self.refused(about, f"{what} is {text[:40]!r}. It must be a number such as 1.25, with a point.", line)
        return float(text)

    def check(self, start: float, end: float, about: About, line: int) -> None:
        """Refuse an event that cannot be of this sound or film."""
        if end < start:
            self.refused(about, f"it ends at {end:.10g} s, before it starts at {start:.10g} s. Check the order.", line)
        if 0 < end - start < JOIN:
            self.refused(
                about, "it lasts less than a ten-millionth of a second. Make it an instant, or leave it out.", line
            )
        if start < 0:
            self.refused(about, f"it starts at {start:.10g} s, before the {_kind(about)} does. Check the times.", line)
        if about.seconds and end > about.seconds + SLACK:
            held = f"the {_kind(about)} ends at {about.seconds:.10g} s"
            self.refused(about, f"it lasts to {end:.10g} s, and {held}. Are these labels of another file?", line)

    def said(self, labels: Labels, about: About, known: Sequence[str]) -> list[Event]:
        """Return the events of labels, whichever form has read them; what this one cannot say is refused.

        Events shorter than :data:`JOIN`, which no file had, are what rounding left of those that a step cut away.

        Args:
            labels: what is to be written.
            about: the output.
            known: what of ``said`` this form can write.

        """
        if odd := sorted(set(labels.fields) - set(EVENTS)):
            self.refused(about, f"it holds events in time, no {', '.join(odd)}. Write these labels as json.")
        self._check_rest(labels, about)
        times = labels.fields.get("events") or []
        names = labels.fields.get("event") or [""] * len(times)
        more = labels.fields.get("said") or [None] * len(times)
        found = []
        for (start, end), name, said in zip(times, names, more, strict=True):
            if not (math.isfinite(start) and math.isfinite(end) and start <= end):
                self.refused(about, f"an event from {start} to {end} cannot be written.")
            if odd := sorted(set(said or {}) - {*known, WRITTEN, CUE}):
                way = OWNERS.get(odd[0], "json")
                self.refused(about, f"it cannot say {odd[0]!r} of an event. Write these labels as {way}.")
            text = "" if name is None else name if isinstance(name, str) else str(name)
            if not 0 < end - start < JOIN:
                found.append(Event(float(start), float(end), text, said or {}))
        return found

    def _check_rest(self, labels: Labels, about: About) -> None:
        """Refuse what another form has read of a whole file, its layout aside."""
        for form, rest in labels.rest.items():
            lost = [part for part in rest if part not in (LAYOUT, TIERS) and rest[part]] if form != self.name else []
            if lost:
                self.refused(about, f"it cannot say the {lost[0]} of these labels. Write them as {form}.")

    def flat(self, labels: Labels, about: About, known: Sequence[str]) -> list[Event]:
        """Return the events of labels for a form without tiers: a TextGrid's empty intervals are left out.

        In a TextGrid they stand for nothing: its intervals have to cover the whole time.
        """
        tiers = labels.rest.get("textgrid", {}).get(TIERS, [])
        if len(tiers) > 1:
            names = ", ".join(repr(tier["name"]) for tier in tiers)
            self.refused(
                about, f"it has no tiers, and there are {len(tiers)}: {names}. Write these labels as textgrid."
            )
        intervals = {n for n, tier in enumerate(tiers) if tier["class"] == INTERVALS}
        events = self.said(labels, about, (*known, "tier"))
        return [event for event in events if event.text or event.said.get("tier") not in intervals]


LAYOUT: Final = "layout"
"""In ``rest`` of a file: how it is written, as opposed to what it says; no loss if another form does not keep it."""
TIERS: Final = "tiers"
INTERVALS: Final = "IntervalTier"

OWNERS: Final = {"low": "audacity", "high": "audacity", "tier": "textgrid", "coordinates": "srt"} | dict.fromkeys(
    ("settings", "id", "inside"), "vtt"
)
"""Which of our forms writes what else is said of an event."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it is written: seconds, its text, and what else is said of it."""

    start: float
    end: float
    text: str
    said: Mapping[str, Any]

    def number(self, which: int, value: float) -> str | None:
        """Return how the file had a number of this event, None if it had another."""
        raw = self.said.get(WRITTEN) or ()
        same = (
            which < len(raw) and NUMBER.fullmatch(raw[which]) and math.isclose(float(raw[which]), value, abs_tol=TINY)
        )
        return raw[which] if same else None


TINY: Final = 5e-10
"""Seconds that two times may differ and be the same: rounding of float64 in the hours that recordings last."""


def plain(value: float) -> str:
    """Return a number of seconds without the noise of rounding: 0.3 for 0.30000000000000004."""
    return f"{round(value, 9) + 0.0:.10g}" if abs(value) < 1e5 else f"{value:.15g}"


def _kind(about: About) -> str:
    return "sound" if about.modality == "audio" else "film"


def decoded(form: TimedForm, content: bytes, about: About) -> tuple[str, dict[str, Any]]:
    r"""Return a text with "\n" between its lines, and what :func:`encoded` needs to write it as it was."""
    if len(content) > MOST:
        form.refused(about, f"its {len(content):_} bytes are more than the {MOST:_} that are read.")
    mark, encoding = next(((m, e) for m, e in MARKS if content.startswith(m)), (b"", "utf-8"))
    try:
        text = content[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        good = content[len(mark) : len(mark) + error.start].decode(encoding, "replace")
        form.refused(about, f"its bytes are no {encoding.upper()}. Save the file as UTF-8.", good.count("\n") + 1)
    newline = "\r\n" if "\r\n" in text else "\r" if "\r" in text and "\n" not in text else "\n"
    layout = {"encoding": encoding, "marked": bool(mark), "newline": newline}
    return text.replace(newline, "\n"), layout


def encoded(form: TimedForm, text: str, layout: Mapping[str, Any], about: About) -> bytes:
    """Return the bytes of a text, UTF-8 with plain line ends unless its layout says otherwise."""
    encoding = layout.get("encoding", "utf-8")
    mark = next(m for m, e in MARKS if e == encoding) if layout.get("marked") else b""
    try:
        return mark + text.replace("\n", layout.get("newline", "\n")).encode(encoding)
    except UnicodeEncodeError as error:
        form.refused(about, f"{text[error.start]!r} is half of a character and cannot be written.")


def beside(root: Path, files: Sequence[str], suffixes: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield files with one of the suffixes that have the name of a sound or film in their folder, and what is between.

    Folders are listed, each once: asking for one file per sample takes ten times as long.
    """
    timed = {ext for ext, spec in readers().items() if {"audio", "video"} & {spec.modality, *spec.also}}
    stems: dict[str, set[str]] = defaultdict(set)
    for file in files:
        path = PurePosixPath(file)
        if path.suffix.lower() in timed:
            stems[str(path.parent)].add(path.stem)
    for folder, known in stems.items():
        try:
            names = sorted(entry.name for entry in os.scandir(root / folder))
        except OSError:
            continue
        for name in names:
            found = next((suffix for suffix in suffixes if name.endswith(suffix)), None)
            stem = name.removesuffix(found or "")
            stem, tag = (stem, "") if stem in known else (PurePosixPath(stem).stem, PurePosixPath(stem).suffix)
            if found and stem in known:
                yield (PurePosixPath(folder) / name).as_posix(), tag

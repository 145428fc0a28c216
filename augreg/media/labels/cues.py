"""What SubRip and WebVTT share: blocks of lines between empty ones, and times such as 00:00:01,500."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from augreg.media.labels.base import About
from augreg.media.labels.timed import TimedForm

TIME: Final = r"(?:\d{1,6}:)?\d{1,2}:\d{2}[.,]\d{3}"
TIMES: Final = re.compile(rf"[ \t]*({TIME})[ \t]*-->[ \t]*({TIME})(?:[ \t]+(.*))?", re.ASCII)
ARROW: Final = "-->"
EXAMPLE: Final = "00:00:01{0}000 --> 00:00:04{0}000"


def blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of its first line and the lines of each block; empty lines stand between blocks."""
    first = 1
    held: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip(" \t"):
            first = first if held else number
            held.append(line)
        elif held:
            yield first, held
            held = []
    if held:
        yield first, held


def timing(form: TimedForm, line: str, number: int, about: About, point: str) -> tuple[float, float, list[str], str]:
    """Read the line of a cue's times: start and end in seconds, both as written, and what follows them."""
    found = TIMES.fullmatch(line)
    if found is None:
        example = EXAMPLE.format(point)
        form.refused(about, f"{line[:60]!r} are no times of a cue, such as {example!r}. Empty lines end a cue.", number)
    start, end = (_seconds(form, found[i], number, about) for i in (1, 2))
    form.check(start, end, about, number)
    return start, end, [found[1], found[2]], (found[3] or "").strip()


def _seconds(form: TimedForm, written: str, number: int, about: About) -> float:
    value = seconds(written)
    *_, minutes, rest = written.split(":")
    if int(minutes) > 59 or int(rest[:2]) > 59:
        form.refused(about, f"the time {written!r} has more than 59 minutes or seconds.", number)
    return value


def seconds(written: str) -> float:
    """Return a time in seconds."""
    *more, last = written.split(":")
    total = 0
    for part in more:
        total = total * 60 + int(part)
    return (total * 60_000 + int(last[:2]) * 1000 + int(last[3:])) / 1000


def clock(value: float, point: str) -> str:
    """Return seconds as hours, minutes, seconds and thousandths."""
    thousandths = round(max(value, 0.0) * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{point}{rest % 1000:03}"


def like(written: str | None, value: float, point: str) -> str:
    """Return seconds as they were ``written``, if they still are the same."""
    same = written is not None and abs(seconds(written) - value) < 5e-7
    return written if same and written is not None else clock(value, point)

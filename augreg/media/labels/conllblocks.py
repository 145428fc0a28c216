"""Cuts a file of CoNLL columns into sentences, each with the beginnings of documents that stand above it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from augreg.media.labels.base import Said
from augreg.media.labels.conllfile import DOCSTART, LONGEST, SENT_ID, is_comment, split

MOST: Final = 1 << 24
"""Bytes of one sentence; more is a file without empty lines."""

LONG: Final = 1 << 10
"""Characters above a sentence that all sentences of its document carry."""

_DOCUMENT: Final = re.compile(r"#[ \t]*newdoc\b")
_PARAGRAPH: Final = re.compile(r"#[ \t]*newpar\b")
_GLOBAL: Final = re.compile(r"#[ \t]*global\.")
_LEVELS: Final = ((_GLOBAL, 0), (_DOCUMENT, 1), (_PARAGRAPH, 2))


@dataclass(slots=True)
class _Above:
    """What stands above the next sentence, by level: of the whole file, of the document, of the paragraph."""

    count: int = 0
    held: dict[int, list[Any]] = field(default_factory=dict)
    waits: int = 0
    """The line of a beginning behind which no sentence came yet, 0 for none."""

    def begin(self, level: int, text: str, line: int) -> None:
        """Take a line that begins a document or a paragraph: what it ends has nothing above the next sentence."""
        self.count += 1
        self.held = {other: said for other, said in self.held.items() if other < level}
        self.held[level] = [self.count, text]
        self.waits = line

    def take(self) -> list[Any]:
        """Return all of it as plain JSON, for a sentence.

        Every sentence below has it, since nobody knows which will be the first one that is written; but what is long
        only the next one, or a file of short sentences would become many times as large.
        """
        said = [self.held[level] for level in sorted(self.held)]
        self.held = {level: each for level, each in self.held.items() if len(each[1]) <= LONG}
        self.waits = 0
        return said


def sentences(file: Path, name: str, head: Mapping[str, Any]) -> Iterator[Said]:
    """Yield the sentences of a file; ``raw`` has ``text``, ``line``, ``above``, and ``id`` where it says one."""
    above = _Above()
    number = 0
    with file.open("rb") as opened:
        for first, block, fault in _blocks(opened):
            if not fault:
                try:
                    text = block.decode("utf-8-sig" if first == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    at = first + block[: error.start].count(b"\n")
                    fault = f"line {at}: it is no UTF-8 ({block[error.start : error.start + 4]!r}). Convert the file."
            if fault:
                number += 1
                yield Said(f"{name}:{first}", {"line": first, "text": "", "number": number}, fault)
                continue
            raw = _raw(text.replace("\r\n", "\n"), first, head, above)
            if raw is None:
                continue
            number += 1
            yield Said(f"{name}:{raw['line']}", {**raw, "number": number})
    if above.waits:
        fault = (
            f"line {above.waits}: no sentence follows this beginning of a document, and it would be lost. Remove it."
        )
        yield Said(f"{name}:{above.waits}", {"line": above.waits, "text": "", "number": number + 1}, fault)


def _blocks(opened: IO[bytes]) -> Iterator[tuple[int, bytes, str]]:
    """Yield the lines between empty ones, those behind them included: number of the first, bytes, and what is wrong."""
    held: list[bytes] = []
    first, size, words, ended = 1, 0, False, False
    for number, line in enumerate(iter(lambda: opened.readline(LONGEST + 1), b""), 1):
        if len(line) > LONGEST:
            yield first, b"", f"line {number}: it is longer than {LONGEST:,} bytes, and what follows was not read."
            return
        empty = not line.strip()
        if held and ended and not empty:
            yield first, b"".join(held), ""
            held, first, size, words, ended = [], number, 0, False, False
        held.append(line)
        size += len(line)
        words = words or not empty
        ended = ended or (empty and words)
        if size > MOST:
            yield (
                first,
                b"",
                f"line {first}: no empty line ends its sentence within {MOST:,} bytes; the rest was not read.",
            )
            return
    if any(line.strip() for line in held):
        whole = b"".join(held)
        yield first, whole if whole.endswith(b"\n") else whole + b"\n", ""


def _raw(text: str, first: int, head: Mapping[str, Any], above: _Above) -> dict[str, Any] | None:
    """Return a sentence as plain JSON; None if the lines hold none, but what stands above the next one."""
    newline = head["newline"]
    lines = text.split("\n")[:-1]
    at = _past_empty(lines, 0)
    if at < len(lines) and DOCSTART in split(lines[at], tabs=head["tabs"])[0][:2]:
        after = _past_empty(lines, at + 1)
        above.begin(1, lines[at] + newline * (1 if after == at + 1 < len(lines) else 2), first + at)
        at = after
    comments: list[str] = []
    while at < len(lines) and is_comment(lines[at], head):
        level = next((level for pattern, level in _LEVELS if pattern.match(lines[at])), None)
        if level is None:
            comments.append(lines[at])
        else:
            above.begin(level, lines[at] + newline, first + at)
        at += 1
    lines, first = lines[at:], first + at
    if not any(line.strip() for line in lines):
        if comments:  # they stand by themselves: of the whole document, or of the sentences that follow
            above.begin(1 if not above.held else 2, "".join(c + newline for c in comments) + newline, first)
        return None
    found = next((match[1] for comment in comments if (match := SENT_ID.match(comment))), None)
    said = {} if found is None else {"id": found}
    text = "".join(f"{line}\n" for line in (*comments, *lines))
    return {"line": first - len(comments), "text": text, "above": above.take(), **said}


def _past_empty(lines: Sequence[str], at: int) -> int:
    """Return the place of the next line that holds something."""
    return next((i for i in range(at, len(lines)) if lines[i].strip()), len(lines))

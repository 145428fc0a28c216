"""The words of Praat's text files: strings, numbers and flags that stand free; all else only helps people to read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Never

from augreg.media.labels.base import About
from augreg.media.labels.timed import INTERVALS, NUMBER, TimedForm

# Each alternative takes what it can and gives nothing back: the time is linear, whatever the text.
_WORD: Final = re.compile(r'"(?:[^"]|"")*+"|!([^\n]*)|[^\s"!]\S*+|["!]')
_HELP: Final = re.compile(
    r"File|type|Object|class|name|xmin|xmax|tiers\?|size|item|intervals|points|text|mark|number|time|=|"
    r"(?:item|intervals|points)?\s?\[\d*\]:?|(?:item|intervals|points):",
    re.ASCII,
)
NAMES: Final = {"intervals": ("xmin", "xmax", "text"), "points": ("number", "mark")}
KINDS: Final = ("ooTextFile", "ooTextFile short")


class Words:
    """Reads the words of a file one after the other.

    Args:
        form: refuses what is wrong.
        text: of the whole file, lines ended by one character.
        about: the sound.

    """

    def __init__(self, form: TimedForm, text: str, about: About) -> None:
        self._form, self._text, self._about = form, text, about
        self._found = _WORD.finditer(text)
        self._at = 0
        self.line = 1
        """Number of the line of the last word."""
        self.comments: list[str] = []
        self.said: set[str] = set()
        """Words that only help people to read."""

    def header(self) -> str:
        """Read what the file says that it is, and return it."""
        for magic in ("ooBinaryFile", "Praat chronological"):
            if magic in self._text[:60]:
                self._refuse("it is of another form. In Praat, save it as text file or as short text file.")
        kind, held = self.text("file type"), self.text("object class")
        if kind not in KINDS or held != "TextGrid":
            self._refuse(f"a file of {kind[:40]!r} with {held[:40]!r}, where 'ooTextFile' with 'TextGrid' is read.")
        return kind

    def text(self, what: str) -> str:
        """Return the next word, a string."""
        word = self._next(what)
        if not word.startswith('"'):
            self._refuse(f"{what} is {word[:40]!r}; it must stand in quotes.")
        return word[1:-1].replace('""', '"')

    def number(self, what: str) -> str:
        """Return the next word, a number, as it is written."""
        word = self._next(what)
        self._form.seconds(word, self._about, self.line, what)
        return word

    def count(self, what: str) -> int:
        """Return the next word, a whole number from 0."""
        word = self._next(f"the number of {what}")
        if not (word.isascii() and word.isdecimal() and len(word) < 10):
            self._refuse(f"the number of {what} is {word[:40]!r}.")
        return int(word)

    def flag(self) -> bool:
        """Return the next word, whether there are tiers."""
        word = self._next("<exists>")
        if word not in ("<exists>", "<absent>"):
            self._refuse(f"{word[:40]!r} stands where <exists> is to say whether there are tiers.")
        return word == "<exists>"

    def finish(self) -> None:
        """Refuse what stands behind the end."""
        if (word := self._word()) is not None:
            self._refuse(f"{word[:40]!r} stands behind the last tier. Check the numbers of tiers and entries.")

    def _next(self, what: str) -> str:
        word = self._word()
        if word is None:
            self._to(len(self._text.rstrip()))
            self._refuse(f"the file ends where {what} should come: it is torn.")
        return word

    def _word(self) -> str | None:
        for match in self._found:
            self._to(match.start())
            word = match.group()
            if match.group(1) is not None:
                self.comments.append(match.group(1))
            elif word == '"':
                self._refuse("its quotes are never closed: it is torn.")
            elif word[0] in '"<' or NUMBER.match(word) or word.lower().lstrip("+-") in ("nan", "inf", "--undefined--"):
                return word
            elif _HELP.fullmatch(word):
                self.said.add(word)
            else:
                self._refuse(f"{word[:40]!r} is not understood. Texts stand in quotes, and quotes in them are doubled.")
        return None

    def _to(self, at: int) -> None:
        self.line += self._text.count("\n", self._at, at)
        self._at = max(self._at, at)

    def _refuse(self, why: str) -> Never:
        self._form.refused(self._about, why, self.line)


Made = Sequence[tuple[Mapping[str, Any], Sequence[tuple[str, ...]]]]
"""Tiers with their entries: start, end and text, or time and text."""


def short_lines(kind: str, comments: Sequence[str], span: tuple[str, str], tiers: Made) -> Iterator[str]:
    """Yield the lines of the short form."""
    yield from _header(kind, comments)
    yield from (*span, "<exists>", str(len(tiers)))
    for tier, entries in tiers:
        yield from (_quoted(tier["class"]), _quoted(tier["name"]), *span, str(len(entries)))
        for *times, text in entries:
            yield from (*times, _quoted(text))


def long_lines(kind: str, comments: Sequence[str], span: tuple[str, str], tiers: Made) -> Iterator[str]:
    """Yield the lines of the long form, with the spaces at their ends that Praat writes."""
    yield from _header(kind, comments)
    yield from (f"xmin = {span[0]} ", f"xmax = {span[1]} ", "tiers? <exists> ", f"size = {len(tiers)} ", "item []: ")
    for n, (tier, entries) in enumerate(tiers, 1):
        yield f"    item [{n}]:"
        facts = {"class": _quoted(tier["class"]), "name": _quoted(tier["name"]), "xmin": span[0], "xmax": span[1]}
        yield from (f"        {fact} = {value} " for fact, value in facts.items())
        word = "intervals" if tier["class"] == INTERVALS else "points"
        yield f"        {word}: size = {len(entries)} "
        for m, (*times, text) in enumerate(entries, 1):
            yield f"        {word} [{m}]:"
            for name, value in zip(NAMES[word], (*times, _quoted(text)), strict=True):
                yield f"            {name} = {value} "


def _header(kind: str, comments: Sequence[str]) -> Iterator[str]:
    yield f'File type = "{kind}"'
    yield 'Object class = "TextGrid"' if kind == KINDS[0] else '"TextGrid"'
    yield ""
    yield from (f"!{comment}" for comment in comments)


def _quoted(text: str) -> str:
    doubled = text.replace('"', '""')
    return f'"{doubled}"'

"""A large JSON file, gone through part by part: what is wrong with one part is known by its line, and stops no other.

The annotations of COCO are 450 MB of text, of which Python would make 4 GB of dictionaries. Here the text is held, and
each entry of its long lists is parsed when its turn comes.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.param.files import read_file

MOST: Final = 2**30
"""Bytes of a file that is read. All of COCO 2017's training instances have 448 MB."""

SPACE: Final = re.compile(r"[ \t\n\r]*")


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of a long list, or the whole value of another key.

    Args:
        key: the key of the file in which it stands.
        value: what it says.
        start: where it begins in the text.
        line: its line, from 1.
        fault: why no use can be made of it.
        opens: it stands for the beginning of a long list, and has no value.

    """

    key: str
    value: Any
    start: int
    line: int
    fault: str = ""
    opens: bool = False


class BigJson:
    """The text of a JSON file whose outermost value is an object.

    Args:
        path: the file.

    Raises:
        ConfigError: it cannot be read.

    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._at, self._line, self._fault = 0, 1, ""
        self._decoder = json.JSONDecoder(object_pairs_hook=self._pairs, parse_constant=self._constant)
        try:
            self.text = read_file(path, MOST).decode("utf-8-sig")
        except OSError as error:
            raise ConfigError(f"labels {str(path)!r} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"labels {str(path)!r} are not UTF-8: byte {error.start}. Save them as UTF-8.") from None

    def parts(self, lists: Collection[str]) -> Iterator[Part]:
        """Yield every entry of the lists that stand under some keys, and the values of all other keys as they are.

        Raises:
            ConfigError: with line and column: it is no JSON, is no object, or a key stands in it twice.

        """
        at, seen = self._space(self._expect(0, "{")), set[str]()
        while seen or not self.text.startswith("}", at):
            key, after = self._parsed(self._space(at))
            if not isinstance(key, str):
                raise self.torn(at, "a key in double quotes is missing")
            if key in seen:
                raise self.torn(at, f"key {key!r} stands twice")
            seen.add(key)
            at = self._space(self._expect(after, ":"))
            if key in lists and self.text.startswith("[", at):
                yield self._part(key, None, at, opens=True)
                at = yield from self._entries(key, at + 1)
            else:
                value, after = self._parsed(at)
                yield self._part(key, value, at)
                at = after
            at = self._space(at)
            if self.text.startswith("}", at):
                break
            at = self._expect(at, ",")
        if self._space(at + 1) != len(self.text):
            raise self.torn(self._space(at + 1), "something follows the end")

    def _entries(self, key: str, at: int) -> Generator[Part, None, int]:
        at = self._space(at)
        if self.text.startswith("]", at):
            return at + 1
        while True:
            at = self._space(at)
            value, after = self._parsed(at)
            yield self._part(key, value, at)
            at = self._space(after)
            if self.text.startswith("]", at):
                return at + 1
            at = self._expect(at, ",")

    def again(self, start: int) -> Any:
        """Return the value that begins at a place, parsed once more."""
        return self._parsed(start)[0]

    def torn(self, at: int, why: str) -> ConfigError:
        """Return the error for a file that cannot be understood from a place on."""
        line, column = self.text.count("\n", 0, at) + 1, at - self.text.rfind("\n", 0, at)
        return ConfigError(f"labels {str(self.path)!r}, line {line}, column {column}: {why}. Mend the file.")

    def _part(self, key: str, value: Any, start: int, *, opens: bool = False) -> Part:
        self._line += self.text.count("\n", self._at, start)
        self._at = start
        fault = self._fault
        try:
            fault = fault or ("" if _finite(value) else "a number in it is too large")
        except RecursionError:
            raise self.torn(start, "it is nested too deeply") from None
        return Part(key, value, start, self._line, fault, opens)

    def _parsed(self, at: int) -> tuple[Any, int]:
        self._fault = ""
        try:
            return self._decoder.raw_decode(self.text, at)
        except json.JSONDecodeError as error:
            ended = error.pos >= len(self.text) or error.msg.startswith("Unterminated")
            raise self.torn(error.pos, "the end is missing" if ended else f"no JSON: {error.msg}") from None
        except RecursionError:
            raise self.torn(at, "it is nested too deeply") from None
        except ValueError:  # Python's guard against whole numbers that take minutes to read
            raise self.torn(at, "a number has thousands of digits") from None

    def _space(self, at: int) -> int:
        found = SPACE.match(self.text, at)
        return found.end() if found else at

    def _expect(self, at: int, mark: str) -> int:
        at = self._space(at)
        if not self.text.startswith(mark, at):
            there = f"{self.text[at]!r} stands where {mark!r} is due" if at < len(self.text) else "the end is missing"
            raise self.torn(at, there)
        return at + 1

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            keys = [key for key, _ in pairs]
            self._fault = f"key {next(key for key in keys if keys.count(key) > 1)!r} stands in it twice"
        return found

    def _constant(self, name: str) -> float:
        self._fault = f"it holds {name}, which is no number"
        return 0.0


def _finite(value: Any) -> bool:
    """Whether all numbers are finite: 1e999 is read as infinity."""
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        try:
            return math.isfinite(sum(value))  # of a polygon; ten times as fast as to ask each number
        except (TypeError, OverflowError):
            return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)

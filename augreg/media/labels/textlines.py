"""Files in which one sample follows another: how the lines of each are put together again, and under which id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any, Final

_COPY: Final = re.compile(r"__a\d+$")


def again(name: str, output: str) -> str:
    """Return the id of an output: that of the input with the number of the copy, as its output path has it.

    >>> from augreg.media.labels.textlines import again
    >>> again("weblog-5", "weblog-5__a1.txt"), again("5", "5.txt")
    ('weblog-5__a1', '5')

    """
    found = _COPY.search(PurePosixPath(output).stem)
    return f"{name}{found[0]}" if found else name


class Above:
    """What has to stand before a sample, such as the beginning of its document, and stood there once."""

    def __init__(self) -> None:
        self._last = -1

    def before(self, row: Any) -> str:
        """Return what is to be written before a row that comes next."""
        fresh = [(number, text) for number, text in row.get("above", ()) if number > self._last]
        self._last = max([self._last, *(number for number, _ in fresh)])
        return "".join(text for _, text in fresh)


def written(rows: Iterable[Any]) -> Iterator[bytes]:
    """Yield the bytes of rows that hold ``text`` and, where there is some, ``above``: numbered texts that come once."""
    above = Above()
    for row in rows:
        yield (above.before(row) + row["text"]).encode("utf-8")

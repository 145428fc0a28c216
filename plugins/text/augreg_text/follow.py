"""How spans follow edits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg_text.block import bounds
from augreg_text.edits import Edits

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def follow(spans: list[Any], edits: Edits) -> list[Any]:
    """Return the spans of every text after its edits; None stays None.

    The rule, for a span and the edits of its text:

    1. Edits before a span move it, edits after it don't touch it.
    2. An edit inside a span, or one that replaces exactly the span, belongs to it: the span grows or shrinks.
       An insertion at either border stays outside.
    3. An edit across a border takes its part away: the span shrinks to what is left of it (of which
       :func:`trimmed` then takes the blanks at the ends).
    4. A span inside a stretch that is moved travels with it; text moved in from outside is not taken in at a border.
    5. A span of which nothing is left is dropped, with its label and fields. An empty span is only moved.
    """
    if not len(edits.starts):
        return spans
    edges = bounds(edits.counts).tolist()
    out = list(spans)
    for i, (found, a, b) in enumerate(zip(spans, edges, edges[1:], strict=False)):
        if found is not None and len(found) and a < b:
            out[i] = _follow_one(found, edits, slice(a, b))
    return out


def trimmed(before: list[Any], after: list[Any], old: list[str], new: list[str]) -> list[Any]:
    """Return spans after edits without blanks at their ends, where those of a text had none before.

    What is left of a span that an edit took a word from would begin or end with the blank beside that word. Of blanks
    alone nothing is kept.
    """
    found = list(after)
    for i, (was, now) in enumerate(zip(before, after, strict=True)):
        if now is None or now is was or not len(now) or _blank_edges(was, old[i]):
            continue
        data, empty = now.data.copy(), now.data[:, 0] == now.data[:, 1]
        for row in data:
            text = new[i][row[0] : row[1]]
            row[0], row[1] = row[0] + len(text) - len(text.lstrip()), row[1] - len(text) + len(text.rstrip())
        keep = np.flatnonzero((data[:, 0] < data[:, 1]) | empty)
        data[empty] = now.data[empty]
        found[i] = (now if len(keep) == len(now) else now.keep(keep)).replace(data[keep])
    return found


def _blank_edges(spans: Any, text: str) -> bool:
    return any(text[a:b] != text[a:b].strip() for a, b in spans.data.tolist())


def _follow_one(spans: Any, edits: Edits, mine: slice) -> Any:
    one = _Map.of(edits, mine)
    begin, end = spans.data[:, 0], spans.data[:, 1]
    empty = begin == end
    new_begin = one.begin(begin, end)
    new = one.travel(begin, end, np.stack([new_begin, np.where(empty, new_begin, one.end(begin, end))], axis=1))
    keep = np.flatnonzero((new[:, 0] < new[:, 1]) | empty)
    kept = spans if len(keep) == len(spans) else spans.keep(keep)
    return kept.replace(new[keep])


@dataclass(frozen=True)
class _Map:
    """The edits of one text; ``shift[j]`` is by how much the first j of them move what follows."""

    starts: Ints
    ends: Ints
    lengths: Ints
    shift: Ints
    sources: Ints | None

    @classmethod
    def of(cls, edits: Edits, mine: slice) -> _Map:
        starts, ends, lengths = edits.starts[mine], edits.ends[mine], edits.lengths[mine]
        sources = None if edits.sources is None else edits.sources[mine]
        return cls(starts, ends, lengths, bounds(lengths - (ends - starts)), sources)

    def begin(self, begin: Ints, end: Ints) -> Ints:
        """Where spans begin after the edits."""
        before = np.searchsorted(self.ends, begin, side="right")
        edit = np.minimum(before, len(self.ends) - 1)
        start = self.starts[edit]
        cut = (start < begin) | ((start == begin) & self._foreign(edit, begin, end))
        behind = self.ends[edit] + self.shift[edit + 1]
        return np.where((before < len(self.ends)) & cut, behind, begin + self.shift[before])

    def end(self, begin: Ints, end: Ints) -> Ints:
        """Where spans end after the edits."""
        before = np.searchsorted(self.starts, end, side="left")
        edit = np.maximum(before - 1, 0)
        stop = self.ends[edit]
        cut = (stop > end) | ((stop == end) & self._foreign(edit, begin, end))
        return np.where((before > 0) & cut, self.starts[edit] + self.shift[edit], end + self.shift[before])

    def travel(self, begin: Ints, end: Ints, new: Ints) -> Ints:
        """Let the spans inside a moved stretch go where it goes."""
        source, length = self.sources, self.lengths
        if source is None:
            return new
        inside = (source >= 0) & (source <= begin[:, None]) & (end[:, None] <= source + length)
        edit = inside.argmax(axis=1)
        place = self.starts[edit] + self.shift[edit] + begin - source[edit]
        moved: Bools = np.any(inside, axis=1, keepdims=True)
        return np.where(moved, np.stack([place, place + end - begin], axis=1), new)

    def _foreign(self, edit: Ints, begin: Ints, end: Ints) -> Bools:
        """Whether an edit brings text that comes from outside the span."""
        if self.sources is None:
            return np.zeros(len(edit), dtype=bool)
        source = self.sources[edit]
        return (source >= 0) & ~((begin <= source) & (source + self.lengths[edit] <= end))

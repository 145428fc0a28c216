"""The text's share of a joint step: carry out edits, and let spans follow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from augreg import AugmenterBase, Batch, Declaration, Params, Spans


@dataclass(frozen=True, kw_only=True)
class Rewrite(AugmenterBase):
    """Replace stretches of a text.

    Params: ``edits``, per text a list of ``[start, end, replacement]`` in characters, ascending, not overlapping.
    An edit inside a span belongs to it; one across a border takes its part away; a span of which nothing is left
    is dropped. An insertion at a border stays outside.
    """

    declares: ClassVar[Declaration] = Declaration(
        targets=("spans",), leaves=("label",), dtypes=("str",), keeps_shape=False
    )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Carry out the edits."""
        drawn = [params.row(i)["edits"] for i in range(len(batch))]
        rows = [[(int(start), int(end), str(new)) for start, end, new in row] for row in drawn]
        data = [edited(text, edits) for text, edits in zip(batch.data, rows, strict=True)]
        spans = [
            found if found is None else follow(found, edits)
            for found, edits in zip(batch.info.target("spans"), rows, strict=True)
        ]
        return batch.replace(data, targets={"spans": spans} if "spans" in batch.info.targets else None)


def edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    """Return a text after its edits; without any, the same object."""
    if not edits:
        return text
    pieces, at = [], 0
    for start, end, new in edits:
        pieces += [text[at:start], new]
        at = end
    return "".join([*pieces, text[at:]])


def follow(spans: Spans, edits: Sequence[tuple[int, int, str]]) -> Spans:
    """Return the spans of a text after its edits."""
    moved = [_moved(int(begin), int(end), edits) for begin, end in spans.data]
    keep = np.asarray([i for i, place in enumerate(moved) if place is not None], dtype=np.int64)
    places: list[Any] = [place for place in moved if place is not None]
    return spans.keep(keep).replace(np.asarray(places, dtype=np.int64).reshape(-1, 2))


def _moved(begin: int, end: int, edits: Sequence[tuple[int, int, str]]) -> tuple[int, int] | None:
    first, last = begin, end
    for start, stop, new in edits:
        grown = len(new) - (stop - start)
        if stop <= begin:
            first, last = first + grown, last + grown
        elif start < end and begin <= start and stop <= end:
            last += grown
        elif start < end:
            # The replacement stays outside: what is left of the span begins behind it, or ends before it.
            lost = min(stop, end) - max(start, begin)
            if start < begin:
                first, last = first + grown + lost, last + grown
            else:
                last -= lost
    return (first, last) if first < last or begin == end else None

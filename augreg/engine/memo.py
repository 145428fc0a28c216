"""What is remembered of a pipeline from call to call, beside it: a pipeline itself never changes."""

from __future__ import annotations

import weakref
from dataclasses import dataclass, field
from typing import Final

from augreg.pipeline.pipeline import Pipeline


@dataclass(slots=True)
class Memo:
    """What was learned in earlier calls. It saves time and changes no result."""

    draws: dict[str, set[tuple[str, str]]] = field(default_factory=dict)
    """Per modality, path and name of what the last call drew, see :class:`augreg.random.prefetch.Prefetch`."""


_memos: Final[dict[int, Memo]] = {}
"""By identity: equal pipelines need not share, and comparing two means to write both out."""


def memo_of(pipe: Pipeline) -> Memo:
    """Return what is remembered of a pipeline; it is forgotten with the pipeline."""
    found = _memos.get(id(pipe))
    if found is None:
        found = _memos.setdefault(id(pipe), Memo())
        weakref.finalize(pipe, _memos.pop, id(pipe), None)
    return found

"""What was learned of a pipeline in earlier calls. It saves time, lies beside the pipeline, and changes no result."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from augreg.pipeline.pipeline import Pipeline
from augreg.random.prefetch import Draw

if TYPE_CHECKING:
    from augreg.engine.line import Line


@dataclass(slots=True)
class Memo:
    """What is remembered of one pipeline."""

    draws: dict[str, set[Draw]] = field(default_factory=dict)
    """Per modality, what the last call drew, see :class:`augreg.random.prefetch.Prefetch`."""
    lines: dict[tuple[str, str | None, Hashable], Line | None] = field(default_factory=dict)
    """Per modality, field of a record and what that is tied to, the steps that one sample goes through by itself, if it
    can."""
    altering: frozenset[str] | None = None
    """The modalities for which policies draw operations that alter something of which captions may speak."""


_memos: Final[dict[int, Memo]] = {}
"""By identity: equal pipelines need not share, and comparing two means to write both out."""


def memo_of(pipe: Pipeline) -> Memo:
    """Return what is remembered of a pipeline; it is forgotten with the pipeline."""
    found = _memos.get(id(pipe))
    if found is None:
        found = _memos.setdefault(id(pipe), Memo())
        weakref.finalize(pipe, _memos.pop, id(pipe), None)
    return found

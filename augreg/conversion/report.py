"""What a conversion returns, and how it is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from augreg.pipeline import Pipeline

How = Literal["native", "adapter", "left out"]


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one transform."""

    transform: str
    """With its library: "albumentations.Rotate"."""
    how: How
    """native: an augmenter that does the same; adapter: the library's own; left out: nothing is needed."""
    ours: str
    """The augmenter, or several of them with " + " between; "" for what is left out."""
    differs: tuple[str, ...] = ()
    """What is not quite the same; for an adapter, why no augmenter is taken; else why it is left out."""

    def __str__(self) -> str:
        if self.how == "left out":
            return f"{self.transform} is left out: {'; '.join(self.differs)}"
        way = " (adapter)" if self.how == "adapter" else ""
        more = f": {'; '.join(self.differs)}" if self.differs else ""
        return f"{self.transform} -> {self.ours}{way}{more}"


@dataclass(frozen=True, slots=True)
class Converted:
    """A converted pipeline, and what became of each transform; as text, its report."""

    library: str
    pipeline: Pipeline
    lines: tuple[Line, ...]
    notes: tuple[str, ...] = ()
    """What was said beside the transforms, and what becomes of it."""

    def __str__(self) -> str:
        return "\n".join([*map(str, self.lines), *self.notes])

    def to_yaml(self) -> str:
        """Return the pipeline as YAML, with the report as its comment."""
        return (
            f"{_comment([f'Converted from {self.library} by augreg convert.', *map(str, self.lines), *self.notes])}"
            + (self.pipeline.to_yaml())
        )


def _comment(lines: Sequence[str]) -> str:
    return "".join(f"# {line}\n" for text in lines for line in text.splitlines())

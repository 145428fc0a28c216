"""What a job writes to: the staged files of one shard become final files."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from augreg.jobs.items import Item
from augreg.jobs.planfile import PlanFile
from augreg.jobs.sources import Source
from augreg.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Beside:
    """A file of labels that was made for an output.

    Args:
        staged: where it lies.
        place: where it goes in a folder, relative to it.
        extension: what it is called in a tar.

    """

    staged: Path
    place: str
    extension: str


@dataclass(slots=True)
class Made:
    """One encoded file that is not final yet, with its manifest line; the sink adds to the line where it went."""

    file: Item
    copy: int
    staged: Path
    line: dict[str, Any]
    labels: Beside | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What belongs together in the output: the files of one copy of one input.

    Args:
        item: the input; its ``carried`` values are part of the output.
        copy: which copy.
        made: the files that were made of it.
        attached: extension -> local file of what is attached to the input, to be copied.
        columns: what the pipeline changed of what the input carries.

    """

    item: Item
    copy: int
    made: tuple[Made, ...]
    attached: Mapping[str, Path] = field(default_factory=dict)
    columns: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Checks(Protocol):
    """A sink that cannot write every plan."""

    def check(self, items: Iterable[Item]) -> None:
        """Look at all inputs before anything is written.

        Raises:
            ConfigError: two of them would get in each other's way.

        """
        ...


class Sink(Protocol):
    """Where outputs go. It is made anew in every worker from :meth:`describe`, so it holds plain data only.

    What it may offer besides: ``belongs(shards)``, the paths of files that no line need name and that are no strays,
    such as a description of the data set, or the tar of a shard of which nothing was written; and ``forget(out, gone,
    kept)``, by which `augreg forget` takes outputs away. There ``gone`` are their lines, ``kept`` those of all others,
    which it brings up to date where it rewrites what they are in. It must be callable again after a kill. A sink
    without it refuses to forget.
    """

    def describe(self) -> dict[str, Any]:
        """Return plain data: ``kind`` and arguments, by which a worker makes it again; the job's record has them."""
        ...

    def write(self, shard: int, rows: Sequence[Row], stage: Path) -> list[tuple[Path, str]]:
        """Return the files of a shard: where each lies now, and its final path relative to the output folder.

        The bytes are a pure function of the rows. Every line gets ``output`` (where it will be), ``sha256`` and
        ``bytes`` of what was made.
        """
        ...

    def faults(self, shard: int, lines: Iterable[Mapping[str, Any]], out: Path, *, hashed: bool) -> list[str]:
        """Return what is not as these manifest lines say, in words for people; [] if all is there.

        Args:
            shard: the shard that the lines are of.
            lines: those of outputs, not those of refused inputs.
            out: the output folder.
            hashed: whether to compare hashes, not only sizes.

        """
        ...

    def finish(self, out: Path, shards: int) -> None:
        """Write what belongs to the data set as a whole; called once, when every shard is done."""
        ...


class Laid(ABC):
    """A sink whose files have one layout, such as columns, that hangs on the whole plan."""

    @abstractmethod
    def lay_out(self, plan: PlanFile, source: Source, pipeline: Pipeline) -> dict[str, Any]:
        """Return the layout as plain data; it is kept beside the plan.

        Raises:
            ConfigError: what the plan holds has no common layout.

        """

    @abstractmethod
    def use(self, layout: Mapping[str, Any], source: Source) -> None:
        """Take a layout, and the source of the rows, before anything is written."""

    @abstractmethod
    def others(self, out: Path, layout: Mapping[str, Any]) -> list[str]:
        """Return the columns of the first file that is there and can be read which a layout has not, or otherwise."""

    @abstractmethod
    def lasting(self) -> dict[str, Any]:
        """Return what of the layout must be known when the job has ended; its record holds it."""

    @abstractmethod
    def recall(self, said: Mapping[str, Any]) -> None:
        """Take what :meth:`lasting` returned, to look at files that were written."""

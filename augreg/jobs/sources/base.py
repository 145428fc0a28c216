"""What a job reads from: entries in one order on every machine, and their bytes as local files."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from augreg.errors import MediaError
from augreg.jobs.items import Item
from augreg.pipeline import Pipeline
from augreg.registry import Registry


@dataclass(frozen=True, slots=True)
class Entry:
    """One file, cell or member as its source lists it, before anything of it is read.

    Args:
        path: its name, "/" between parts; it need not be a file's, but ends in the suffix of its format.
        size: bytes.
        mtime_ns: when it was changed last; 0 where the source cannot tell.
        fault: why it must not be read.
        where: where its bytes lie, plain data that only the source understands.
        record: the name of the record that it belongs to, where the source knows records (a row, the members of one
            key); None where names of files tell.
        field: which field of the record it is.
        extension: the format, where the source has looked; None to look into the file; "" if it shows only when the
            bytes are fetched: then the suffix of the fetched file tells it.
        carried: what belongs to the record and is no media.
        about: bytes that it takes about, where its size is not known before it is fetched; ``size`` is 0 then.
        modality: where the source says it; None to tell it by the format.
        attached: files of the record that no reader knows, see :class:`augreg.jobs.items.Item`. Whoever gives some has
            a method ``attached(item, into)``, which returns a local file for each of them.
        stem: the output path without copy number and suffix; None to take it of ``path``.
        labels: what is annotated of it, see :class:`augreg.jobs.items.Item`.
        infix: what stands between the stem and the suffix of the format, as ".left" in "7.left.png" of key "7".

    """

    path: str
    size: int = 0
    mtime_ns: int = 0
    fault: MediaError | None = None
    where: Any = None
    record: str | None = None
    field: str | None = None
    extension: str | None = None
    carried: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    about: int = 0
    modality: str | None = None
    attached: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    stem: str | None = None
    infix: str = ""
    labels: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Source(Protocol):
    """Where inputs come from. It is made anew in every worker from :meth:`describe`, so it holds plain data only."""

    def __init__(self, given: str | Path) -> None: ...

    def describe(self) -> dict[str, Any]:
        """Return plain data: ``kind``, ``given`` and further arguments, by which a worker makes it again.

        Of these only ``kind`` stands in the job's record: the same input may lie elsewhere when the job is resumed.
        """
        ...

    def entries(self, registry: Registry, ignored: Counter[str]) -> Iterator[Entry]:
        """Yield what is there, in one order on every machine; count in ``ignored`` what no reader knows, by suffix.

        Raises:
            ConfigError: the source is not there or cannot be listed.

        """
        ...

    def fetch(self, files: Sequence[Item], into: Path) -> Mapping[int, Path | MediaError]:
        """Return a local file for each item, by its position, or why there is none.

        ``into`` is a folder for what has to be unpacked or loaded down; the caller removes it.
        """
        ...

    def stat(self, file: Item) -> tuple[int, int]:
        """Return size and time of last change as they are now, to be compared with those of the plan.

        Raises:
            OSError: it is not there any more.

        """
        ...


class Tabular(ABC):
    """A source whose inputs are rows of a table: what of a row is no media has types that plain data would lose."""

    @abstractmethod
    def heed(self, pipeline: Pipeline) -> None:
        """Take from a pipeline which columns are samples.

        Raises:
            ConfigError: it speaks of columns that are not there, or that a job cannot move along.

        """

    @property
    @abstractmethod
    def schema(self) -> Any:
        """The ``pyarrow.Schema`` of all columns."""

    @property
    @abstractmethod
    def samples(self) -> Mapping[str, str]:
        """The columns whose cells are samples -> their modality. All others are carried untouched."""

    @property
    @abstractmethod
    def moved(self) -> frozenset[str]:
        """The columns that say by themselves that they belong to samples which the pipeline moves."""

    @property
    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """What the user should know of the columns."""

    @property
    @abstractmethod
    def part(self) -> str:
        """The split that the rows are of."""

    @abstractmethod
    def place(self, item: Item) -> str:
        """Return which row an item is, in words: its file and its number there."""

    @abstractmethod
    def rest(self, items: Sequence[Item], columns: Sequence[str]) -> Any:
        """Return these columns as a ``pyarrow.Table`` with one row for each item.

        Raises:
            MediaError: they cannot be read, which :meth:`Source.fetch` of the same items would have said, too.

        """

    @abstractmethod
    def plain(self, items: Sequence[Item]) -> list[dict[str, Any]]:
        """Return all columns that are carried as JSON has them, one dictionary for each item."""


@runtime_checkable
class Attaches(Protocol):
    """A source whose records have files that no reader knows, such as labels in a tar."""

    def attached(self, item: Item, into: Path) -> Mapping[str, Path]:
        """Return a local file for each of ``item.attached``, by extension.

        Raises:
            MediaError: one is not there any more.

        """
        ...


class Annotated(ABC):
    """A source whose samples stand in files of labels, as the sentences of CoNLL: its entries have their ``labels``."""

    label_form: str
    """The form, one of :func:`augreg.media.labels.known`."""
    label_head: Mapping[str, Any]
    """What the form says once for all, known once the entries were listed."""


@runtime_checkable
class Told(Protocol):
    """A source that says how it was understood, because a user can name it in many ways."""

    def told(self) -> str:
        """Return what there is, for people, once it was listed: "12 tars"."""
        ...


@runtime_checkable
class Apart(Protocol):
    """A source that can tell whether an output folder would be in its way."""

    def holds(self, out: Path) -> str:
        """Return the place among its inputs where the output folder lies, for people; "" if it lies elsewhere."""
        ...

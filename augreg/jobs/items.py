"""One input of a job: which file, which key, what comes out under which name; as a line of the plan's file, too."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final, Self

from augreg.errors import MediaError
from augreg.media.formats import WRITTEN_AS

ORIGINAL: Final = -1
"""The number of the input as it is among its copies, where it goes along, see :mod:`augreg.jobs.chosen`."""


def generated(number: int) -> int:
    """Return the number among the copies of what a generator made as its n-th: those below :data:`ORIGINAL`.

    It is its own inverse.

    >>> from augreg.jobs.items import generated
    >>> [generated(number) for number in (0, 1, -3)]
    [-2, -3, 1]

    """
    return ORIGINAL - 1 - number


@dataclass(frozen=True, slots=True)
class Item:
    """One input file, or one cell of a table, or one member of a tar.

    Args:
        position: its place in the sorted input.
        path: what it is called in its source, "/" between parts: the path relative to the input folder.
        key: the sample key, see :func:`augreg.jobs.walk.key_of`.
        modality: by its format.
        stem: output path without copy number and suffix, relative to the output folder.
        suffix: suffix of the outputs.
        copied: whether it is passed through, because its modality has no steps.
        fault: why it is refused already, or None.
        field: which field of a record it is; None for a sample by itself.
        record: the record that it belongs to, where its source says so (a row, the members of one key).
        others: the further files of its record.
        size: bytes, as the plan saw them.
        mtime_ns: when it was changed last, as the plan saw it; 0 where the source cannot tell.
        where: where its bytes lie, in the words of its source (offset in a tar, row of a table); None for a file.
        carried: what belongs to the record and is no media: labels, numbers, further columns. It goes to the output
            as it is.
        alias: what it is called in place of ``path``, see :mod:`augreg.jobs.names`; "" for its own name.
        attached: files that belong to the record and that no reader knows, by extension ("cls", "json"): where their
            bytes lie and how many they are, ``{"where": ..., "bytes": n}``. They go to the output byte for byte.
        about: bytes that it takes about, where its size is not known before it is read.
        labels: where what is annotated of it lies, see :mod:`augreg.jobs.labelled`: ``raw`` (JSON, as its file says),
            ``place`` (a file of its own), or ``member`` (of a tar); {} if nothing is.
        copies: the numbers of the copies that are made; None for as many as the job has.
        said: number of a copy -> what its line of the manifest says besides.

    """

    position: int
    path: str
    key: str
    modality: str
    stem: str
    suffix: str
    copied: bool = False
    fault: MediaError | None = None
    field: str | None = None
    record: str | None = None
    others: tuple[Item, ...] = ()
    size: int = 0
    mtime_ns: int = 0
    where: Any = None
    carried: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    alias: str = ""
    attached: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    about: int = 0
    labels: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    copies: tuple[int, ...] | None = None
    said: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)

    @property
    def called(self) -> str:
        """What the manifest and messages call it: its alias, where names are not to be told."""
        return self.alias or self.path

    @property
    def files(self) -> tuple[Item, ...]:
        """All files of the input: one for a sample, one or more for a record."""
        return (self, *self.others)

    @property
    def kind(self) -> str:
        """What it is, for people: "image", or "image + text"."""
        return " + ".join(file.modality for file in self.files)

    @property
    def nbytes(self) -> int:
        """Bytes of all its files, and of what is attached to it; a guess where their sizes are not known."""
        held = sum(int(held["bytes"]) for held in self.attached.values())
        return sum(file.size or file.about for file in self.files) + held

    @property
    def extension(self) -> str:
        """The format of the outputs: ".png" where the suffix is ".left.png"."""
        return PurePosixPath(f"_{self.suffix}").suffix.lower()

    def output(self, copy: int) -> str:
        """Return the output path of a copy, relative to the output folder."""
        return f"{self.stem}{tail(copy)}{self.own_suffix if copy == ORIGINAL else self.suffix}"

    @property
    def own_suffix(self) -> str:
        """Suffix of the input as it is, where copies are written in another format."""
        own = PurePosixPath(self.path).suffix
        return own if WRITTEN_AS.get(own.lower()) == self.suffix else self.suffix

    def numbers(self, copies: int) -> tuple[int, ...]:
        """Return the numbers of what is made of it in a job of so many copies."""
        return tuple(range(copies)) if self.copies is None else self.copies

    def same(self, other: Item) -> bool:
        """Whether another plan's item is the same input under the same names, whatever became of its content."""
        return self._names() == other._names()

    def _names(self) -> list[tuple[str, ...]]:
        return [(f.path, f.key, f.modality, f.stem, f.suffix, str(f.copied), f.field or "") for f in self.files]

    def to_json(self) -> list[Any]:
        """Return plain data, in the order of the fields."""
        fault = None if self.fault is None else [self.fault.path, self.fault.reason, self.fault.code]
        others = [other.to_json() for other in self.others]
        names = (self.position, self.path, self.key, self.modality, self.stem, self.suffix, self.copied)
        return [
            *names,
            fault,
            self.field,
            self.record,
            others,
            self.size,
            self.mtime_ns,
            self.where,
            dict(self.carried),
            self.alias,
            dict(self.attached),
            self.about,
            dict(self.labels),
            self.copies,
            dict(self.said),
        ]

    @classmethod
    def from_json(cls, data: list[Any]) -> Self:
        """Return the item that :meth:`to_json` wrote."""
        fault = None if data[7] is None else MediaError(*data[7])
        others = tuple(cls.from_json(other) for other in data[10])
        copies = None if data[19] is None else tuple(data[19])
        given: list[Any] = [*data[:7], fault, *data[8:10], others, *data[11:19], copies, data[20]]
        return cls(*given)

    def line(self) -> bytes:
        """Return the item as one line of ASCII JSON; names that are not UTF-8 survive as surrogate escapes."""
        return json.dumps(self.to_json(), ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def tail(copy: int) -> str:
    """Return what the name of a copy ends in: nothing for the input as it is, another letter for a generator's."""
    if copy < ORIGINAL:
        return f"__g{generated(copy)}"
    return "" if copy == ORIGINAL else f"__a{copy}"


@dataclass(frozen=True, slots=True)
class Task:
    """Items of one modality, or records, that are augmented in one batch."""

    items: tuple[Item, ...]


def batches(items: list[Item], batch_size: int) -> list[Task]:
    """Return a shard's items in batches of at most ``batch_size`` of one kind, first come first."""
    kinds: dict[tuple[str, bool, bool], list[Item]] = {}
    for item in items:
        labelled = any(file.labels for file in item.files)
        kind = "" if item.field is not None else item.modality
        kinds.setdefault((kind, item.copied, labelled), []).append(item)
    slices = [kind[i : i + batch_size] for kind in kinds.values() for i in range(0, len(kind), batch_size)]
    return [Task(tuple(found)) for found in sorted(slices, key=lambda found: found[0].position)]

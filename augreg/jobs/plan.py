"""The plan of a job: which files go in, what comes out under which name, in which slices. No file is decoded."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from augreg.errors import ConfigError, MediaError
from augreg.jobs.walk import key_of, walk
from augreg.media import formats
from augreg.registry import Registry

NAME_BYTES = 240
"""Longest file name that is written; file systems end at 255 bytes."""


@dataclass(frozen=True, slots=True)
class Item:
    """One input file.

    Args:
        position: its place in the sorted input.
        path: relative to the input folder, "/" between parts.
        key: the sample key, see :func:`augreg.jobs.walk.key_of`.
        modality: by its format.
        stem: output path without copy number and suffix, relative to the output folder.
        suffix: suffix of the outputs.
        copied: whether it is passed through byte for byte, because its modality has no steps.
        fault: why it is refused already, or None.
        field: which field of a record it is; None for a sample by itself.
        others: the further files of its record.

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
    others: tuple[Item, ...] = ()

    @property
    def files(self) -> tuple[Item, ...]:
        """All files of the input: one for a sample, one or more for a record."""
        return (self, *self.others)

    @property
    def kind(self) -> str:
        """What it is, for people: "image", or "image + text"."""
        return " + ".join(file.modality for file in self.files)

    def output(self, copy: int) -> str:
        """Return the output path of a copy, relative to the output folder."""
        return f"{self.stem}__a{copy}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Task:
    """A slice of the plan, of one modality or of records: what one worker does in one go."""

    number: int
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All inputs in order, and the files that were left aside because no reader knows their suffix."""

    items: tuple[Item, ...]
    ignored: Counter[str]

    def tasks(self, batch_size: int) -> list[Task]:
        """Return the work in slices of at most ``batch_size`` items of one kind, first come first."""
        kinds: dict[tuple[str, bool], list[Item]] = {}
        for item in self.items:
            kinds.setdefault(("" if item.field is not None else item.modality, item.copied), []).append(item)
        slices = [kind[i : i + batch_size] for kind in kinds.values() for i in range(0, len(kind), batch_size)]
        ordered = sorted(slices, key=lambda items: items[0].position)
        return [Task(number, tuple(items)) for number, items in enumerate(ordered)]


def make_plan(
    source: Path,
    modalities: Collection[str],
    copies: int = 1,
    registry: Registry | None = None,
    join: Callable[[Iterable[Item]], Iterable[Item]] = tuple,
) -> Plan:
    """Plan a job over a folder.

    Args:
        source: the input folder.
        modalities: those that have steps; files of others are passed through byte for byte.
        copies: augmented versions per input.
        registry: whose readers to use.
        join: makes one item of the files of each record.

    Raises:
        ConfigError: the folder is not there, or two inputs cannot be given different output names.

    """
    if source.is_file():
        raise ConfigError(f"input {str(source)!r} is a file. Give the folder that it lies in.")
    if not source.is_dir():
        raise ConfigError(f"input folder {str(source)!r} is not there. Give a folder of media files.")
    items: list[Item] = []
    ignored: Counter[str] = Counter()
    known = formats.readers(registry)
    for relative, fault in walk(source):
        suffix = PurePosixPath(relative).suffix.lower()
        if suffix not in known:
            ignored[suffix or "no suffix"] += 1
            continue
        items.append(_item(len(items), source, relative, fault, modalities, registry))
    return Plan(tuple(join(distinct(items, copies))), ignored)


def _item(
    position: int,
    source: Path,
    relative: str,
    fault: MediaError | None,
    modalities: Collection[str],
    registry: Registry | None,
) -> Item:
    path = PurePosixPath(relative)
    extension = path.suffix.lower()
    if fault is None:
        try:
            extension = formats.format_of(source / relative, registry)
        except MediaError as error:
            fault = error
    modality = formats.modality_of(source / relative, extension, modalities, registry)
    copied = modality not in modalities
    kept = extension == path.suffix.lower()
    suffix = path.suffix if kept else extension
    if not copied:
        suffix = formats.WRITTEN_AS.get(extension, suffix)
    return Item(position, relative, key_of(relative), modality, str(path.with_suffix("")), suffix, copied, fault)


def distinct(items: Sequence[Item], copies: int) -> Iterator[Item]:
    """Yield the items with output names that differ even where a file system ignores case.

    a.gif and a.png would both become a__a0.png: both then keep their whole name, as in a.gif__a0.png.
    """
    for rename in (_whole_name, _hashed_name):
        taken = Counter(_folded(item) for item in items)
        items = [rename(item) if taken[_folded(item)] > 1 or _long(item, copies) else item for item in items]
    for name, count in Counter(_folded(item) for item in items).items():
        if count > 1:
            raise ConfigError(f"{count} inputs would be written as {name!r}. Rename one of them.")
    yield from items


def _folded(item: Item) -> str:
    return unicodedata.normalize("NFC", item.output(0)).casefold()


def _long(item: Item, copies: int) -> bool:
    return len(os.fsencode(PurePosixPath(item.output(copies)).name)) > NAME_BYTES


def _whole_name(item: Item) -> Item:
    return replace(item, stem=item.path)


def _hashed_name(item: Item) -> Item:
    path = PurePosixPath(item.path)
    digest = hashlib.blake2b(os.fsencode(item.path), digest_size=4).hexdigest()
    stem = os.fsdecode(os.fsencode(path.stem)[: NAME_BYTES - 40])
    return replace(item, stem=str(path.with_name(f"{stem}-{digest}")))

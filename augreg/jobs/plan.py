"""The plan of a job: which inputs go in, and what comes out under which name. No file is decoded."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item
from augreg.jobs.sources import Entry, Folder, Source
from augreg.jobs.walk import key_of
from augreg.media import formats
from augreg.registry import Registry

NAME_BYTES: Final = 240
"""Longest file name that is written; file systems end at 255 bytes."""

PATH_BYTES: Final = 4_000
"""Longest path that is written, without the output folder's own; Linux ends at 4,096 bytes."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All inputs in order, and the files that were left aside because no reader knows their suffix."""

    items: tuple[Item, ...]
    ignored: Counter[str]


def make_plan(
    source: Source,
    modalities: Collection[str],
    copies: int,
    registry: Registry,
    join: Callable[[Iterable[Item]], Iterable[Item]] = tuple,
    alias: Callable[[Item], Item] | None = None,
    take: Callable[[list[Item], Counter[str]], list[Item]] = lambda items, ignored: items,
) -> Plan:
    """Plan a job.

    Args:
        source: where inputs come from.
        modalities: those that have steps; files of others are passed through.
        copies: augmented versions per input.
        registry: whose readers to use.
        join: makes one item of the files of each record.
        alias: gives each of them another name, see :class:`augreg.jobs.names.Alias`.
        take: gives inputs their labels and leaves out what holds labels, see :class:`augreg.jobs.labelled.Binder`.

    Raises:
        ConfigError: the source is not there, or two inputs cannot be given different output names.

    """
    ignored: Counter[str] = Counter()
    entries = enumerate(source.entries(registry, ignored))
    items = [_item(position, source, entry, modalities, registry) for position, entry in entries]
    joined = join(distinct(take(items, ignored), copies))
    return Plan(tuple(joined if alias is None else map(alias, joined)), ignored)


def _item(position: int, source: Source, entry: Entry, modalities: Collection[str], registry: Registry) -> Item:
    path = PurePosixPath(entry.path)
    # Only a folder's files can be looked into before they are fetched.
    local = source.path(entry) if isinstance(source, Folder) else None
    fault, extension = entry.fault, path.suffix.lower() if entry.extension is None else entry.extension
    if fault is None and local is not None:
        try:
            extension = formats.format_of(local, registry)
        except MediaError as error:
            fault = error
    modality = entry.modality
    if modality is None:
        modality = formats.modality_of(local or Path(entry.path), extension, modalities if local else (), registry)
    copied = modality not in modalities
    suffix = path.suffix if extension == path.suffix.lower() else extension
    if entry.stem is not None:
        suffix = extension
    if not copied:
        suffix = formats.WRITTEN_AS.get(extension, suffix)
    if fault is None and len(os.fsencode(entry.path)) > PATH_BYTES:
        fault = MediaError(entry.path, "its path is too long for what would be written. Shorten it.", "E_NAME")
    return Item(
        position=position,
        path=entry.path,
        key=key_of(entry.path if entry.record is None else entry.record),
        modality=modality,
        stem=str(path.with_suffix("")) if entry.stem is None else entry.stem,
        suffix=entry.infix + suffix,
        copied=copied,
        fault=fault,
        field=entry.field,
        record=entry.record,
        size=entry.size,
        mtime_ns=entry.mtime_ns,
        where=entry.where,
        carried=entry.carried,
        about=entry.about,
        attached=entry.attached,
        labels=entry.labels,
    )


def distinct(items: Sequence[Item], copies: int) -> Iterator[Item]:
    """Yield the items with output names that differ even where a file system ignores case.

    a.gif and a.png would both become a__a0.png: both then keep their whole name, as in a.gif__a0.png.
    """
    for rename in (_whole_name, hashed_name):
        taken = Counter(_folded(item) for item in items)
        items = [rename(item) if taken[_folded(item)] > 1 or _long(item, copies) else item for item in items]
    for name, count in Counter(_folded(item) for item in items).items():
        if count > 1:
            raise ConfigError(f"{count} inputs would be written as {name!r}. Rename one of them.")
    yield from items


def _folded(item: Item) -> str:
    # Files of labels are called as their samples are but for the suffix, so that of these not only suffixes may differ.
    name = f"{item.stem}\0" if item.labels else item.output(0)
    return unicodedata.normalize("NFC", name).casefold()


def _long(item: Item, copies: int) -> bool:
    longest = max((len(os.fsencode(extension)) for extension in item.attached), default=0)
    return len(os.fsencode(PurePosixPath(item.output(copies)).name)) + longest > NAME_BYTES


def _whole_name(item: Item) -> Item:
    return replace(item, stem=item.path)


def hashed_name(item: Item) -> Item:
    """Return an item under a name of its own, which no other has."""
    path = PurePosixPath(item.path)
    digest = hashlib.blake2b(os.fsencode(item.path), digest_size=4).hexdigest()
    stem = os.fsdecode(os.fsencode(path.stem)[: NAME_BYTES - 40])
    return replace(item, stem=str(path.with_name(f"{stem}-{digest}")))

"""The split and the class of an input, by the folders that it lies in, and how many inputs each has."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.items import Item
from augreg.jobs.sources import Source, Tabular

SPLITS: Final = {
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), 0),
    **dict.fromkeys(("val", "valid", "validation", "dev"), 1),
    **dict.fromkeys(("train", "training"), 3),
}
"""Folder -> its rank. Of doubles that of the lowest rank is kept: what leaves a test set changes what is measured."""

OTHER: Final = 2
"""Rank of what is called otherwise."""

UNEVEN: Final = 10
"""From how many times as many inputs on one class is said to outweigh another."""

SplitOf = Callable[[str], str]


def split_by(said: str) -> SplitOf:
    """Return what tells the split of a path: "folder", "none", or a regular expression whose group is the split.

    Raises:
        ConfigError: it is no regular expression with one group.

    """
    if said == "none":
        return lambda path: ""
    if said == "folder":
        return _top
    try:
        pattern = re.compile(said)
    except re.error as error:
        raise ConfigError(f"split_by is {said!r}, which is no regular expression: {error}. Give 'folder'.") from None
    if pattern.groups != 1:
        raise ConfigError(
            f"split_by is {said!r}, a regular expression with {pattern.groups} groups. Put parentheses around the part "
            "of a path that is the split, as in '_(train|test)_', or give 'folder' or 'none'."
        )
    return lambda path: (found[1] or "") if (found := pattern.search(path)) else ""


def _top(path: str) -> str:
    top, slash, _ = path.partition("/")
    return top if slash and top.lower() in SPLITS else ""


def rank(split: str) -> int:
    """Return which split keeps a double: the lowest."""
    return SPLITS.get(split.lower(), OTHER)


def class_of(path: str, split: str) -> str:
    """Return the class of a path: its folder, but for one that is the split alone."""
    parts = PurePosixPath(path).parent.parts
    return "/".join(part for number, part in enumerate(parts) if not (number == 0 and part == split))


def classes_by(said: str, source: Source, items: Sequence[Item], splits: Sequence[str]) -> list[str | None]:
    """Return the class of each item: its folder, or what a column of a list or a table says; None where it is empty.

    Raises:
        ConfigError: there is no such column.

    """
    if said == "folder":
        return [class_of(item.path, split) for item, split in zip(items, splits, strict=True)]
    rows = source.plain(items) if isinstance(source, Tabular) else [item.carried for item in items]
    columns = sorted({name for row in rows for name in row})
    if said not in columns:
        there = f"Columns: {listing(columns)}." if columns else "Its inputs carry no columns: give class_from='folder'."
        raise ConfigError(f"class_from is {said!r}, and there is no such column.{nearest(said, columns)} {there}")
    return [None if row.get(said) is None else str(row[said]) for row in rows]


def balance(classes: Mapping[str, Counter[str]]) -> Iterable[str]:
    """Yield what is uneven in the classes of each split."""
    everywhere = sorted({name for found in classes.values() for name in found})
    for split, found in sorted(classes.items()):
        where = f" in {split}" if split else ""
        if missing := [name for name in everywhere if not found[name]]:
            more = f", nor have {len(missing) - 1} others" if len(missing) > 1 else ""
            yield f"class {missing[0]!r} has no input{where}{more}"
        (most, many), (least, few) = found.most_common()[0], found.most_common()[-1]
        if many >= UNEVEN * few:
            yield f"class {most!r} has {many} inputs{where}, {many / few:.0f} times as many as {least!r} ({few})"

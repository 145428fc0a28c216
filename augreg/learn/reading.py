"""Reads labeled data: folders of classes, and lists with a column of classes, of files or of texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.cleaning.splits import class_of, classes_by, split_by
from augreg.jobs.items import Item
from augreg.jobs.plan import make_plan
from augreg.jobs.sources import Source, open_source, without_steps
from augreg.jobs.sources.listcolumns import MANY, ONE
from augreg.jobs.sources.listrows import READERS, RowFault
from augreg.learn.data import Data
from augreg.learn.detection.reading import annotated, folder_split
from augreg.learn.loading import load_all
from augreg.media import DEFAULT, Limits, readers
from augreg.modalities.text import Text
from augreg.registry import default

TESTS: Final = ("test", "testing", "eval", "evaluation")
TRAINS: Final = ("train", "training")


def read(
    source: str | Path,
    *,
    class_from: str = "auto",
    split_from: str = "auto",
    groups: str | None = None,
    test: bool = True,
    labels: str | None = None,
    limits: Limits = DEFAULT,
) -> Data:
    r"""Read a labeled data set into memory.

    Args:
        source: a folder with a folder for each class, in train/ and test/ or without; or a list (.csv, .tsv, .jsonl)
            of files or, with a column ``text``, of texts.
        class_from: "folder" or a column of the list; "auto": the column ``label`` where there is one.
        split_from: "folder" (train/, test/), "none", a column of the list, or a regular expression for paths whose one
            group is the split; "auto": the column ``split`` where there is one, else "folder".
        groups: whose a sample is: a column of the list, or a regular expression for paths with one group.
        test: False leaves out the samples of the test where there is a split; their files are not opened.
        labels: boxes in pictures are what is learned, annotated in this form: "auto", or as ``augreg run --labels`` has
            them ("coco:instances.json", "yolo", "voc"). None: classes are.
        limits: the largest samples that are decoded.

    Raises:
        ConfigError: it cannot be read, or some of its files cannot, or there is one class only.

    >>> import augreg.learn
    >>> from pathlib import Path
    >>> _ = Path("said.csv").write_text("text,label\nso good,up\nbad!,down\n")
    >>> augreg.learn.read("said.csv").examples.classes
    ('down', 'up')

    """
    if labels is not None:
        if class_from != "auto":
            raise ConfigError(
                f"class_from={class_from!r} would do nothing: labels={labels!r} tells classes. Leave it out."
            )
        return _boxed(source, labels, split_from, groups, limits, test=test)
    rows = _texts(Path(source)) if PurePosixPath(source).suffix.lower() in (".csv", ".tsv", ".jsonl") else None
    name = Path(source).name or str(source)
    if rows is not None:
        paths = [str(number) for number in range(len(rows))]
        columns: list[Mapping[str, Any]] = list(rows)
        said = [row.get("label" if class_from == "auto" else class_from) for row in rows]
        _column("class_from", "label" if class_from == "auto" else class_from, columns)
    else:
        opened = without_steps(open_source(source))
        items = _items(opened, name)
        paths, columns = [item.path for item in items], [item.carried for item in items]
        said = _classes(class_from, opened, items)
    if missing := [path for path, label in zip(paths, said, strict=True) if label in (None, "")]:
        raise ConfigError(
            f"{len(missing)} of {len(paths)} samples of {name} have no class, the first is {missing[0]!r}. Put each "
            "into the folder of its class, or name the column of classes by class_from (--class-from)."
        )
    splits = _said("split_from", split_from if split_from != "auto" else _auto(columns), paths, columns)
    marks, kept, notes = _sides(splits, name)
    if marks is not None and not test:
        kept = [place for place in kept if not marks[place]]
    if rows is not None:
        samples = [Text(str(rows[place]["text"])) for place in kept]
    else:
        samples = _load(opened, [items[place] for place in kept], limits)
    held = None if groups is None else _said("groups", groups, paths, columns)
    if held is not None and "" in held:
        raise ConfigError(f"groups={groups!r} finds no group for {paths[held.index('')]!r}. Give one that all have.")
    return Data.of(
        samples,
        [str(said[place]) for place in kept],
        keys=[paths[place] for place in kept],
        groups=None if held is None else [held[place] for place in kept],
        is_test=None if marks is None else [marks[place] for place in kept],
        name=name,
        notes=notes,
    )


def _boxed(source: str | Path, labels: str, split_from: str, groups: str | None, limits: Limits, *, test: bool) -> Data:
    """Read pictures with the boxes that are annotated in them."""
    name = Path(source).name or str(source)
    found = annotated(source, labels, limits)
    splits = [folder_split(path) for path in found.paths]
    if split_from not in ("auto", "folder"):
        splits = _said("split_from", split_from, found.paths, found.columns)
    marks, kept, notes = _sides(splits, name)
    if marks is not None and not test:
        kept = [place for place in kept if not marks[place]]
    owners = None if groups is None else _said("groups", groups, found.paths, found.columns)
    if owners is not None and "" in owners:
        raise ConfigError(
            f"groups={groups!r} finds no group for {found.paths[owners.index('')]!r}. Give one that all have."
        )
    return Data.of(
        [found.samples[place] for place in kept],
        keys=[found.paths[place] for place in kept],
        groups=None if owners is None else [owners[place] for place in kept],
        is_test=None if marks is None else [marks[place] for place in kept],
        name=name,
        notes=[*found.notes, *notes],
    )


def _texts(path: Path) -> list[dict[str, Any]] | None:
    """Return the rows of a list of texts; None where its rows name files."""
    rows: list[dict[str, Any]] = []
    try:
        with path.open("rb") as file:
            for number, row in READERS[path.suffix.lower()](file):
                if isinstance(row, RowFault):
                    raise ConfigError(f"line {number} of {path.name} cannot be read: {row.reason}. Mend it.")
                if "text" not in row or set(row) & {*ONE, *MANY}:
                    return None
                rows.append(row)
    except OSError as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error.strerror}. Check the path.") from None
    return rows or None


def _items(source: Source, name: str) -> tuple[Item, ...]:
    registry = default()
    plan = make_plan(source, {spec.modality for spec in readers(registry).values()}, 1, registry)
    if not plan.items:
        raise ConfigError(f"{name} has no files that can be read. Give a folder with a folder for each class.")
    if several := next((item for item in plan.items if item.others), None):
        raise ConfigError(f"{several.path!r} is a record of {several.kind}; a task is for one. Name one --column.")
    return plan.items


def _load(source: Source, items: Sequence[Item], limits: Limits) -> list[Any]:
    faults: list[tuple[str, str]] = []
    found = load_all(source, items, limits, faults)
    if faults:
        path, reason = faults[0]
        raise ConfigError(
            f"{len(faults)} of {len(items)} files cannot be read, the first is {path!r}: {reason} Run `augreg clean` "
            "to see them all, and leave them out."
        )
    return found


def _classes(class_from: str, source: Source, items: Sequence[Item]) -> list[str | None]:
    rows = [item.carried for item in items]
    if class_from == "auto":
        class_from = "label" if any("label" in row for row in rows) else "folder"
    splits = [split_by("folder")(item.path) for item in items]
    if class_from == "folder":
        return [class_of(item.path, split) for item, split in zip(items, splits, strict=True)]
    return classes_by(class_from, source, items, splits)


def _auto(columns: Sequence[Mapping[str, Any]]) -> str:
    return "split" if any("split" in row for row in columns) else "folder"


def _column(option: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    there = sorted({column for row in rows for column in row})
    if name not in there:
        raise ConfigError(
            f"{option} is {name!r}, and no column is called so.{nearest(name, there)} Columns: {listing(there)}."
        )


def _said(option: str, said: str, paths: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return what a column or a regular expression says of each sample."""
    if any(said in row for row in rows):
        return [str(row.get(said) or "") for row in rows]
    if option == "groups" and not re.search(r"[(\[\\.*+?]", said):  # a plain word would be a column
        _column(option, said, rows)
    if option == "groups":
        said = said if said not in ("folder", "none") else ""
    tell: Callable[[str], str] = split_by(said)
    return [tell(path) for path in paths]


def _sides(splits: Sequence[str], name: str) -> tuple[list[bool] | None, list[int], list[str]]:
    """Return which samples are the test, which are used at all, and what has to be said."""
    found = {split.lower() for split in splits}
    if found <= {*TRAINS, ""}:
        return None, list(range(len(splits))), []
    tests = {*TESTS} if found & {*TESTS} else found - {*TRAINS, ""}
    trains = found & {*TRAINS, ""}
    if not trains:
        raise ConfigError(f"{name} has the splits {listing(sorted(found))}, and none to train on. Name one train.")
    aside = found - tests - trains
    kept = [place for place, split in enumerate(splits) if split.lower() not in aside]
    notes = [f"{len(splits) - len(kept)} samples of {listing(sorted(aside))} were left aside"] if aside else []
    return [split.lower() in tests for split in splits], kept, notes

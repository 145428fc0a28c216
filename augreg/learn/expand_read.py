"""Reads the inputs of a job with their classes, splits and groups: what a set is grown from."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from augreg import media
from augreg.errors import ConfigError, MediaError, listing, nearest
from augreg.jobs.begin import inputs_of
from augreg.jobs.cleaning.splits import class_of, split_by
from augreg.jobs.fetched import Fetched
from augreg.jobs.items import Item
from augreg.jobs.labelled.columns import Columns
from augreg.jobs.settings import Settings
from augreg.jobs.sources import Source, Tabular, open_source
from augreg.jobs.sources.rows import TextRows
from augreg.jobs.sources.tables import ArrowTables, ParquetTables
from augreg.jobs.tables.features import is_cell
from augreg.learn.gates_seen import JUDGED
from augreg.learn.generators import spec_for
from augreg.learn.reading import TRAINS
from augreg.pipeline import Pipeline

BLOCK: Final = 128
"""Files that are fetched at once."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """The inputs of a job, all in memory.

    Args:
        items: each input.
        samples: what it holds.
        classes, splits: of each; "" is a split of its own, that of data without any.
        groups: of each; None where none are asked for.

    """

    items: tuple[Item, ...]
    samples: tuple[Any, ...]
    classes: tuple[str, ...]
    splits: tuple[str, ...]
    groups: tuple[str, ...] | None

    @property
    def trains(self) -> list[int]:
        """The places of those that may be sources: of the training split, or of data without splits."""
        return [place for place, split in enumerate(self.splits) if split.lower() in ("", *TRAINS)]

    @property
    def held_out(self) -> list[int]:
        """The places of all others."""
        return sorted({*range(len(self.items))} - {*self.trains})


def as_rows(settings: Settings) -> Settings:
    """Return the settings of a job that writes rows again where texts of a table are read, if no form was said."""
    source = open_source(settings.source, settings.form, **settings.source_options)
    if settings.to != "auto" or not isinstance(source, ParquetTables | ArrowTables) or isinstance(source, TextRows):
        return settings
    files = any(is_cell(field.type) for field in source.schema)
    return settings if files else replace(settings, to=source.kind)


def read_inputs(
    pipeline: Pipeline,
    settings: Settings,
    *,
    class_from: str,
    split_from: str,
    groups: str | None,
    generator: str | None = None,
) -> Inputs:
    """Read what a job would read, with the keys that it gives.

    Args:
        pipeline, settings: of the job.
        class_from: "folder" or a column; "auto": the column ``label`` where there is one.
        split_from: "folder", "none", a column, or a regular expression for paths with one group; "auto": the column
            ``split`` where there is one, else "folder".
        groups: a column, or a regular expression for paths with one group.
        generator: the name of what makes samples, too; it need have no steps then.

    Raises:
        ConfigError: it cannot be read, or some of it cannot be judged.

    """
    source = open_source(settings.source, settings.form, **settings.source_options)
    if isinstance(source, Tabular):
        source.heed(pipeline)
    items = inputs_of(pipeline, settings, source)
    name = Path(settings.source).name or str(settings.source)
    _check(items, name, pipeline, generator)
    if Columns.of(source, items, pipeline).names:
        raise ConfigError(
            "the pipeline works on columns of the data, too, and gates judge samples alone. Leave them out."
        )
    rows = source.plain(items) if isinstance(source, Tabular) else [item.carried for item in items]
    splits = _told("split_from", split_from, "split", items, rows, split_by)
    classes = _classes(class_from, items, rows, splits, name)
    held = None if groups is None else _told("groups", groups, "", items, rows, split_by)
    if held is not None and "" in held:
        raise ConfigError(f"groups={groups!r} finds none for {items[held.index('')].path!r}. Give one that all have.")
    samples = tuple(_load(source, items, settings, pipeline))
    found = Inputs(items, samples, classes, tuple(splits), None if held is None else tuple(held))
    if not found.trains:
        there = listing(sorted({*splits}))
        raise ConfigError(f"{name} has the splits {there}, and only train may be a source. Name one train.")
    return found


def _check(items: Sequence[Item], name: str, pipeline: Pipeline, generator: str | None) -> None:
    """Refuse what is no single sample of one modality that is judged."""
    if not items:
        raise ConfigError(f"{name} has no files that can be read. Give a folder with a folder for each class.")
    for item in items:
        if item.others or any(file.labels for file in item.files):
            what = f"a record of {item.kind}" if item.others else "annotated"
            raise ConfigError(f"{item.path!r} is {what}; a set is grown of samples that have a class and no more.")
    kinds = sorted({item.modality for item in items if item.fault is None})
    if len(kinds) > 1:
        raise ConfigError(f"{name} has inputs of {listing(kinds)}; a set is of one. Leave the others out.")
    if kinds and kinds[0] not in JUDGED:
        raise ConfigError(f"{name} is {kinds[0]}, which gates do not judge. They judge {listing(JUDGED)}.")
    if kinds and generator is not None:
        spec_for(generator, kinds[0])
    if kinds and kinds[0] not in pipeline.modalities and (pipeline.modalities or generator is None):
        raise ConfigError(f"the pipeline has no steps for {kinds[0]}, of which {name} is. Add some.")


def _load(source: Source, items: Sequence[Item], settings: Settings, pipeline: Pipeline) -> list[Any]:
    found: list[Any] = []
    faults: list[MediaError] = []
    for start in range(0, len(items), BLOCK):
        block = items[start : start + BLOCK]
        with tempfile.TemporaryDirectory(prefix="augreg-expand-") as stage:
            files = Fetched.of(source, block, Path(stage))
            for item in block:
                try:
                    if (fault := item.fault or files.fault(item)) is not None:
                        raise fault
                    loaded = media.load(files[item], settings.limits, pipeline.registry, decode=settings.decode)
                    found.append(loaded.sample.changed(key=None))
                except MediaError as error:
                    faults.append(MediaError(item.path, error.reason, error.code))
    if faults:
        raise ConfigError(
            f"{len(faults)} of {len(items)} inputs cannot be read, the first is {faults[0].path!r}: "
            f"{faults[0].reason} Run `augreg clean` to see them all, and leave them out."
        )
    return found


def _classes(
    said: str, items: Sequence[Item], rows: Sequence[Mapping[str, Any]], splits: Sequence[str], name: str
) -> tuple[str, ...]:
    columns = {column for row in rows for column in row}
    if said == "auto":
        said = "label" if "label" in columns else "folder"
    if said != "folder" and said not in columns:
        _refuse_column("class_from", said, columns)
    found = [
        class_of(item.path, split) if said == "folder" else str("" if row.get(said) is None else row[said])
        for item, row, split in zip(items, rows, splits, strict=True)
    ]
    if "" in found:
        raise ConfigError(
            f"{found.count('')} of {len(items)} inputs of {name} have no class, the first is "
            f"{items[found.index('')].path!r}. Put each into the folder of its class, or name the column of classes by "
            "class_from (--class-from)."
        )
    return tuple(found)


def _told(
    option: str,
    said: str,
    usual: str,
    items: Sequence[Item],
    rows: Sequence[Mapping[str, Any]],
    by_path: Callable[[str], Callable[[str], str]],
) -> list[str]:
    """Return what a column, or else the path, says of each input."""
    columns = {column for row in rows for column in row}
    if said == "auto":
        said = usual if usual in columns else "folder"
    if said in columns:
        return [str("" if row.get(said) is None else row[said]) for row in rows]
    if not re.search(r"[(\[\\.*+?]", said) and (option == "groups" or said not in ("folder", "none")):
        _refuse_column(option, said, columns)  # a plain word is no regular expression that finds anything
    tell = by_path(said)
    return [tell(item.path) for item in items]


def _refuse_column(option: str, said: str, columns: set[str]) -> None:
    there = f"Columns: {listing(sorted(columns))}." if columns else "Its inputs carry no columns."
    raise ConfigError(f"{option} is {said!r}, and there is no such column.{nearest(said, columns)} {there}")

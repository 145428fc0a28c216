"""Columns that belong to samples, of lists and tables: which ones go through the pipeline with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, Self

import numpy as np
import torch

from augreg.errors import ConfigError, listing, nearest
from augreg.intake.classes import CLASS_FIELDS
from augreg.jobs.items import Item
from augreg.jobs.sources import Source, Tabular
from augreg.modalities.picture_records import annotation_roles, format_by_area
from augreg.pipeline import Pipeline

LOOKED: Final = 1000
"""Rows at which is looked to tell in which format boxes are: some have none, and small ones fit several formats."""

CORNERS: Final = (("xmin", "ymin", "xmax", "ymax"), ("x_min", "y_min", "x_max", "y_max"), ("x1", "y1", "x2", "y2"))
"""Columns that hold one box in each row."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns that are handed to the pipeline as fields of the record of each row.

    Args:
        names: the columns.
        roles: what they are, as a schema says it, where they say it themselves; the pipeline's own schema says more.

    """

    names: tuple[str, ...] = ()
    roles: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, source: Source, items: Sequence[Item], pipeline: Pipeline) -> Self:
        """Tell which columns of some inputs belong to samples that the pipeline moves.

        Lists and nested values are all handed on, so that what looks like boxes and is not said to be any is refused
        by name, as it is in Python.

        Raises:
            ConfigError: a column holds boxes in a way that cannot be moved.

        """
        if isinstance(source, Tabular):
            return cls._of_table(source, items, pipeline)
        found: dict[str, list[Any]] = {}
        for item in items:
            for name, value in item.carried.items():
                found.setdefault(name, []).append(value)
        levels = _levels(pipeline, list(found))
        if not found:
            return cls()
        _refuse_texts(found, pipeline)
        said = {path.partition(".")[0] for path in pipeline.roles.roles}
        classes = CLASS_FIELDS if pipeline.mixing or pipeline.untrue else ()
        names = [
            name
            for name, values in found.items()
            if name in said | levels
            or (name in classes and name not in pipeline.roles.extra)
            or (pipeline.moving and any(isinstance(value, (list, dict)) for value in values))
        ]
        return cls(tuple(names), _told(found, names, items, pipeline))

    @classmethod
    def _of_table(cls, source: Tabular, items: Sequence[Item], pipeline: Pipeline) -> Self:
        said = {path.partition(".")[0] for path in pipeline.roles.roles}
        said |= _levels(pipeline, [name for name in source.schema.names if name not in source.samples])
        names = [name for name in source.schema.names if name in said or name in source.moved]
        if not names:
            return cls()
        rows = source.rest([item for item in items if item.fault is None][:LOOKED], names).to_pylist()
        found = {name: [row[name] for row in rows] for name in names}
        roles = _told(found, names, items, pipeline)
        if unclear := [name for name in source.moved if not any(path.startswith(f"{name}.") for path in roles)]:
            raise ConfigError(
                f"the pipeline moves boxes, and areas in column {unclear[0]!r} do not say of which format its boxes "
                f"are. Say it by the pipeline's schema: {{image: image, {unclear[0]}.bbox: xywh boxes of image}}."
            )
        return cls(tuple(names), roles)

    @property
    def spec(self) -> dict[str, Any]:
        """Plain data for workers; {} if there are none."""
        return {"names": list(self.names), "roles": dict(self.roles)} if self.names else {}


def _levels(pipeline: Pipeline, columns: Sequence[str]) -> set[str]:
    """Return the columns from which steps take their strength.

    Raises:
        ConfigError: there is none of such a name.

    """
    asked = {name: step for fields in pipeline.level_fields.values() for name, step in fields.items()}
    for name, step in asked.items():
        if name not in columns:
            has = f"it has {listing(columns)}" if columns else "it has none"
            raise ConfigError(
                f"{step}: level={{'field': {name!r}}} takes its strength from a column of the input, and {has}."
                f"{nearest(name, columns)} Give a list, a table or a metadata.jsonl that has it."
            )
    return set(asked)


def objects_format(values: Iterable[Any]) -> str | None:
    """Return the format of Hugging Face's ``objects``, which areas beside the boxes prove in all rows; None if not."""
    boxes: list[Any] = []
    areas: list[Any] = []
    for value in islice((value for value in values if value), LOOKED):
        table = _as_table(value)
        if table is None:
            return None
        boxes += table["bbox"] or []
        areas += table["area"] or []
    return format_by_area(boxes, areas) if boxes and len(boxes) == len(areas) else None


def _as_table(value: Any) -> dict[str, Any] | None:
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        value = {name: [each.get(name) for each in value] for name in ("bbox", "area")}
    both = isinstance(value, dict) and {"bbox", "area"} <= value.keys()
    return value if both else None


def _told(
    found: Mapping[str, list[Any]], names: Sequence[str], items: Sequence[Item], pipeline: Pipeline
) -> dict[str, Any]:
    """Return the roles of columns in the layouts that are known as a whole; none where the pipeline has a schema."""
    if pipeline.schema:
        return {}
    owners = {file.field or file.modality for item in items for file in item.files if file.modality == "image"}
    if len(owners) != 1:
        return {}
    (owner,) = owners
    roles: dict[str, Any] = {}
    if "objects" in names and (form := objects_format(found["objects"])) is not None:
        roles["objects.bbox"] = {"role": "boxes", "of": owner, "format": form}
    if "annotations" in names:
        each = [one for value in found["annotations"] if isinstance(value, list) for one in value]
        if each and all(isinstance(one, dict) and "bbox" in one for one in each):
            roles |= annotation_roles("annotations", each, owner)
    return roles


def _refuse_texts(found: Mapping[str, Sequence[Any]], pipeline: Pipeline) -> None:
    """Refuse boxes that are texts, as those of CSV are, or numbers of one box in columns of their own."""
    kinds = [kind for name in pipeline.modalities for kind in pipeline.known[name].targets]
    moved = {name for kind in kinds if kind.name in pipeline.moving for name in kind.fields}
    extra = {*pipeline.roles.extra}
    for name, values in found.items():
        texts = [value for value in values if isinstance(value, str) and value.lstrip()[:1] in ("[", "{", "(")]
        if name in moved and name not in extra and texts:
            raise ConfigError(
                f"column {name!r} holds texts such as {texts[0][:40]!r}, and the pipeline moves what they speak of. "
                f"Write the list as JSON Lines, with lists; or say that it belongs to no sample: extra: [{name}]."
            )
    for corners in CORNERS:
        if set(corners) <= found.keys() and "boxes" in pipeline.moving and not set(corners) & extra:
            raise ConfigError(
                f"columns {', '.join(corners)} hold a box in each row, and the pipeline moves boxes. Write the list as "
                "JSON Lines, a line for each file with objects: {bbox: [[x, y, width, height]], area: [...]}."
            )


def values_of(source: Source, item: Item, names: Sequence[str]) -> dict[str, Any]:
    """Return the values of columns for one input; those that are null or missing are left out."""
    row = source.rest([item], list(names)).to_pylist()[0] if isinstance(source, Tabular) else item.carried
    return {name: row[name] for name in names if row.get(name) is not None}


def with_numbers(values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Return values in which strengths that stand as texts, as all cells of CSV do, are numbers."""
    found = dict(values)
    for name in names:
        if isinstance(text := found.get(name), str):
            with suppress(ValueError):
                found[name] = float(text)
    return found


def as_json(value: Any) -> Any:
    """Return what the pipeline gave back as JSON has it."""
    if isinstance(value, (np.ndarray, np.generic, torch.Tensor)):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(name): as_json(inner) for name, inner in value.items()}
    return [as_json(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the columns that the pipeline changed, as JSON has them."""
    for name, value in before.items():
        new = as_json(after[name])
        if new != value:
            yield name, _whole(new) if all(isinstance(leaf, int) for leaf in _numbers(value)) else new


def _numbers(value: Any) -> Iterator[int | float]:
    """Yield all numbers of a value."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value
    for inner in value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ():
        yield from _numbers(inner)


def _whole(value: Any) -> Any:
    """Return a value with whole numbers where it can have them: those that came were whole, too."""
    if isinstance(value, Mapping):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value

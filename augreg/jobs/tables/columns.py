"""Which columns of a table are samples: by their features, by the pipeline's schema, and never by a guess."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from augreg.errors import ConfigError, listing, nearest
from augreg.intake.classes import CLASS_FIELDS
from augreg.jobs.tables.features import MODALITIES, is_bytes, is_cell, is_text, kind_of, names_within
from augreg.pipeline import Pipeline

Form = Literal["cell", "bytes", "text", "path"]
"""How a column holds its samples: in structs of bytes and path, as bytes, as strings, or as paths of files."""

TEXT: Final = "text"

OBJECTS: Final = "objects"
"""The column in which Hugging Face's detection sets have boxes, areas and categories."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column whose cells are samples."""

    name: str
    modality: str
    form: Form


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table: those that are samples, and the others, which are carried untouched."""

    samples: Mapping[str, Column]
    others: tuple[str, ...]
    notes: tuple[str, ...]
    moved: frozenset[str] = frozenset()
    """Those of the others that belong to samples by a layout that is known as a whole."""


def told(schema: Any, features: Mapping[str, Any], pipeline: Pipeline, peek: Callable[[str], str | None]) -> Columns:
    """Return what the columns are.

    Args:
        schema: that of the table.
        features: column -> Hugging Face feature.
        pipeline: whose schema names the columns that do not say themselves what they are.
        peek: returns the modality of the first cell of a column that holds files.

    Raises:
        ConfigError: the schema names what is not there or cannot be so; something would stay behind when samples move.

    """
    named = pipeline.schema or {}
    for name in named:
        if name not in schema.names:
            raise ConfigError(
                f"schema: the table has no column {name!r}.{nearest(name, schema.names)} "
                f"Columns: {listing(schema.names)}."
            )
    samples: dict[str, Column] = {}
    for field in schema:
        column = _sample(field, features.get(field.name), named.get(field.name), peek)
        if column is not None:
            samples[field.name] = column
    if not samples:
        raise ConfigError(
            "no column of the table is known to hold samples. Name them in the pipeline's schema, e.g. "
            f"schema: {{{schema.names[0] if schema.names else 'caption'}: text}}. Columns: {listing(schema.names)}."
        )
    others = tuple(name for name in schema.names if name not in samples)
    known = _known(schema, pipeline, samples)
    _refuse_behind(schema, features, pipeline, samples, others, known)
    return Columns(samples, others, _notes(schema, pipeline, others), known)


def _sample(field: Any, feature: Any, wanted: str | None, peek: Callable[[str], str | None]) -> Column | None:
    """Return what a column of samples is, None for a column of something else."""
    modality = MODALITIES.get(kind_of(feature) or "")
    if wanted is not None and modality is not None and wanted != modality:
        raise ConfigError(
            f"schema: {field.name!r} is {wanted}, but the table says {kind_of(feature)}. Mend one of them."
        )
    if is_cell(field.type):
        known = wanted or modality or peek(field.name)
        if known is None:
            raise ConfigError(
                f"column {field.name!r} holds files, and the first shows no format that is read. "
                f"Say what it is: schema: {{{field.name}: image}}."
            )
        return Column(field.name, known, "cell")
    if wanted is None:
        return None
    if is_bytes(field.type):
        return Column(field.name, wanted, "bytes")
    if is_text(field.type):
        return Column(field.name, wanted, "text" if wanted == TEXT else "path")
    raise ConfigError(
        f"schema: {field.name!r} is {wanted}, but the column is of type {field.type}. Samples are strings, bytes, or "
        "structs of bytes and path."
    )


def _known(schema: Any, pipeline: Pipeline, samples: Mapping[str, Column]) -> frozenset[str]:
    """Return the columns of Hugging Face's detection sets, beside the only picture of a row."""
    pictures = [column for column in samples.values() if column.modality == "image"]
    if pipeline.schema or len(pictures) != 1 or "boxes" not in pipeline.moving or OBJECTS not in schema.names:
        return frozenset()
    return frozenset({OBJECTS}) if {"bbox", "area"} <= set(names_within(schema.field(OBJECTS).type)) else frozenset()


def _refuse_behind(
    schema: Any,
    features: Mapping[str, Any],
    pipeline: Pipeline,
    samples: Mapping[str, Column],
    others: tuple[str, ...],
    known: frozenset[str],
) -> None:
    """Refuse tables whose other columns would no longer be true: boxes of pictures that move, classes of mixed ones."""
    extra = {name.partition(".")[0] for name in pipeline.roles.extra}
    extra |= known | {name.partition(".")[0] for name in pipeline.roles.roles}
    here = {column.modality for column in samples.values()}
    kinds = [kind for modality in here for kind in pipeline.known[modality].targets if kind.name in pipeline.moving]
    moved = {name: kind.name for kind in kinds for name in kind.fields}
    for field in schema:
        if field.name in extra or field.name in (pipeline.schema or {}):
            continue
        for name in (field.name, *names_within(field.type)):
            if name in moved:
                raise ConfigError(
                    f"the pipeline moves {moved[name]}, and column {field.name!r} looks like some (by the name "
                    f"{name!r}). Say what it is by the pipeline's schema, as in {{image: image, {field.name}: xywh "
                    f"boxes of image}}, or that it belongs to no sample: {{..., extra: [{field.name}]}}."
                )
    classes = [name for name in others if name not in extra and _is_class(name, features)]
    untrue = [name for name in (*samples, *here) if f"fields/{name}" in pipeline.untrue or name in pipeline.untrue]
    if classes and (pipeline.mixing & here or (untrue and len(here) == 1)):
        raise ConfigError(
            f"the pipeline has steps that mix samples or change what they mean, and the class in column {classes[0]!r} "
            f"would not follow. Leave them out, or say that it belongs to no sample: schema: {{..., extra: "
            f"[{classes[0]}]}}."
        )


def _is_class(name: str, features: Mapping[str, Any]) -> bool:
    return name in CLASS_FIELDS or kind_of(features.get(name)) == "ClassLabel"


def _notes(schema: Any, pipeline: Pipeline, others: tuple[str, ...]) -> tuple[str, ...]:
    strings = [name for name in others if is_text(schema.field(name).type)]
    if not strings or not {TEXT} & {*pipeline.modalities}:
        return ()
    note = f"columns {listing(strings)} hold strings and were carried untouched: no schema says that they are text."
    return (f"{note} To augment one: schema: {{{strings[0]}: text}}.",)

"""Rows: tuples of fields, such as (image, class), told apart from tuples of samples; and what must not pass in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from augreg.data.together import Together
from augreg.errors import SampleError
from augreg.intake.container import Unit
from augreg.intake.samples import SampleReader
from augreg.modalities.base import spelled


def is_one_row(reader: SampleReader, obj: tuple[Any, ...]) -> bool:
    """Whether a tuple is one row of fields: it was passed as such, or something in it can be no sample of its own.

    A pair of two samples of one modality may be either, a picture and its mask or two pictures; as a row it is refused.
    """
    if isinstance(obj, Together) or _counted(reader, obj):
        return True
    if not any(map(reader.is_typed, obj)):
        return False
    return any(_no_sample(reader, value) for value in obj) or (len(obj) == 2 and _alike(reader, *obj))


def _counted(reader: SampleReader, obj: tuple[Any, ...]) -> bool:
    """Whether a schema names positions of this tuple, and it is no container of rows."""
    named = bool(reader.schema) and all(name.isdecimal() and int(name) < len(obj) for name in reader.schema or ())
    return named and not any(isinstance(v, (tuple, list, Mapping)) and not reader.is_sample(v) for v in obj)


def _alike(reader: SampleReader, first: Any, second: Any) -> bool:
    typed = reader.is_typed(first) and reader.is_typed(second)
    return typed and not reader.schema and reader.known.owner(first) is reader.known.owner(second)


def _no_sample(reader: SampleReader, value: Any) -> bool:
    if isinstance(value, (list, tuple)) and not reader.is_sample(value) and all(isinstance(v, Mapping) for v in value):
        return not any(reader.known.owner(inner) for inner in value)  # annotations, perhaps none
    number = isinstance(value, (int, float, np.generic))
    scalar = isinstance(value, (torch.Tensor, np.ndarray)) and not value.ndim
    return number or scalar or (reader.known.owner(value) is None and reader.is_target("", value))


def fields_of(record: Any) -> Mapping[str, Any]:
    """Return a record's fields; those of a tuple are its positions."""
    return record if isinstance(record, Mapping) else {str(i): value for i, value in enumerate(record)}


def check_row_fields(reader: SampleReader, record: Any, fields: Mapping[str, Any], entry: int) -> None:
    """Refuse what would stay behind in a tuple without a schema: positions have no names to tell by.

    Raises:
        SampleError: a dictionary of targets beside more than the sample, a list of such, or bare numbers that may be a
            mask or boxes, where steps move targets.

    """
    if not isinstance(record, tuple):
        return
    if isinstance(record, Together) and all(isinstance(value, list) for value in record):
        raise SampleError(
            f"{len(record)} lists were passed together; one sample has its own targets beside it. "
            "Pass one list of pairs: list(zip(images, targets))."
        )
    sampled = any(map(reader.is_typed, record))
    for name, value in fields.items():
        if _holds_targets(reader, value):
            raise SampleError(
                f"record {entry}, field {name!r} is a {type(value).__name__} of targets in a tuple of {len(record)}. "
                "Pass the pair (sample, targets), one dictionary with everything that belongs to the sample."
            )
        if sampled and reader.moving and type(value) in (torch.Tensor, np.ndarray) and value.ndim > 1:
            _refuse_bare(reader, name, value, entry)


def _holds_targets(reader: SampleReader, value: Any) -> bool:
    if isinstance(value, list):
        return any(_holds_targets(reader, inner) for inner in value if isinstance(inner, Mapping))
    if not reader.is_record(value):
        return False
    names = {name for modality in reader.known for kind in modality.targets for name in kind.fields}
    return any(name in names or reader.is_target(str(name), inner) for name, inner in value.items())


def _refuse_bare(reader: SampleReader, name: str, value: Any, entry: int) -> None:
    if reader.is_typed(value):
        return
    moved = [kind for modality in reader.known for kind in modality.targets if kind.name in reader.moving]
    wrappers = dict.fromkeys(kind.wrapper for kind in moved)
    raise SampleError(
        f"record {entry}: the pipeline moves targets, and field {name!r} of type {type(value).__name__} and "
        f"shape {tuple(value.shape)} does not say whether it is one. Wrap it, e.g. {' or '.join(wrappers)}; "
        "or pass a schema that says what to augment, and the rest passes as it is."
    )


def check_row(reader: SampleReader, units: Sequence[Unit]) -> None:
    """Refuse two samples of one modality in a tuple: one may be what follows the other.

    Raises:
        SampleError: there are two, and no schema says what they are.

    """
    seen: dict[str, Unit] = {}
    for unit in units:
        other = seen.setdefault(unit.modality.name, unit)
        if other is not unit and not reader.schema:
            raise _twice(other, unit)


def _twice(first: Unit, second: Unit) -> SampleError:
    kind, places = first.modality.name, (first.field, second.field)
    follow = f"If it follows the first, give both as one {spelled(first.modality)}(...) with its targets. "
    return SampleError(
        f"record {first.entry}: {places[0]} and {places[1]} of a tuple are both of {kind}; nothing says whether the "
        f"second is another sample or a target of the first. {follow if first.modality.targets else ''}"
        f"If it is another, pass a list [a, b], or schema={{{places[0]!r}: {kind!r}, {places[1]!r}: {kind!r}}}."
    )

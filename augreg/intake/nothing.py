"""What to do about a record in which nothing says what to augment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from augreg.errors import UnknownModalityError, listing
from augreg.intake.word_lists import advice
from augreg.modalities.known import Modalities


def nothing(fields: Mapping[str, Any], entry: int, known: Modalities) -> UnknownModalityError:
    """Return the error for a record that does not say what to augment."""
    kinds = listing(f"{name!r}: {type(value).__name__}" for name, value in fields.items())
    if fields and all(name.isdecimal() for name in map(str, fields)):  # a tuple, as data sets return them
        return UnknownModalityError(
            f"nothing in item {entry} says what to augment ({kinds}). Say what its tensors and arrays are, "
            "e.g. modality='image', or what each part is, e.g. schema={'0': 'image'}."
        )
    more = _rated(known, fields) + advice(known, fields)
    return UnknownModalityError(
        f"nothing in record {entry} says what to augment ({kinds}). "
        f"Pass schema={{field: modality}}, e.g. schema={{'image': 'image', 'caption': 'text'}}.{more}"
    )


def arrays_in(value: Mapping[str, Any]) -> list[str]:
    """Return the fields of a nested mapping that hold tensors or arrays with axes."""
    return [name for name, inner in value.items() if isinstance(inner, (np.ndarray, torch.Tensor)) and inner.ndim]


def _rated(known: Modalities, fields: Mapping[str, Any]) -> str:
    """Return the schema for samples that stand in a mapping beside their rate; empty without."""
    said = {
        f"{name}.{inner}": modality.name
        for name, value in fields.items()
        if isinstance(value, Mapping)
        for modality in known
        if any(rate in value for rate in modality.rate_fields)
        for inner in arrays_in(value)[:1]
    }
    return f" What stands beside a rate: schema={said}." if said else ""

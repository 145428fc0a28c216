"""The class of a record follows the sample that steps mix with others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.intake.container import Unit
from augreg.intake.ledger import Follower
from augreg.intake.nested import Place
from augreg.modalities.base import Result
from augreg.modalities.roles import LABEL

CLASS_FIELDS: Final = ("label", "labels", "class", "target", "y")
"""Usual names of the class of a whole sample."""


def follow_class(
    fields: Mapping[str, Any], units: Sequence[Unit], entry: int, mixing: frozenset[str]
) -> list[Follower]:
    """Hand the record's class to the sample that steps mix with others.

    Raises:
        SampleError: several samples are mixed, and nothing says to which it belongs.

    """
    hosts = [unit for unit in units if unit.modality.name in mixing and LABEL not in unit.wrapped.targets]
    if not hosts:
        return []
    positions = all(name.isdecimal() for name in map(str, fields))  # a tuple: what stands beside the sample
    names = [n for n in fields if not isinstance(fields[n], str)] if positions else CLASS_FIELDS
    name = next((n for n in names if n in fields and _is_class(fields[n])), None)
    if name is None:
        return []
    if len(hosts) > 1:
        several = " and ".join(repr(unit.field) for unit in hosts)
        raise SampleError(
            f"record {entry}: steps mix {several}, and the class in field {name!r} can follow one of them only. "
            f"Say which: schema={{..., {name!r}: 'label of {hosts[0].field}'}}."
        )
    return [hand_class(hosts[0], (name,), fields[name])]


def hand_class(unit: Unit, place: Place, value: Any) -> Follower:
    """Make a class the label of a sample; return where the new one will stand."""
    follower = Follower(place)
    plain = value.item() if isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim == 0 else value
    unit.wrapped.targets[LABEL] = plain
    restore = unit.wrapped.restore

    def restored(result: Result) -> Any:
        new = result.targets.pop(LABEL)
        follower.value, follower.changed = new, new is not plain
        return restore(result)

    unit.wrapped.restore = restored
    return follower


def _is_class(value: Any) -> bool:
    """Whether a value is a class: its number or name, or weights of all classes."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        floats = value.is_floating_point() if isinstance(value, torch.Tensor) else value.dtype.kind == "f"
        return value.ndim == 1 if floats else value.ndim == 0
    return isinstance(value, (int, np.integer, str)) and not isinstance(value, bool)

"""The class of a record follows the sample that steps mix with others."""

from __future__ import annotations

import re
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

LIKE_CLASSES: Final = re.compile(r"(.*_)?(labels?|class|category|target|y)(_(id|idx|index|name))?")
"""Names that are near to these: data sets with several classes have `fine_label` and `coarse_label`."""

TENSOR: Final = "Weights of all classes, and numbers that are measured, are tensors of floats, which are averaged. "


def follow_class(
    fields: Mapping[str, Any], units: Sequence[Unit], entry: int, mixing: frozenset[str]
) -> list[Follower]:
    """Hand the record's class to the sample that steps mix with others.

    Raises:
        SampleError: several samples are mixed, and nothing says to which it belongs; or a field may be the class,
            and would stay that of one picture beside a mixture.

    """
    hosts = [unit for unit in units if unit.modality.name in mixing and LABEL not in unit.wrapped.targets]
    if not hosts:
        return []
    positions = all(name.isdecimal() for name in map(str, fields))  # a tuple: what stands beside the sample
    names = [n for n in fields if not isinstance(fields[n], str)] if positions else CLASS_FIELDS
    name = next((n for n in names if n in fields and _is_class(fields[n])), None)
    if name is None:
        _refuse_left(fields, names, hosts[0], entry)
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


def _refuse_left(fields: Mapping[str, Any], usual: Sequence[str], host: Unit, entry: int) -> None:
    """Refuse what may be the class of a sample that is mixed, and is not known to be it, by its name or its value."""
    for name, value in fields.items():
        known = name in usual
        if not (_is_unclear(value) if known else _is_class(value) and LIKE_CLASSES.fullmatch(str(name).lower())):
            continue
        held = f" of {value.dtype} and shape {tuple(value.shape)}" if hasattr(value, "dtype") else ""
        tensor = TENSOR if not isinstance(value, (torch.Tensor, np.ndarray, int, str)) else ""
        raise SampleError(
            f"record {entry}: steps mix {host.field!r}, and {name!r} ({type(value).__name__}{held}) may be its class, "
            f"which would stay as it is. {tensor}Say that it is the class, schema={{{host.field!r}: "
            f"{host.modality.name!r}, {name!r}: 'label of {host.field}'}}, or that it is not: "
            f"schema={{..., 'extra': [{name!r}]}}."
        )


def _is_unclear(value: Any) -> bool:
    """Whether a value in the place of a class may be one that is not mixed: whole numbers of all classes, a measure."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return value.ndim == 0 or (value.ndim == 1 and len(value) > 0)
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(each, (int, float, np.number)) for each in value)
    return isinstance(value, (bool, float, np.floating, np.bool_))


def _is_class(value: Any) -> bool:
    """Whether a value is a class: its number or name, or weights of all classes."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        floats = value.is_floating_point() if isinstance(value, torch.Tensor) else value.dtype.kind == "f"
        return value.ndim == 1 if floats else value.ndim == 0
    return isinstance(value, (int, np.integer, str)) and not isinstance(value, bool)

"""Comparing samples, targets and parameters: exactly, within rounding, and by fingerprint."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg.data.targets import Keypoints

ROUNDING: Final = 1e-5
"""What floating-point results may differ by, as a share of the largest value."""
ROUNDED_SHARE: Final = 2e-3
"""The share of integer values that may differ by one level."""


def explain(first: Any, second: Any, *, rounding: bool = False, where: str = "") -> str:
    """Return what differs between two values, "" if nothing does.

    With ``rounding``, floating-point arrays may differ by 1e-5 of their largest value (at least of 1), integer
    arrays by one level in 0.2 % of the places.
    """
    if isinstance(first, (torch.Tensor, np.ndarray)) and isinstance(second, (torch.Tensor, np.ndarray)):
        return _arrays(_array(first), _array(second), rounding, where)
    if type(first) is not type(second):
        return f"{where or 'it'} is {type(second).__name__} instead of {type(first).__name__}"
    if dataclasses.is_dataclass(first) and not isinstance(first, type):
        names = [f.name for f in dataclasses.fields(first)]
        pairs = [(f".{n}", _field(first, n), _field(second, n)) for n in names]
    elif isinstance(first, Mapping):
        if list(first) != list(second):
            return f"{where or 'it'} has entries {list(second)} instead of {list(first)}"
        pairs = [(f".{n}", first[n], second[n]) for n in first]
    elif isinstance(first, (list, tuple)):
        if len(first) != len(second):
            return f"{where or 'it'} has {len(second)} entries instead of {len(first)}"
        pairs = [(f"[{i}]", a, b) for i, (a, b) in enumerate(zip(first, second, strict=True))]
    else:
        return "" if _equal(first, second, rounding) else f"{where or 'it'} is {second!r} instead of {first!r}"
    found = (explain(a, b, rounding=rounding, where=f"{where}{name}".lstrip(".")) for name, a, b in pairs)
    return next((f for f in found if f), "")


def _field(value: Any, name: str) -> Any:
    found = getattr(value, name)
    if found is None and name == "visible" and isinstance(value, Keypoints):
        return value.flags  # what None stands for
    return found


def _equal(first: Any, second: Any, rounding: bool) -> bool:
    if isinstance(first, float) and (first != first or rounding):
        return bool((first != first and second != second) or abs(first - second) <= ROUNDING * max(1.0, abs(first)))
    return bool(first == second)


def _array(value: torch.Tensor | np.ndarray) -> np.ndarray:
    if isinstance(value, np.ndarray):
        return value
    found = value.detach().cpu()
    return found.float().numpy() if found.dtype == torch.bfloat16 else found.numpy()


def _arrays(first: np.ndarray, second: np.ndarray, rounding: bool, where: str) -> str:
    name = where or "data"
    if first.shape != second.shape:
        return f"{name} has shape {second.shape} instead of {first.shape}"
    if first.dtype != second.dtype:
        return f"{name} has dtype {second.dtype} instead of {first.dtype}"
    if first.dtype.kind not in "iufb":
        return "" if bool(np.array_equal(first, second)) else f"{name} differs"
    a, b = first.astype(np.float64), second.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    if same.all():
        return ""
    with np.errstate(invalid="ignore"):
        apart = np.where(same, 0.0, np.abs(a - b))
    if rounding and _within(first, apart):
        return ""
    return f"{name} differs at {int((~same).sum())} of {same.size} places, by up to {apart.max():.4g}"


def _within(first: np.ndarray, apart: np.ndarray) -> bool:
    if first.dtype.kind == "f":
        scale = 100.0 if first.dtype.itemsize == 2 else 1.0
        finite = np.abs(first[np.isfinite(first)].astype(np.float64))
        return bool(apart.max() <= scale * ROUNDING * max(1.0, finite.max(initial=0.0)))
    return bool(apart.max() <= 1 and (apart > 0).mean() <= ROUNDED_SHARE)


def fingerprint(value: Any) -> str:
    """Return a digest of everything in a value: arrays bit for bit, containers in depth."""
    digest = hashlib.blake2b(digest_size=16)
    _feed(digest, value)
    return digest.hexdigest()


def _feed(digest: Any, value: Any) -> None:
    if isinstance(value, (torch.Tensor, np.ndarray)):
        array = np.ascontiguousarray(_array(value))
        dtype = value.dtype if isinstance(value, np.ndarray) else str(value.dtype)
        digest.update(f"{dtype}{array.shape}".encode())
        digest.update(array.tobytes() if array.dtype.kind != "O" else repr(array.tolist()).encode())
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        digest.update(type(value).__qualname__.encode())
        for field in dataclasses.fields(value):
            _feed(digest, getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in value:
            digest.update(repr(key).encode())
            _feed(digest, value[key])
    elif isinstance(value, (list, tuple)):
        digest.update(f"[{len(value)}".encode())
        for entry in value:
            _feed(digest, entry)
    else:
        digest.update(repr(value).encode("utf-8", "surrogatepass"))

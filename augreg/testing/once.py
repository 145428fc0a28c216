"""Samples that are made once: making a second of speech takes longer than most augmenters do with it."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, Final, ParamSpec, TypeVar

import numpy as np
import torch

P = ParamSpec("P")
T = TypeVar("T")

LISTS: Final = 64
"""How many results of a function are held: a modality's samples are asked for in about ten numbers."""


def made_once(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function that always makes the same do so once for each choice of arguments, and hand out copies.

    Copies, so that an augmenter that writes into its input spoils no other check.
    """
    cached: Any = lru_cache(maxsize=LISTS)(function)

    @wraps(function)
    def copied(*args: P.args, **kwargs: P.kwargs) -> T:
        found: T = _copy(cached(*args, **kwargs))
        return found

    return copied


def _copy(value: Any) -> Any:
    """Return samples with tensors and arrays of their own, as ``copy.deepcopy`` does, which takes ten times as long."""
    if isinstance(value, torch.Tensor):
        return value.clone(memory_format=torch.preserve_format)
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (list, tuple)):
        return type(value)(_copy(v) for v in value)
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return copy.deepcopy(value)
    made = copy.copy(value)
    for field in dataclasses.fields(value):
        object.__setattr__(made, field.name, _copy(getattr(value, field.name)))
    return made

"""The order of axes that a caller states with ``layout=``: arrays turned to the usual order, and results turned back.

A layout is one letter per axis: "HWC". A leading N or B says that it is a stack of samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.base import Hints

STACK: Final = ("N", "B")
"""Letters of the axis along which samples are stacked; sounds and texts call it the batch, pictures the number."""

Read = tuple[Any, Callable[[Any], Any]]


def is_stack(layout: str) -> bool:
    """Whether a layout is that of a stack of samples."""
    return layout.startswith(STACK)


def of_one(layout: str) -> str:
    """Return the layout of one sample of a stack; that of a sample is its own."""
    return layout[1:] if is_stack(layout) else layout


def turned(data: Any, layout: str, usual: str) -> Any:
    """Return a view of an array with its axes in the usual order; an axis that it lacks is added with one entry.

    Raises:
        SampleError: the array has another number of axes.

    """
    if not isinstance(data, (torch.Tensor, np.ndarray)):
        raise SampleError(f"layout={layout!r} is for tensors and arrays, not for a {type(data).__name__}.")
    if data.ndim != len(layout):
        raise SampleError(
            f"layout={layout!r} names {len(layout)} axes, but the {type(data).__name__} has shape {tuple(data.shape)}. "
            "Give the layout of what is passed; a leading N says that it is a stack."
        )
    if layout == usual:
        return data
    order = [layout.index(axis) for axis in usual if axis in layout]
    found = data.permute(order) if isinstance(data, torch.Tensor) else data.transpose(order)
    for axis, letter in enumerate(usual):
        if letter not in layout:
            found = found.unsqueeze(axis) if isinstance(found, torch.Tensor) else np.expand_dims(found, axis)
    return found


def turned_back(result: Any, layout: str, usual: str) -> Any:
    """Undo :func:`turned`; an axis that was added stays where a step gave it more entries (gray to RGB)."""
    here = usual
    for letter in usual:
        axis = here.index(letter)
        if letter not in layout and result.shape[axis] == 1:
            result = result.select(axis, 0) if isinstance(result, torch.Tensor) else result.take(0, axis)
            here = here.replace(letter, "")
    if len(here) != len(layout) or here == layout:
        return result
    order = [here.index(axis) for axis in layout]
    return result.permute(order) if isinstance(result, torch.Tensor) else result.transpose(order)


def read_as_said(data: Any, hints: Hints, usual: str, read: Callable[[Any, Hints], Read]) -> Read:
    """Read an array whose axes the caller named; ``read`` takes it in the usual order, and what it gives is turned.

    ``read`` returns a row and what gives the array's kind back. It gets hints whose layout is ``usual``.

    Raises:
        SampleError: the array has another number of axes.

    >>> import numpy as np
    >>> from augreg.modalities import Hints, as_tensor, read_as_said
    >>> def read(data, hints):
    ...     return as_tensor(data, "a series"), lambda row: row.numpy()
    >>> row, back = read_as_said(np.zeros((20, 2)), Hints(layout="TC"), "CT", read)
    >>> row.shape, back(row).shape
    (torch.Size([2, 20]), (20, 2))

    """
    layout = str(hints.layout)
    row, back = read(turned(data, layout, usual), _in_order(hints, usual))
    return row, lambda result: turned_back(back(result), layout, usual)


@lru_cache(maxsize=64)
def _in_order(hints: Hints, usual: str) -> Hints:
    return replace(hints, layout=usual)

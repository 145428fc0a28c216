"""What may be said of pictures beyond their modality: how steps that move pixels are to read them.

A photo is read between its pixels; between two labels, or two depths at an edge, there is nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, get_args

import numpy as np
import torch

from augreg.errors import SampleError, listing, nearest
from augreg.modalities.base import Wrapped

Interpolation = Literal["nearest", "bilinear", "bicubic"]
"""How values between pixels are found."""
Border = Literal["constant", "edge", "reflect"]
"""What lies beyond a picture."""

RENDERING: Final = "rendering"
"""The name, among the extras of pictures, of the :class:`Rendering` that was said; there is none where nothing was."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """How steps that move pixels read a picture, whatever they say themselves; None: as they say.

    Args:
        interpolation, border: by the names that the steps use.
        fill: what lies beyond the picture where the border is constant: one value or one per channel, in the units of
            the data (not as a share of white, as steps say it).
        dtype: that of the picture, whose units these are.

    """

    interpolation: Interpolation | None = None
    border: Border | None = None
    fill: tuple[float, ...] | None = None
    dtype: str = ""


def _one_of(name: str, kind: Any) -> Callable[[Any], str]:
    valid: tuple[str, ...] = get_args(kind)

    def check(value: Any) -> str:
        if value not in valid:
            hint = nearest(str(value), valid)
            raise SampleError(f"{name}={value!r} is not valid.{hint} Valid: {listing(valid)}.")
        return str(value)

    return check


def _fill(value: Any) -> tuple[float, ...]:
    """Check a fill; whether it suits the dtype and the channels shows when there is a picture."""
    given = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    numbers = all(isinstance(v, (int, float, np.number)) and not isinstance(v, bool) for v in given)
    if not given or not numbers or not all(map(math.isfinite, given)):
        raise SampleError(
            f"fill={value!r} is not valid: give a number, or one per channel, in the units of the data, such as 255 "
            "for uint8."
        )
    return tuple(map(float, given))


PICTURE_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "interpolation": _one_of("interpolation", Interpolation),
    "border": _one_of("border", Border),
    "fill": _fill,
}
"""Every option by its name, with what checks a value and returns it in a hashable form."""


def checked(options: Any, what: str) -> dict[str, Any]:
    """Return the options that a sample brings itself, checked; ``what`` it is, for messages."""
    if not isinstance(options, Mapping):
        raise SampleError(f"options={options!r} of {what} are no mapping; give e.g. {{'interpolation': 'nearest'}}.")
    for name in options:
        if name not in PICTURE_OPTIONS:
            hint = nearest(str(name), PICTURE_OPTIONS)
            raise SampleError(f"{what} has no option {name!r}.{hint} Options: {listing(PICTURE_OPTIONS)}.")
    return {name: PICTURE_OPTIONS[name](value) for name, value in options.items()}


def with_options(wrapped: Wrapped, hinted: tuple[tuple[str, Any], ...], own: Any, what: str) -> Wrapped:
    """Let a picture or clip have what was said of it: by the schema, and by itself, which counts more.

    Raises:
        SampleError: an option is unknown, or does not suit the picture.

    """
    said = dict(hinted) if own is None else {**dict(hinted), **checked(own, what)}
    if said:
        row = wrapped.row
        name = str(row.dtype).removeprefix("torch.")
        fill: tuple[float, ...] | None = said.get("fill")
        if fill is not None:
            _suits(fill, row.dtype, int(row.shape[-3]), what)
        read = Rendering(said.get("interpolation"), said.get("border"), fill, name)
        wrapped.extras = {**wrapped.extras, RENDERING: read}
    return wrapped


def _suits(fill: tuple[float, ...], dtype: torch.dtype, channels: int, what: str) -> None:
    """Refuse a fill that the picture cannot hold."""
    if len(fill) not in (1, channels):
        raise SampleError(f"fill has {len(fill)} values for {what} of {channels} channels; give one, or one for each.")
    info = torch.finfo(dtype) if dtype.is_floating_point else torch.iinfo(dtype)
    for value in fill:
        if not info.min <= value <= info.max or (not dtype.is_floating_point and value != int(value)):
            name = str(dtype).removeprefix("torch.")
            unit = "" if dtype.is_floating_point else "whole "
            raise SampleError(
                f"fill={value:g} is no value of {what} of dtype {name}: give a {unit}number from {info.min:g} to "
                f"{info.max:g}. A field's fill is in the units of its data, not a share of white as that of a step."
            )

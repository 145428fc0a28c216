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
from augreg.modalities.base import ALPHA, CHANNELS, Hints, Wrapped
from augreg.modalities.scale import Scale, in_shares, scale_of, stays

Interpolation = Literal["nearest", "bilinear", "bicubic"]
"""How values between pixels are found."""
Border = Literal["constant", "edge", "reflect"]
"""What lies beyond a picture."""

Options = tuple[tuple[str, Any], ...]
_SCALES: Final = frozenset(("white", "range"))

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
        scale: its black and white, where they are not those of the dtype: a step's fill is a share of them.

    """

    interpolation: Interpolation | None = None
    border: Border | None = None
    fill: tuple[float, ...] | None = None
    dtype: str = ""
    scale: Scale | None = None


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


def _number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value)


def _white(value: Any) -> float:
    if not _number(value) or value <= 0:
        raise SampleError(f"white={value!r} is not valid: give the value of white, a number above 0 such as 4095.")
    return float(value)


def _range(value: Any) -> tuple[float, float]:
    pair = tuple(value) if isinstance(value, (list, tuple, np.ndarray)) else ()
    if len(pair) != 2 or not all(map(_number, pair)) or not pair[0] < pair[1]:
        raise SampleError(f"range={value!r} is not valid: give the values of black and white, such as [-1024, 3071].")
    return float(pair[0]), float(pair[1])


def _channels(value: Any) -> tuple[str, ...]:
    names = tuple(value) if isinstance(value, (list, tuple)) else ()
    example = "such as ['red', 'green', 'blue', 'nir']"
    if not names or not all(isinstance(name, str) and name for name in names):
        raise SampleError(f"channels={value!r} is not valid: give the name of every channel in order, {example}.")
    if len(set(names)) != len(names):
        raise SampleError(f"channels={list(names)} names one of them twice; give every channel a name of its own.")
    for name in names:
        # "Red" or "grean" would be taken for a band without a color, and steps would leave it alone in silence.
        plain = name.strip().lower()
        near = plain if plain in ROLES else next((r for r in ROLES if nearest(plain, [r]) and plain[0] == r[0]), None)
        if name not in ROLES and near is not None:
            raise SampleError(f"channels has {name!r}. Did you mean {near!r}? Steps know {listing(ROLES)}.")
    if "alpha" in names[:-1]:
        raise SampleError(f"channels={list(names)} has 'alpha' before others; put that channel last in the picture.")
    return names


def _alpha(value: Any) -> bool:
    if not isinstance(value, (bool, np.bool_)):
        raise SampleError(f"alpha={value!r} is not valid: True if the last channel is alpha, else False.")
    return bool(value)


ROLES: Final = ("red", "green", "blue", "alpha", "gray")
"""Names of channels that steps know; any other name is that of a band."""

PICTURE_OPTIONS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "interpolation": _one_of("interpolation", Interpolation),
    "border": _one_of("border", Border),
    "fill": _fill,
    "white": _white,
    "range": _range,
    "channels": _channels,
    "alpha": _alpha,
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


def with_options(wrapped: Wrapped, options: Options, hints: Hints, what: str) -> Wrapped:
    """Let a picture or clip have what was said of it, see :func:`all_options`.

    Raises:
        SampleError: an option is unknown, or does not suit the picture.

    """
    said = dict(options)
    row, channels = wrapped.row, int(wrapped.row.shape[-3])
    fill: tuple[float, ...] | None = said.get("fill")
    if fill is not None:
        _suits(fill, row.dtype, channels, what)
    scale, more = scale_of(options), _roles(said, wrapped.extras.get(ALPHA), channels, what)
    if scale is not None and not stays(row, hints):
        wrapped = in_shares(wrapped, scale)
        fill = fill and tuple((value - scale.low) / (scale.high - scale.low) for value in fill)
        scale = None
    if scale is not None or {"interpolation", "border", "fill"} & said.keys():
        name = str(wrapped.row.dtype).removeprefix("torch.")
        more[RENDERING] = Rendering(said.get("interpolation"), said.get("border"), fill, name, scale)
    wrapped.extras = {**wrapped.extras, **more}
    return wrapped


def all_options(hinted: Options, own: Any, what: str) -> Options:
    """Return what was said of a sample: by the schema or the call, and by itself, which counts more.

    Raises:
        SampleError: an option is unknown or wrong, or two contradict each other.

    """
    mine = {} if own is None else checked(own, what)
    rest = dict(hinted)
    if mine.keys() & _SCALES:
        rest = {name: value for name, value in rest.items() if name not in _SCALES}
    said = {**rest, **mine}
    if said.keys() >= _SCALES:
        raise SampleError(f"{what} has white={said['white']:g} and range={list(said['range'])}. Keep the range.")
    return tuple(said.items())


def _roles(said: Mapping[str, Any], alpha: bool | None, channels: int, what: str) -> dict[str, Any]:
    """Return the extras that say what the channels are."""
    names, last = said.get("channels"), said.get("alpha")
    if names is not None and len(names) != channels:
        raise SampleError(f"channels={list(names)} names {len(names)} channels, and {what} has {channels}.")
    if names is not None and last is not None and last != (names[-1] == "alpha"):
        raise SampleError(f"alpha={last} contradicts channels={list(names)}. Keep the channels.")
    told = last if names is None else names[-1] == "alpha"
    if told is None:
        return {}
    if alpha and not told:
        raise SampleError(f"{what} is held as one with alpha, and its options say that there is none. Leave it out.")
    if told and channels == 1:
        raise SampleError(f"{what} has one channel, which cannot be alpha. Leave out alpha.")
    return {ALPHA: told} if names is None else {ALPHA: told, CHANNELS: names}


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

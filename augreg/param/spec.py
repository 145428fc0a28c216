"""What one configuration parameter may hold, and the check of a value against it."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Set
from dataclasses import MISSING, dataclass
from enum import Enum
from typing import Any, Final, Literal

from augreg.errors import ConfigError, nearest
from augreg.param import schedule
from augreg.param.from_field import check_meant, read_field, says_field
from augreg.param.units import check_unit

Kind = Literal["number", "integer", "interval", "choice", "flag", "text", "numbers", "texts", "value"]

LARGEST: Final = 2**63 - 1
"""Bounds whole numbers, which end up in 64 bits of numpy, torch or a decoder and would overflow there."""


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One configuration parameter: what it may hold and what it means.

    ``low`` and ``high`` bound every number of the value (inclusive). ``centre`` says what a single number
    means for an interval: ``x`` stands for ``(centre - x, centre + x)``, or for ``(x, x)`` when it is None.
    ``scheduled``: a schedule over epochs may stand for each number, see :mod:`augreg.param.schedule`.
    ``from_field``: ``{field: strength}`` may stand for the value, the number that the record of each sample holds.
    ``unit`` is one of :data:`augreg.param.UNITS`, which says how to proceed where none of them fits.
    """

    name: str
    kind: Kind
    default: Any = MISSING
    doc: str = ""
    low: float | None = None
    high: float | None = None
    unit: str = ""
    choices: tuple[Any, ...] = ()
    centre: float | None = None
    integral: bool = False
    optional: bool = False
    scheduled: bool = False
    from_field: bool = False

    def __post_init__(self) -> None:
        check_unit(self.unit)

    @property
    def required(self) -> bool:
        """Whether the parameter has no default."""
        return self.default is MISSING

    @property
    def range(self) -> str:
        """The accepted values, in words."""
        if self.choices:
            return " | ".join(str(c) for c in self.choices)
        if self.low is None and self.high is None:
            return ""
        if self.high is None:
            return f">= {self.low:g}"
        if self.low is None:
            return f"<= {self.high:g}"
        return f"{self.low:g} to {self.high:g}"

    def check(self, value: Any) -> Any:
        """Return ``value`` in its canonical form (lists become tuples, numbers floats), or raise ConfigError."""
        if value is None and self.optional:
            return None
        return _CHECKS[self.kind](self, value)

    def fail(self, value: Any, expected: str) -> ConfigError:
        """Return the error for a value that the parameter does not take."""
        shown = f", in {self.unit}" if self.unit else ""
        return ConfigError(f"{self.name}={value!r} is not valid: expected {expected}{shown}.")


def _is_number(value: Any) -> bool:
    # numpy's scalars register with numbers.Real only in part; float() decides, but text and booleans stay out.
    if isinstance(value, (bool, str, bytes)) or value is None:
        return False
    try:
        return math.isfinite(float(value))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return False


def _is_whole(value: Any) -> bool:
    return float(value).is_integer() and abs(value) <= LARGEST


def _check_number(spec: ParamSpec, value: Any) -> Any:
    if says_field(value):
        return _check_field(spec, value)
    if spec.scheduled and isinstance(value, (Mapping, schedule.Schedule)):
        if spec.from_field:
            check_meant(value, spec.name, schedule.WORDS)
        return schedule.read(value, spec.name, spec.low, spec.high)
    expected = "a whole number" if spec.integral else "a number"
    if spec.range:
        expected += f" ({spec.range})"
    if not _is_number(value) or (spec.integral and not _is_whole(value)):
        raise spec.fail(value, expected)
    if (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high):
        raise spec.fail(value, expected)
    return int(value) if spec.integral else float(value)


def _check_field(spec: ParamSpec, value: Any) -> Any:
    if not spec.from_field:
        bounds = f" ({spec.range})" if spec.range else ""
        raise spec.fail(value, f"a number for all samples{bounds}{' or a schedule' if spec.scheduled else ''}")
    return read_field(value, spec.name)


def _check_interval(spec: ParamSpec, value: Any) -> Any:
    if says_field(value):
        return _check_field(spec, value)
    one = dataclasses.replace(spec, optional=False)
    if spec.scheduled and isinstance(value, (Mapping, schedule.Schedule)):
        return (_check_number(one, value),) * 2
    one = dataclasses.replace(one, from_field=False)  # it stands for both ends, not for one of them
    if _is_number(value):
        return _interval_from_number(one, float(value))
    expected = f"a pair [from, to]{f' ({spec.range})' if spec.range else ''}"
    if isinstance(value, (str, bytes, Mapping, Set)) or _length(value) != 2:
        raise spec.fail(value, expected)
    first, last = (_check_number(one, v) for v in value)
    if schedule.is_scheduled((first, last)):
        if not schedule.in_order(first, last):
            raise spec.fail(value, f"{expected} with from <= to in every epoch")
    elif first > last:
        raise spec.fail(value, f"{expected} with from <= to; did you mean [{last:g}, {first:g}]")
    return first, last


def _length(value: Any) -> int | None:
    try:
        return len(value)
    except TypeError:
        return None


def _interval_from_number(spec: ParamSpec, x: float) -> tuple[float, float]:
    if spec.centre is None:
        one = _check_number(spec, x)
        return one, one
    if x < 0:
        raise spec.fail(x, f"a number >= 0 (the distance from {spec.centre:g}) or a pair [from, to]")
    low, high = spec.centre - x, spec.centre + x
    low = low if spec.low is None else max(low, spec.low)
    return _check_number(spec, low), _check_number(spec, high)


def _check_choice(spec: ParamSpec, value: Any) -> Any:
    frozen = _of_enum(spec, value) if isinstance(value, Enum) else _freeze(value)
    if frozen not in spec.choices:
        options = ", ".join(repr(c) for c in spec.choices)
        hint = nearest(str(value), [str(c) for c in spec.choices])
        raise spec.fail(value, f"one of {options}{';' + hint.rstrip('?') if hint else ''}")
    return str(frozen) if isinstance(frozen, str) else frozen  # files hold plain strings, not kinds of them


def _of_enum(spec: ParamSpec, value: Enum) -> Any:
    """Return which choice another library's constant stands for, by its value or its name; else its name.

    torchvision's ``InterpolationMode.BILINEAR`` has the value "bilinear", PIL's ``Resampling.BILINEAR`` a number.
    """
    return value.value if isinstance(value.value, str) and value.value in spec.choices else value.name.lower()


def _check_flag(spec: ParamSpec, value: Any) -> bool:
    if value is not True and value is not False:
        raise spec.fail(value, "true or false")
    return bool(value)


def _check_text(spec: ParamSpec, value: Any) -> str:
    plain = _text_of(value)
    if plain is None:
        raise spec.fail(value, "a string")
    return plain


def _text_of(value: Any) -> str | None:
    """Return a string as a plain one, of a constant its value; None for what is none."""
    held = value.value if isinstance(value, Enum) else value
    return str(held) if isinstance(held, str) else None


def _check_numbers(spec: ParamSpec, value: Any) -> tuple[float, ...]:
    listed = _listed(value)
    if not listed or not all(_is_number(entry) for entry in listed):
        raise spec.fail(value, f"a number or a list of numbers{f' ({spec.range})' if spec.range else ''}")
    return tuple(_check_number(spec, entry) for entry in listed)


def _check_texts(spec: ParamSpec, value: Any) -> tuple[str, ...]:
    listed = _listed(value)
    if spec.choices and listed and all(isinstance(entry, (str, Enum)) for entry in listed):
        return tuple(_check_choice(spec, entry) for entry in listed)
    plain = [_text_of(entry) for entry in listed or ()]
    if listed is None or None in plain:
        raise spec.fail(value, "a string or a list of strings")
    return tuple(text for text in plain if text is not None)


def _listed(value: Any) -> tuple[Any, ...] | None:
    """Return the entries of a list, or the one that stands for a list of one; None for what is no list."""
    if isinstance(value, (list, tuple)):
        return tuple(value)
    return (value,) if isinstance(value, (str, Enum)) or _is_number(value) else None


def _check_value(_spec: ParamSpec, value: Any) -> Any:
    return _freeze(value)


def _freeze(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_freeze(v) for v in value)
    return value


_CHECKS: Final = {
    "number": _check_number,
    "integer": _check_number,
    "interval": _check_interval,
    "choice": _check_choice,
    "flag": _check_flag,
    "text": _check_text,
    "numbers": _check_numbers,
    "texts": _check_texts,
    "value": _check_value,
}

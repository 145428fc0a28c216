"""Declares the parameters of an augmenter, one dataclass field each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import MISSING
from typing import Any, Final

from augreg.param.spec import Kind, ParamSpec

KEY: Final = "augreg"
"""Under what the metadata of a dataclass field holds its declaration."""


def number(
    default: Any = MISSING,
    doc: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    optional: bool = False,
) -> Any:
    """Declare a float parameter between ``low`` and ``high``."""
    return _field("number", default, doc, low=low, high=high, unit=unit, optional=optional)


def integer(
    default: Any = MISSING,
    doc: str = "",
    *,
    low: int | None = None,
    high: int | None = None,
    unit: str = "",
    optional: bool = False,
) -> Any:
    """Declare an integer parameter between ``low`` and ``high``."""
    return _field("integer", default, doc, low=low, high=high, unit=unit, integral=True, optional=optional)


def interval(
    default: Any = MISSING,
    doc: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    centre: float | None = None,
    integral: bool = False,
    optional: bool = False,
) -> Any:
    """Declare a pair ``(from, to)`` with ``from <= to``; a single number ``x`` means ``centre -+ x`` or ``(x, x)``."""
    return _field(
        "interval", default, doc, low=low, high=high, unit=unit, centre=centre, integral=integral, optional=optional
    )


def choice(default: Any = MISSING, doc: str = "", *, options: Sequence[Any], optional: bool = False) -> Any:
    """Declare a parameter that takes one of ``options``."""
    return _field("choice", default, doc, choices=tuple(options), optional=optional)


def flag(default: Any = MISSING, doc: str = "") -> Any:
    """Declare a boolean parameter."""
    return _field("flag", default, doc)


def text(default: Any = MISSING, doc: str = "", *, optional: bool = False) -> Any:
    """Declare a string parameter."""
    return _field("text", default, doc, optional=optional)


def numbers(
    default: Any = MISSING,
    doc: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    integral: bool = False,
    optional: bool = False,
) -> Any:
    """Declare a list of numbers between ``low`` and ``high``, not empty; one number stands for a list of one."""
    return _field("numbers", default, doc, low=low, high=high, unit=unit, integral=integral, optional=optional)


def texts(default: Any = MISSING, doc: str = "", *, options: Sequence[str] = (), optional: bool = False) -> Any:
    """Declare a list of strings, of ``options`` where they are given; one string stands for a list of one."""
    return _field("texts", default, doc, choices=tuple(options), optional=optional)


def value(default: Any = MISSING, doc: str = "", *, optional: bool = False, unit: str = "") -> Any:
    """Declare a parameter of a form of its own; lists become tuples.

    Nothing is checked here: ``__post_init__`` of the augmenter has to refuse, by ConfigError, all that is not valid.
    """
    return _field("value", default, doc, optional=optional, unit=unit)


def _field(kind: Kind, default: Any, doc: str, **facts: Any) -> Any:
    spec = ParamSpec("", kind, default, doc, **facts)
    if default is MISSING:
        return dataclasses.field(metadata={KEY: spec})
    if isinstance(default, (list, dict, set)):
        raise TypeError(f"default {default!r} is mutable; use a tuple")
    return dataclasses.field(default=default, metadata={KEY: spec})

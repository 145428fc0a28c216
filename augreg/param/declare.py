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
    scheduled: bool = False,
    from_field: bool = False,
) -> Any:
    """Declare a float parameter between ``low`` and ``high``.

    ``scheduled``, for policies: ``{linear: [0, 1], epochs: 30}`` may stand for it, and the policy that draws gets the
    number of the epoch. ``from_field``, for policies too: ``{field: strength}`` may stand for it, which the policy then
    holds as a :class:`augreg.param.FromField`; ``rng.field(name)`` has the numbers of the samples.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     rate: float = augreg.param.number(0.5, "share of the words", low=0, high=1)
    >>> Step(rate=1).rate
    1.0
    >>> Step(rate=2)
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: rate=2 is not valid: expected a number (0 to 1).

    """
    facts = {"low": low, "high": high, "unit": unit, "scheduled": scheduled, "from_field": from_field}
    return _field("number", default, doc, optional=optional, **facts)


def integer(
    default: Any = MISSING,
    doc: str = "",
    *,
    low: int | None = None,
    high: int | None = None,
    unit: str = "",
    optional: bool = False,
) -> Any:
    """Declare an integer parameter between ``low`` and ``high``.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     order: int = augreg.param.integer(3, "of the reflections", low=0)
    >>> Step(order=5.0).order
    5
    >>> Step(order=1.5)
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: order=1.5 is not valid: expected a whole number (>= 0).

    """
    return _field("integer", default, doc, low=low, high=high, unit=unit, integral=True, optional=optional)


def interval(
    default: Any = MISSING,
    doc: Any = "",
    said: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    unit: str = "",
    centre: float | None = None,
    integral: bool = False,
    optional: bool = False,
    scheduled: bool = False,
    from_field: bool = False,
) -> Any:
    """Declare a pair ``(from, to)`` with ``from <= to``; a single number ``x`` means ``centre -+ x`` or ``(x, x)``.

    The pair may be written as two numbers: ``interval(0.2, 0.7, "light")`` is ``interval((0.2, 0.7), "light")``.

    ``scheduled``: a schedule may stand for each end; ``from_field``: a field for both. See :func:`number`.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     degrees: tuple = augreg.param.interval((-10, 10), "how far", centre=0)
    >>> Step(degrees=[0, 5]).degrees
    (0.0, 5.0)
    >>> Step(degrees=5).degrees
    (-5.0, 5.0)
    >>> Step(degrees=[5, 0])
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: degrees=[5, 0] is not valid: expected a pair ...; did you mean [0, 5].

    """
    facts = {"low": low, "high": high, "unit": unit, "centre": centre, "integral": integral}
    if isinstance(doc, (int, float)):
        default, doc, said = (default, doc), said, ""
    if said:
        raise TypeError(f"{said!r} is too much: interval((from, to), 'what it means') or interval(from, to, 'meaning')")
    return _field("interval", default, doc, optional=optional, scheduled=scheduled, from_field=from_field, **facts)


def choice(default: Any = MISSING, doc: str = "", *, options: Sequence[Any], optional: bool = False) -> Any:
    """Declare a parameter that takes one of ``options``.

    A constant of another library stands for the option that its value or its name says, such as torchvision's
    ``InterpolationMode.BILINEAR`` for "bilinear".

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     side: str = augreg.param.choice("left", "which half", options=("left", "right"))
    >>> Step(side="right").side
    'right'
    >>> Step(side="up")
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: side='up' is not valid: expected one of 'left', 'right'.

    """
    return _field("choice", default, doc, choices=tuple(options), optional=optional)


def flag(default: Any = MISSING, doc: str = "") -> Any:
    """Declare a boolean parameter.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     loop: bool = augreg.param.flag(False, "whether it begins again")
    >>> Step(loop=True).loop
    True
    >>> Step(loop="yes")
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: loop='yes' is not valid: expected true or false.

    """
    return _field("flag", default, doc)


def text(default: Any = MISSING, doc: str = "", *, optional: bool = False) -> Any:
    """Declare a string parameter.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     mark: str = augreg.param.text("!", "what is appended")
    >>> Step(mark="?").mark
    '?'
    >>> Step(mark=3)
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: mark=3 is not valid: expected a string.

    """
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
    """Declare a list of numbers between ``low`` and ``high``, not empty; one number stands for a list of one.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     mean: tuple = augreg.param.numbers(0.5, "one per channel", low=0, high=1)
    >>> Step(mean=[0.4, 0.5, 0.6]).mean, Step().mean
    ((0.4, 0.5, 0.6), (0.5,))
    >>> Step(mean="x")
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: mean='x' is not valid: expected a number or a list of numbers (0 to 1).

    """
    return _field("numbers", default, doc, low=low, high=high, unit=unit, integral=integral, optional=optional)


def texts(default: Any = MISSING, doc: str = "", *, options: Sequence[str] = (), optional: bool = False) -> Any:
    """Declare a list of strings, of ``options`` where they are given; one string stands for a list of one.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     marks: tuple = augreg.param.texts(("!",), "to choose from")
    >>> Step(marks=["?", "..."]).marks
    ('?', '...')
    >>> Step(marks=1)
    Traceback (most recent call last):
        ...
    augreg.errors.ConfigError: marks=1 is not valid: expected a string or a list of strings.

    """
    return _field("texts", default, doc, choices=tuple(options), optional=optional)


def value(default: Any = MISSING, doc: str = "", *, optional: bool = False, unit: str = "") -> Any:
    """Declare a parameter of a form of its own; lists become tuples.

    Nothing is checked here: ``__post_init__`` of the augmenter has to refuse, by ConfigError, all that is not valid.

    >>> from dataclasses import dataclass
    >>> import augreg
    >>> @dataclass(frozen=True, kw_only=True)
    ... class Step(augreg.AugmenterBase):
    ...     pairs: tuple = augreg.param.value((), "groups of words")
    >>> Step(pairs=[["a", "the"]]).pairs
    (('a', 'the'),)

    """
    return _field("value", default, doc, optional=optional, unit=unit)


def _field(kind: Kind, default: Any, doc: str, **facts: Any) -> Any:
    if not isinstance(doc, str):
        raise TypeError(f"{doc!r} is no text; what a parameter means stands behind its default: {kind}(..., 'meaning')")
    spec = ParamSpec("", kind, default, doc, **facts)
    if default is MISSING:
        return dataclasses.field(metadata={KEY: spec})
    if isinstance(default, (list, dict, set)):
        raise TypeError(f"default {default!r} is mutable; use a tuple")
    return dataclasses.field(default=default, metadata={KEY: spec})

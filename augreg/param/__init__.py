"""Parameters of a configuration: declared once, checked on construction, shown by the command line.

Example::

    @dataclass(frozen=True, kw_only=True)
    class Gain(augreg.AugmenterBase):
        decibels: tuple[float, float] = augreg.param.interval((-6, 6), "How much louder.", unit="dB", centre=0)

Light: nothing but the standard library.
"""

from __future__ import annotations

from augreg.param.configure import build, check_all, config, describe, in_epoch, plain
from augreg.param.declare import choice, flag, integer, interval, number, numbers, text, texts, value
from augreg.param.from_field import FromField
from augreg.param.schedule import Schedule
from augreg.param.spec import ParamSpec
from augreg.param.units import SIZE_DEPENDENT, UNITS

__all__ = [
    "SIZE_DEPENDENT",
    "UNITS",
    "FromField",
    "ParamSpec",
    "Schedule",
    "build",
    "check_all",
    "choice",
    "config",
    "describe",
    "flag",
    "in_epoch",
    "integer",
    "interval",
    "number",
    "numbers",
    "plain",
    "text",
    "texts",
    "value",
]

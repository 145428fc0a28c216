"""Units of parameters: one vocabulary, stated once per parameter, shown for the level too."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import pytest

import augreg
from augreg import param
from augreg.cli.sheet import Sheet
from augreg.errors import ContractError
from augreg.registry.spec import AugmenterSpec


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("share", "fraction"),
        ("share of white", "fraction"),
        ("seconds", "s"),
        ("sec", "s"),
        ("pixels", "px"),
        ("square pixels", "px²"),
        ("px2", "px²"),
        ("deg", "degrees"),
        ("percent", "%"),
        ("db", "dB"),
        ("kelvin", "K"),
        ("fps", "1/s"),
        ("us", "µs"),
        ("factor", "ratio"),
    ],
)
def test_another_word_for_a_unit_is_refused_with_the_unit(written: str, meant: str) -> None:
    with pytest.raises(ContractError, match="none of augreg.param.UNITS") as error:
        param.number(1.0, "whatever", unit=written)
    assert f"Did you mean {meant!r}" in str(error.value)


def test_a_word_that_is_near_no_unit_is_refused_with_what_to_do() -> None:
    with pytest.raises(ContractError, match="leave unit out and name it in the description"):
        param.interval((0.0, 1.0), "whatever", unit="quux")


@pytest.mark.parametrize("unit", param.UNITS)
def test_all_units_are_taken_and_explained(unit: str) -> None:
    assert param.UNITS[unit]
    param.number(1.0, "whatever", unit=unit)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Blur(augreg.AugmenterBase):
    """Blur."""

    sigma: tuple[float, float] = param.interval((0.1, 2.0), "width", low=0, unit="px")
    gain: tuple[float, float] = param.interval((0.0, 6.0), "gain", unit="dB")
    quality: tuple[float, float] = param.interval((10, 90), "quality")


@pytest.mark.parametrize(
    ("level", "unit"),
    [
        (augreg.Level("gain", 0.0, 6.0), "dB"),
        (augreg.Level("quality", 90, 10, "integer"), ""),
        (augreg.Level("sigma", 0.0, 0.02, relative_to="shorter side"), "fraction of the shorter side"),
    ],
)
def test_a_level_counts_in_the_unit_of_its_parameter(level: augreg.Level, unit: str) -> None:
    class Leveled(Blur):
        declares: ClassVar[augreg.Declaration] = augreg.Declaration(level=level)

    assert level.unit(param.describe(Leveled)) == unit
    sheet = Sheet(AugmenterSpec("acme.blur", "acme:Blur", modalities=("image",), summary="Blur."), Leveled)
    assert sheet.as_dict()["declares"]["level"]["unit"] == unit
    ends = f"{level.low:g} to {level.high:g} {unit}".strip()
    assert f"sets {level.param} from {ends} ({level.scale}" in " ".join(" ".join(sheet.lines()).split())


def test_size_dependent_units_are_units() -> None:
    assert param.UNITS.keys() > param.SIZE_DEPENDENT

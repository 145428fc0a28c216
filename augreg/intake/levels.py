"""The strengths that records hold for the steps of a pipeline, read once per record."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from numbers import Real
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from augreg.errors import SampleError, listing, nearest
from augreg.intake.container import Container, Unit

_MISSING: Final = object()


class Levels:
    """What the records of one call hold in the fields that steps take their strengths from.

    Args:
        asked: modality -> field -> the step that asks, see :mod:`augreg.pipeline.level_fields`.

    """

    def __init__(self, asked: Mapping[str, Mapping[str, str]]) -> None:
        self._asked = asked
        self._found: dict[str, dict[int, float]] = {}

    def note(self, fields: Mapping[str, Any], units: Sequence[Unit], touched: Collection[str]) -> None:
        """Read the strengths that the samples of one record need; ``touched`` are the fields that steps may change.

        Raises:
            SampleError: a field is missing, holds no number from 0 to 1, or may be changed by steps.

        """
        for unit in units:
            for field, step in self._asked.get(unit.modality.name, {}).items():
                known = self._found.setdefault(field, {})
                if unit.entry not in known:
                    _check_untouched(field, step, unit, touched)
                    known[unit.entry] = _number(fields, field, step, unit)

    def by_entry(self, container: Container) -> dict[str, NDArray[np.float64]]:
        """Return the strengths of all entries, field -> (entries,); NaN for those that need none.

        Raises:
            SampleError: a sample needs one and stands in no record.

        """
        for unit in container.units:
            for field, step in self._asked.get(unit.modality.name, {}).items():
                if unit.entry not in self._found.get(field, {}):
                    raise SampleError(
                        f"sample {unit.entry} stands in no record, and {step} takes its strength from the field "
                        f"{field!r} of one. Pass records, e.g. {{{unit.modality.name!r}: ..., {field!r}: 0.5}}."
                    )
        found = {field: np.full(container.entries, np.nan) for field in self._found}
        for field, known in self._found.items():
            found[field][list(known)] = list(known.values())
        return found


def _number(fields: Mapping[str, Any], field: str, step: str, unit: Unit) -> float:
    value = fields.get(field, _MISSING)
    if value is _MISSING:
        raise SampleError(
            f"{_named(unit)} has no field {field!r}, from which {step} takes its strength."
            f"{nearest(field, map(str, fields))} Fields: {listing(fields)}. Give every record a number from 0 to 1 "
            "there; in a dict of columns, one for each row."
        )
    # Scalars of numpy and torch count as what they hold; a Python float has none of their methods.
    plain = value.item() if getattr(value, "shape", None) == () else value
    # NaN is neither above nor below anything, and so outside.
    if isinstance(plain, bool) or not isinstance(plain, Real) or not 0 <= float(plain) <= 1:
        raise SampleError(
            f"{_named(unit)}: {field!r} is {value!r}, no strength for {step}. Give a number from 0 to 1 there."
        )
    return float(plain)


def _check_untouched(field: str, step: str, unit: Unit, touched: Collection[str]) -> None:
    if field in touched:
        raise SampleError(
            f"{_named(unit)}: steps may change {field!r}, since it is or belongs to a sample, and {step} takes its "
            "strength from it. Give the strength a field of its own."
        )


def _named(unit: Unit) -> str:
    """Return a record's place, and its key if that is another."""
    return f"record {unit.entry}" if unit.key == unit.entry else f"record {unit.entry} (key {unit.key!r})"

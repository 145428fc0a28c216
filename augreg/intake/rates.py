"""The fields of a record that say at which rate its sounds are: read as such, and changed where steps resample."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from augreg.errors import SampleError
from augreg.intake.nested import Place, spelled
from augreg.intake.samples import SampleReader
from augreg.modalities.base import Modality, Result, Wrapped
from augreg.modalities.rates import rate_like, rate_of


class Stated(NamedTuple):
    """A rate that a record states: where, and the value as it stands there."""

    place: Place
    value: Any


class Rates:
    """The rates that one record states beside its samples; a nested one concerns what stands in the same place.

    Args:
        entry: the record's number, for messages.
        fields: the record.
        extra: fields that are said to belong to nothing.

    """

    def __init__(self, entry: int, fields: Mapping[str, Any], extra: Collection[str]) -> None:
        self._entry, self._fields, self._extra = entry, fields, extra
        self._found: dict[Place, tuple[Any, list[float]]] = {}

    def hint(self, reader: SampleReader, modality: Modality, place: Place) -> float | None:
        """Return the rate that the caller states for a sample at a place, or else the record."""
        if reader.hints.sample_rate is not None or not modality.rate_fields:
            return reader.hints.sample_rate
        return next((rate_of(stated.value) for stated in self._stated(modality, place)), None)

    def _stated(self, modality: Modality, place: Place) -> list[Stated]:
        """Return the rates in the innermost mapping around a place that states some.

        Raises:
            SampleError: what is called a rate is none.

        """
        for inside, holder in self._holders(place):
            found = [
                Stated((*inside, name), holder[name])
                for name in modality.rate_fields
                if holder.get(name) is not None and str((*inside, name)[0]) not in self._extra
            ]
            for stated in found:
                if rate_of(stated.value) is None:
                    raise self._no_rate(stated)
            if found:
                return found
        return []

    def _holders(self, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        """Yield the mappings around a place, the innermost first."""
        held: list[Any] = [self._fields]
        for name in place[:-1]:
            held.append(held[-1][name])
        for depth in range(len(held) - 1, -1, -1):
            if isinstance(held[depth], Mapping):
                yield place[:depth], held[depth]

    def _no_rate(self, stated: Stated) -> SampleError:
        value, outer = stated.value, str(stated.place[0])
        shown = f"a {type(value).__name__} of shape {tuple(value.shape)}" if hasattr(value, "shape") else repr(value)
        return SampleError(
            f"record {self._entry}: {spelled(stated.place)!r} is {shown}, and a sample rate is one number of Hz, e.g. "
            f"16000. If it is something else: schema={{..., 'extra': [{outer!r}]}}."
        )

    def _behind(self, place: Place, rate: float) -> list[Stated]:
        """Return the position behind a bare waveform, if its rate stands there, as in torchaudio's data sets."""
        name = str(place[0])
        if len(place) > 1 or not name.isdecimal() or isinstance(self._fields.get(name), tuple):
            return []
        after = str(int(name) + 1)
        return [Stated((after,), self._fields[after])] if rate_of(self._fields.get(after)) == rate else []

    def follow(self, modality: Modality, wrapped: Wrapped, place: Place) -> None:
        """Note the rate of a sample when it is restored, if the record states it.

        Raises:
            SampleError: the record states another rate than the sample has.

        """
        if not modality.rate_fields:
            return
        for stated in self._stated(modality, place) or self._behind(place, wrapped.rate):
            if rate_of(stated.value) != wrapped.rate:
                raise self._contradiction(stated, wrapped, place)
            self._note(stated, wrapped)

    def _note(self, stated: Stated, wrapped: Wrapped) -> None:
        _, rates = self._found.setdefault(stated.place, (stated.value, []))
        at, inner = len(rates), wrapped.restore
        rates.append(wrapped.rate)

        def restore(result: Result) -> Any:
            rates[at] = result.rate
            return inner(result)

        wrapped.restore = restore

    def _contradiction(self, stated: Stated, wrapped: Wrapped, place: Place) -> SampleError:
        outer = str(stated.place[0])
        return SampleError(
            f"record {self._entry}: {spelled(place)!r} is at {wrapped.rate:g} Hz, and {spelled(stated.place)!r} says "
            f"{rate_of(stated.value):g}. Make both alike; if it is the rate of something else: "
            f"schema={{..., 'extra': [{outer!r}]}}."
        )

    def new(self) -> Iterator[tuple[Place, Any]]:
        """Yield where the record states rates that steps changed, and the new ones.

        Raises:
            SampleError: one field states the rate of several samples, which have different ones now.

        """
        for place, (value, rates) in self._found.items():
            if len(set(rates)) > 1:
                raise SampleError(
                    f"record {self._entry}: steps gave the samples rates of {sorted(set(rates))} Hz, and the field "
                    f"{spelled(place)!r} can state one. Give each sample its own rate, e.g. (waveform, {value})."
                )
            if rates[0] != rate_of(value):
                yield place, _whole(value, rates[0])


def _whole(value: Any, rate: float) -> Any:
    """Return a rate in the kind that a field has; a plain float becomes an int where it can."""
    return rate_like(0 if type(value) is float else value, rate)

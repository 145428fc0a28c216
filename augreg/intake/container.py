"""What was passed: its samples, where each of them stands, and how to build the same kind from results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from augreg.modalities.base import Modality, Wrapped, WrappedMany, bare


@dataclass(slots=True)
class Unit:
    """One sample to augment: where it came from and its form inside augreg.

    ``field`` is where it stands in its record, such as "images[0]"; ``outer`` is the field of the record in which that
    lies ("images"), None where both are one. ``original`` is what is given back if no step changes it.
    """

    modality: Modality
    wrapped: Wrapped
    entry: int
    key: str | int
    field: str | None = None
    original: Any = None
    outer: str | None = None

    @property
    def record_field(self) -> str | None:
        """The field of the record in which the sample lies."""
        return self.outer or self.field


@dataclass(slots=True)
class Bulk:
    """Samples of one type that were read at once: ``originals[i]`` is entry ``entries[i]``, its key ``keys[i]``."""

    modality: Modality
    wrapped: WrappedMany
    entries: Sequence[int]
    keys: Sequence[str | int]
    originals: Sequence[Any]

    def units(self) -> list[Unit]:
        """Return what the samples are and where they stand, one by one; they are restored together."""
        parts = zip(self.wrapped.rows, self.entries, self.keys, self.originals, strict=True)
        return [Unit(self.modality, Wrapped(row, bare), i, key, None, original) for row, i, key, original in parts]


class Container:
    """What was passed: its samples, how many entries it has, and how to build the same kind from results.

    Args:
        units: the samples that were read one by one.
        entries: how many there are in what was passed.
        build: takes one result per unit, in the order of :attr:`units`; or, where samples that came stacked are one
            tensor in the end, that tensor.
        bulks: the samples that were read together; not in records.
        records: whether the entries are records.
        stack: the tensor that holds all units' rows, if they came stacked.
        missing: of records with fields that are None: the modalities that these would have.

    Attributes:
        alone: whether one sample or one record was passed by itself, not a list or stack.
        positional: whether some sample is known by its place only, since nobody gave it a key.
        tie: field -> the other field of its record that it is tied to, beside the ties of the pipeline.
        levels: field -> the strengths that the records hold in it, (entries,), of those that steps ask for.

    """

    alone = False
    positional = False
    tie: Mapping[str, str] = MappingProxyType({})
    """Which fields have the random numbers of which others, as the schema of the call says."""
    levels: Mapping[str, NDArray[np.float64]] = MappingProxyType({})

    def __init__(
        self,
        units: list[Unit],
        entries: int,
        build: Callable[[Any], Any],
        *,
        bulks: Sequence[Bulk] = (),
        records: bool = False,
        stack: torch.Tensor | None = None,
        missing: Mapping[int, frozenset[str]] | None = None,
    ) -> None:
        self.single, self.bulks = units, bulks
        self.entries, self.build, self.records, self.stack = entries, build, records, stack
        self.missing = missing or {}
        self._units = None if bulks else units

    @property
    def units(self) -> list[Unit]:
        """All samples, one by one, in the order of the entries."""
        if self._units is None:
            together = [unit for bulk in self.bulks for unit in bulk.units()]
            self._units = sorted([*self.single, *together], key=lambda unit: unit.entry)
        return self._units

    def rekey(self, keys: Sequence[str | int]) -> None:
        """Give every sample another key, in the order of :attr:`units`."""
        for bulk in self.bulks:
            bulk.keys = [keys[i] for i in bulk.entries]
        for unit, key in zip(self.units, keys, strict=True):
            unit.key = key

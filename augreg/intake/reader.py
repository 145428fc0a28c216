"""Reads the container that a user passes (one sample, list, stack, records, columns) and builds the same kind back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import is_
from typing import Any

import numpy as np
import torch

from augreg.intake.container import Bulk, Container, Unit
from augreg.intake.records import pair_unit, read_list, read_mapping
from augreg.intake.samples import SampleReader, is_target_pair
from augreg.intake.stacks import stack_like, whole
from augreg.modalities.base import Hints, Modality, WrappedMany


class Reader(SampleReader):
    """Recognizes containers and wraps their samples."""

    def read(self, samples: Any) -> Container:
        """Recognise the container and wrap its samples."""
        found = self._read(samples)
        found.positional = self.positional
        return found

    def _read(self, samples: Any) -> Container:
        if self.is_record(samples):
            return read_mapping(self, samples)
        if isinstance(samples, (list, tuple)) and not self._is_one(samples):
            return self._list(samples)
        if self._is_stack(samples):
            return self._stack(samples)
        self.check_keys(1, alone=True)
        unit = self.unit(samples, 0)
        found = Container([unit], 1, lambda results: results[0])
        found.alone = True
        return found

    def _is_row(self, obj: Any) -> bool:
        """Whether an element of a list is a tuple of fields, such as a data set's (image, class)."""
        return isinstance(obj, tuple) and not self._is_one(obj)

    def _is_one(self, obj: Any) -> bool:
        return self.is_sample(obj) or is_target_pair(obj)

    def _is_stack(self, obj: Any) -> bool:
        """Whether an array has one axis more than a sample of its modality, which it says itself or the caller does."""
        if not isinstance(obj, (torch.Tensor, np.ndarray)):
            return False
        modality = self.known.owner(obj)
        if modality is None and self.hints.modality is not None:
            modality = self.known[self.hints.modality]
        return modality is not None and bool(modality.array_dims) and obj.ndim == max(modality.array_dims) + 1

    def _list(self, samples: Sequence[Any]) -> Container:
        if samples and all(self.is_record(s) or self._is_row(s) for s in samples):
            return read_list(self, samples)
        self.check_keys(len(samples))
        bulks = self._bulks(samples)
        units = self._units(samples, {i for bulk in bulks for i in bulk.entries})
        kind = type(samples) if type(samples) in (list, tuple) else list
        return Container(units, len(samples), kind, bulks=bulks)

    def _bulks(self, samples: Sequence[Any]) -> list[Bulk]:
        """Read samples of one type at once, where their modality can."""
        kinds = list(map(type, samples))
        if len(set(kinds)) == 1:
            found = [self._bulk(samples, range(len(samples)))]
        else:
            places: dict[type, list[int]] = {}
            for i, kind in enumerate(kinds):
                places.setdefault(kind, []).append(i)
            found = [self._bulk([samples[i] for i in at], at, among_others=True) for at in places.values()]
        return [bulk for bulk in found if bulk is not None]

    def _bulk(self, samples: Sequence[Any], entries: Sequence[int], *, among_others: bool = False) -> Bulk | None:
        """Read samples of one type at once; None if their modality cannot, or does not for so few among others."""
        modality = self.known.owner(samples[0])
        if modality is None and self.hints.modality is not None and isinstance(samples[0], (torch.Tensor, np.ndarray)):
            modality = self.known[self.hints.modality]
        if modality is None or (among_others and len(samples) < modality.bulk_from):
            return None
        wrapped = modality.wrap_all(samples, self.hints_of(modality))
        if wrapped is None:
            return None
        return Bulk(modality, wrapped, entries, self._keys(wrapped, entries), samples)

    def _keys(self, wrapped: WrappedMany, entries: Sequence[int]) -> Sequence[str | int]:
        if self.keys is None and wrapped.keys is None:
            self.positional = True
            return entries
        own = wrapped.keys or [None] * len(entries)
        return [self.key(i, key) for i, key in zip(entries, own, strict=True)]

    def _units(self, samples: Sequence[Any], done: Collection[int]) -> list[Unit]:
        """Wrap the samples of a list that are not done; what there is to know about a type is looked up once."""
        known: dict[type, tuple[Modality, Hints]] = {}
        units: list[Unit] = []
        if len(done) == len(samples):
            return units
        for i, sample in enumerate(samples):
            if i in done:
                continue
            how = known.get(type(sample))
            if how is None:
                units.append(self.unit(sample, i))
                modality = units[-1].modality
                if not isinstance(sample, (tuple, Mapping)):  # these tell by their content what they are
                    known[type(sample)] = modality, self.hints_of(modality)
                continue
            units.append(self.wrap_as(*how, sample, i))
        return units

    def _stack(self, stack: Any) -> Container:
        modality = self.known.owner(stack) or self.known[str(self.hints.modality)]
        self.check_keys(len(stack))
        if not len(stack):
            return Container([], 0, lambda results: stack)
        plain = stack.as_subclass(torch.Tensor) if isinstance(stack, torch.Tensor) else stack
        hints = self.hints_of(modality, modality.name)
        wrapped = modality.wrap_stack(stack, hints)
        if wrapped is not None:
            return self._whole_stack(stack, modality, wrapped)
        parts = list(plain)
        bulk = self._bulk(parts, range(len(parts)))
        units = [] if bulk else [self.wrap_as(modality, hints, part, i) for i, part in enumerate(parts)]
        rows = list(bulk.wrapped.rows) if bulk else [u.wrapped.row for u in units]
        same = all(isinstance(row, torch.Tensor) for row in rows)
        buffer = whole(rows, modality) if same else None

        def build(results: list[Any]) -> Any:
            untouched = all(map(is_, results, parts))
            return stack if untouched else stack_like(stack, results)

        return Container(units, len(rows), build, bulks=[bulk] if bulk else (), stack=buffer)

    def _whole_stack(self, stack: Any, modality: Modality, wrapped: WrappedMany) -> Container:
        n = len(stack)

        def build(results: Any) -> Any:
            return stack if results is wrapped.rows else stack_like(stack, results)

        return Container([], n, build, bulks=[Bulk(modality, wrapped, range(n), self._keys(wrapped, range(n)), stack)])

    def unit(self, obj: Any, entry: int) -> Unit:
        """Wrap one sample, or an image with its targets; see :meth:`SampleReader.unit`."""
        return pair_unit(self, obj, entry) if is_target_pair(obj) else super().unit(obj, entry)

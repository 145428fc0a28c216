"""Reads the container that a user passes (one sample, list, stack, records, columns) and builds the same kind back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from operator import is_
from typing import Any

import numpy as np
import torch

from augreg.data.plain import check_plain
from augreg.errors import SampleError
from augreg.intake.columns import read_columns, read_mapping
from augreg.intake.container import Bulk, Container, Unit
from augreg.intake.padding import Padded, padded_axis
from augreg.intake.records import pair_unit, read_list, read_row
from augreg.intake.rows import is_one_row
from augreg.intake.samples import SampleReader, is_target_pair
from augreg.intake.stacks import stack_like, whole
from augreg.intake.tables import Table, array_table, table_of
from augreg.modalities.base import Hints, Modality, WrappedMany
from augreg.modalities.layouts import turned, turned_back


class Reader(SampleReader):
    """Recognizes containers and wraps their samples."""

    def read(self, samples: Any, lengths: Any = None) -> Container:
        """Recognize the container and wrap its samples; ``lengths`` are the true ones of a padded stack."""
        found = self._read(samples) if lengths is None else self._padded(samples, lengths)
        found.positional = self.positional
        if self.mixing:
            self.ledger.settle()
        if self.levels is not None:
            found.levels = self.levels.by_entry(found)
        return found

    def _read(self, samples: Any) -> Container:
        if self.is_record(samples):
            return read_mapping(self, samples)
        if isinstance(samples, (list, tuple)):
            if not self._is_one(samples):
                if isinstance(samples, tuple) and is_one_row(self, samples):
                    return read_row(self, samples)
                return self._list(samples)
        elif isinstance(samples, (torch.Tensor, np.ndarray)):
            return self._array(samples)
        else:
            return self._object(samples)
        return self._one(samples)

    def _object(self, obj: Any) -> Container:
        """Read one sample that is neither tuple nor array, or a column or table of another library."""
        table = table_of(obj) if self.known.owner(obj) is None else None
        return self._one(obj) if table is None else self._table(table)

    def _one(self, sample: Any) -> Container:
        self.check_keys(1, alone=True)
        found = Container([self.unit(sample, 0)], 1, _first)
        found.alone = True
        return found

    def _table(self, table: Table) -> Container:
        """Read a column or a table of other libraries."""
        if table.names is None:
            inner = self._list(table.columns)
        else:
            names = [name for name in self.schema or table.names if name in table.names]
            inner = read_columns(self, table.columns, names) if names else read_mapping(self, table.columns)
        build = inner.build
        inner.build = lambda results: table.restored(build(results))
        return inner

    def _array(self, array: torch.Tensor | np.ndarray) -> Container:
        """Read an array: of strings or objects a list, of numbers one sample, or a stack of such."""
        check_plain(array, "sample 0")
        if isinstance(array, np.ndarray) and array.dtype.kind in "OUST":
            return self._table(array_table(array))
        modality = self.known.owner(array)
        if modality is not None:
            return self._stack(array) if _is_stack(array, modality) else self._one(array)
        modality = self.owner(array, "sample 0")
        said = None if self.hints.layout is None else self.sample_layout(modality)
        if said is not None:
            stack = array.ndim == len(said) + 1
            return self._laid_stack(array, modality, said) if stack else self._one(self._single(array, said))
        if _is_stack(array, modality):
            return self._stack(array)
        self.check_readings(modality, array, "sample 0")
        return self._one(array)

    def _single(self, array: Any, said: str) -> Any:
        """Return an array that should be one sample; where the layout says a stack, one too few axes are refused."""
        stated = str(self.hints.layout)
        if array.ndim != len(said) or stated != said:
            raise SampleError(
                f"layout={stated!r} names {len(stated)} axes, but sample 0 is a {type(array).__name__} of shape "
                f"{tuple(array.shape)}. Give the layout of what is passed."
            )
        return array

    def _laid_stack(self, stack: Any, modality: Modality, said: str) -> Container:
        """Read a stack whose axes the caller named, and give it back with the same axes."""
        usual = modality.usual(stack)
        if not usual:
            return self._stack(stack)
        plain = turned(stack, f"N{said}", f"N{usual}")
        inner = self._stack(plain, usual)
        build = inner.build

        def back(results: Any) -> Any:
            found = build(results)
            if found is plain:
                return stack
            if isinstance(found, list):
                return [turned_back(row, said, usual) for row in found]
            return turned_back(found, f"N{said}", f"N{usual}")

        inner.build = back
        return inner

    def _padded(self, stack: Any, lengths: Any) -> Container:
        """Read a padded stack of which the true lengths are known."""
        if not isinstance(stack, (torch.Tensor, np.ndarray)):
            raise SampleError(
                f"lengths= is for a padded stack, a tensor or array, and got {type(stack).__name__}. In a dict of "
                "columns give them as the column 'lengths'; samples of a list have their own lengths."
            )
        modality = self.owner(stack, "the padded stack")
        axis = padded_axis(modality)
        if axis is None:
            raise SampleError(f"lengths= is for samples with a time axis; {modality.name} has none. Leave it out.")
        layout = self.sample_layout(modality) or modality.usual(stack)[-(stack.ndim - 1) :]
        if stack.ndim != len(layout) + 1:
            raise SampleError(
                f"lengths= is for a padded stack such as (N, {', '.join(layout)}), but the shape is "
                f"{tuple(stack.shape)}. Pass layout= if its axes are others."
            )
        padded = Padded(stack, lengths, layout.index("T"), "lengths")
        inner = self._list(padded.rows)
        build = inner.build
        inner.build = lambda results: padded.restored(build(results))
        return inner

    def _is_row(self, obj: Any) -> bool:
        """Whether an element of a list is a tuple of fields, such as a data set's (image, class)."""
        return isinstance(obj, tuple) and not self._is_one(obj)

    def _is_one(self, obj: Any) -> bool:
        return self.is_sample(obj) or is_target_pair(obj)

    def _list(self, samples: Sequence[Any]) -> Container:
        gaps = type(None) in set(map(type, samples))
        whole = [s for s in samples if s is not None] if gaps else samples
        if whole and all(self.is_record(s) or self._is_row(s) for s in whole):
            return read_list(self, samples)
        self.check_keys(len(samples))
        kind = type(samples) if type(samples) in (list, tuple) else list
        if gaps:
            return self._with_gaps(samples, kind)
        bulks = self._bulks(samples)
        units = self._units(samples, {i for bulk in bulks for i in bulk.entries})
        return Container(units, len(samples), kind, bulks=bulks)

    def _with_gaps(self, samples: Sequence[Any], kind: Callable[[Any], Any]) -> Container:
        """Read a list in which some samples are missing; None stays where it is."""
        gaps = {i for i, sample in enumerate(samples) if sample is None}
        units = self._units(samples, gaps)

        def build(results: list[Any]) -> Any:
            found = dict(zip((unit.entry for unit in units), results, strict=True))
            return kind(found.get(i) for i in range(len(samples)))

        return Container(units, len(samples), build)

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

    def _stack(self, stack: Any, usual: str | None = None) -> Container:
        """Read a stack whose axes are in the usual order; ``usual`` names it if the caller did."""
        modality = self.known.owner(stack) or self.known[str(self.hints.modality)]
        self.check_keys(len(stack))
        if not len(stack):
            return Container([], 0, lambda results: stack)
        plain = stack.as_subclass(torch.Tensor) if isinstance(stack, torch.Tensor) else stack
        hints = self.hints_of(modality, modality.name)
        if usual is not None and hints.layout != usual:
            hints = replace(hints, layout=usual)
        wrapped = modality.wrap_stack(stack, hints)
        if wrapped is not None:
            return self._whole_stack(stack, modality, wrapped)
        parts = list(plain)
        read = modality.wrap_all(parts, hints)
        bulk = (
            None
            if read is None
            else Bulk(modality, read, range(len(parts)), self._keys(read, range(len(parts))), parts)
        )
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
        if not is_target_pair(obj):
            return super().unit(obj, entry)
        self.paired = True
        return pair_unit(self, obj, entry)


def _first(results: Sequence[Any]) -> Any:
    return results[0]


def _is_stack(array: Any, modality: Modality) -> bool:
    """Whether an array has one axis more than a sample of its modality."""
    return array.ndim > 1 and bool(modality.array_dims) and array.ndim == max(modality.array_dims) + 1

"""The samples of a call by modality: those that were read together, and those that were read one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from augreg.data.batch import BatchInfo, Row, concat_info, dtypes_of, shapes_of
from augreg.engine.store import Store
from augreg.errors import SampleError
from augreg.intake.container import Bulk, Container, Unit
from augreg.modalities.base import AS_TENSOR, LEFT, Modality, Result, Wrapped, bare
from augreg.modalities.bulk import along
from augreg.random.keys import field_keys, hash_keys


@dataclass(slots=True)
class Part:
    """Samples of one modality.

    Args:
        modality: theirs.
        numbers: their places among all samples of the call.
        rows, info: what the run starts from; rows that came stacked may be one tensor.
        finish: puts results into the users' kinds, given the facts, the rows, and which of them changed (n,).

    """

    modality: Modality
    numbers: Sequence[int]
    rows: list[Row] | torch.Tensor
    info: BatchInfo
    finish: Callable[[BatchInfo, list[Row], np.ndarray], list[Any]]


def read_parts(container: Container, tie: Mapping[str, str]) -> dict[str, list[Part]]:
    """Return the parts of every modality; samples of tied fields get the random numbers of the field they follow."""
    found: dict[str, list[Part]] = {}
    for bulk in container.bulks:
        found.setdefault(bulk.modality.name, []).append(_of_bulk(bulk))
    places: dict[str, list[int]] = {}
    for i, unit in enumerate(container.single):
        places.setdefault(unit.modality.name, []).append(i)
    for name, members in places.items():
        units = [container.single[m] for m in members]
        # Where samples stand between others that were read together, an entry is one sample.
        numbers = [unit.entry for unit in units] if container.bulks else members
        found.setdefault(name, []).append(_of_units(units, numbers, tie))
    return found


def joined(parts: Sequence[Part], stack: torch.Tensor | None) -> Store:
    """Return the store with the rows of some parts, in order."""
    dims = {part.info.shapes.shape[1] for part in parts}
    if len(dims) > 1:
        raise _uneven(parts[0].modality, dims)
    rows = parts[0].rows if len(parts) == 1 else [row for part in parts for row in part.rows]
    return Store(parts[0].modality, rows, concat_info([part.info for part in parts]), stack)


def finished(parts: Sequence[Part], store: Store) -> list[list[Any] | torch.Tensor]:
    """Return what became of the samples of each part, in the users' kinds, on the devices where they were.

    What came as one tensor is one, where it can be; the very same if no step changed it.
    """
    if len(parts) == 1 and isinstance(parts[0].rows, torch.Tensor):
        found_whole = store.stacked()
        if found_whole is not None:
            return [found_whole]
    rows, info = store.homed(), store.info
    if store.tensors is not None:
        rows, info = _as_tensors(rows, info, store.tensors)
    if store.left is not None:
        info = info.replace(extras={**info.extras, LEFT: store.left.tolist()})
    if len(parts) == 1:
        return [parts[0].finish(info, rows, store.changed)]
    found: list[list[Any] | torch.Tensor] = []
    start = 0
    for part in parts:
        stop = start + len(part.rows)
        own = info.take(np.arange(start, stop))
        found.append(part.finish(own, rows[start:stop], store.changed[start:stop]))
        start = stop
    return found


def _as_tensors(rows: list[Row], info: BatchInfo, chosen: np.ndarray) -> tuple[list[Row], BatchInfo]:
    """Return the rows, the chosen ones contiguous, and the facts with what tells restoring which ones these are."""
    marks = chosen.tolist()
    rows = [row.contiguous() if mark else row for row, mark in zip(rows, marks, strict=True)]
    return rows, info.replace(extras={**info.extras, AS_TENSOR: marks})


def _of_bulk(bulk: Bulk) -> Part:
    wrapped, keys = bulk.wrapped, hash_keys(bulk.keys)
    rates = np.full(len(keys), wrapped.rate, dtype=np.float64)
    targets = {name: wrapped.targets[name] for name in sorted(wrapped.targets)}
    shapes, dtypes, form = shapes_of(wrapped.rows), dtypes_of(wrapped.rows), bulk.modality.form
    info = BatchInfo(bulk.modality.name, keys, shapes, rates, dtypes, targets, form=form)
    return Part(bulk.modality, bulk.entries, wrapped.rows, info, wrapped.restored)


def _of_units(units: list[Unit], numbers: Sequence[int], tie: Mapping[str, str]) -> Part:
    keys = sample_keys(units, tie)
    modality, rows, wrapped = units[0].modality, [u.wrapped.row for u in units], [u.wrapped for u in units]
    dims = {row.ndim for row in rows if isinstance(row, torch.Tensor)}
    if len(dims) > 1:
        raise _uneven(modality, dims)
    info = facts(modality, wrapped, rows, keys)
    return Part(modality, numbers, rows, info, partial(_restored, units))


def sample_keys(units: Sequence[Unit], tie: Mapping[str, str]) -> np.ndarray:
    """Return sample keys: a record's one field of a modality has the record's key, as if it stood by itself.

    With several of them, each adds its name. Tied fields go by the name of the field that they follow.
    """
    keys = hash_keys([unit.key for unit in units])
    fields = [None if unit.field is None else tie.get(unit.field, unit.field) for unit in units]
    if len(set(fields)) < 2:
        return keys
    of_entry: dict[int, set[str | None]] = {}
    for unit, name in zip(units, fields, strict=True):
        of_entry.setdefault(unit.entry, set()).add(name)
    places: dict[str, list[int]] = {}
    for i, (unit, name) in enumerate(zip(units, fields, strict=True)):
        if name is not None and len(of_entry[unit.entry]) > 1:
            places.setdefault(name, []).append(i)
    for name, at in places.items():
        keys[at] = field_keys(keys[at], name)
    return keys


def follows_exactly(modality: Modality, wrapped: Wrapped, leader: Wrapped | None) -> bool:
    """Whether a tied sample follows only what moves the other: depths beside colors."""
    return modality.exact(wrapped) and (leader is None or not modality.exact(leader))


def same_size(modality: Modality, one: Wrapped, other: Wrapped) -> bool:
    """Whether two samples have one shape, channels aside."""
    shapes = [list(wrapped.row.shape) for wrapped in (one, other)]
    if modality.channel_axis is not None:
        for shape in shapes:
            shape[modality.channel_axis] = 0
    return shapes[0] == shapes[1]


def _uneven(modality: Modality, dims: set[int]) -> SampleError:
    return SampleError(f"{modality.name} samples have {sorted(dims)} dimensions; give all of them one form.")


def _restored(units: list[Unit], info: BatchInfo, rows: list[Row], changed: np.ndarray) -> list[Any]:
    found: list[Any] = [unit.original for unit in units]
    rates = info.rates.tolist()
    for i in np.flatnonzero(changed).tolist():
        wrapped, row = units[i].wrapped, rows[i]
        if wrapped.restore is bare:
            found[i] = row
            continue
        # Most samples have neither targets nor extras, and this runs for each of them.
        targets = {name: along(info.targets[name][i], row) for name in wrapped.targets} if wrapped.targets else {}
        if len(wrapped.targets) < len(info.targets):
            targets.update(_gained(wrapped, info, i, row))
        extras = {name: info.extras[name][i] for name in wrapped.extras} if wrapped.extras else {}
        if AS_TENSOR in info.extras:
            extras[AS_TENSOR] = info.extras[AS_TENSOR][i]
        found[i] = wrapped.restore(Result(row, targets, rates[i], extras))
    return found


def _gained(wrapped: Wrapped, info: BatchInfo, i: int, row: Row) -> dict[str, Any]:
    """Return the targets that a sample did not come with: it was mixed with others that have them.

    Raises:
        SampleError: what holds the sample has no place for them.

    """
    names = [name for name, entries in info.targets.items() if entries[i] is not None and name not in wrapped.targets]
    for name in names:
        if name not in wrapped.holds:
            raise SampleError(
                f"a sample without {name} was mixed with one that has some, and what holds it has no place for "
                f"{name}. Give every sample of the batch {name}, an empty list where there are none."
            )
    return {name: along(info.targets[name][i], row) for name in names}


def facts(modality: Modality, wrapped: Sequence[Wrapped], rows: Sequence[Row], keys: np.ndarray) -> BatchInfo:
    """Return the facts of samples that were wrapped one by one."""
    targets = {t for w in wrapped for t in w.targets}
    extras = {e for w in wrapped for e in w.extras}
    return BatchInfo(
        modality.name,
        keys,
        shapes_of(rows),
        np.asarray([w.rate for w in wrapped], dtype=np.float64),
        dtypes_of(rows),
        {t: [w.targets.get(t) for w in wrapped] for t in sorted(targets)},
        None,
        {e: [w.extras.get(e) for w in wrapped] for e in sorted(extras)},
        modality.form,
    )

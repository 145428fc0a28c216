"""The rows of one branch while it runs: where each sample's data is now, and how to batch some of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from functools import lru_cache
from itertools import repeat
from typing import Any

import numpy as np
import torch

from augreg.compute.threads import for_each
from augreg.data.batch import Batch, BatchInfo, Row
from augreg.data.class_labels import class_weights
from augreg.data.lazy import LazyRow, in_memory
from augreg.modalities.base import LEFT, Modality

CPU = torch.device("cpu")


class Store:
    """Rows of one modality.

    A row lives in the batch that the last kernel returned, as (batch, position): a step that takes all of a
    batch's rows gets that batch back without a copy.
    """

    def __init__(
        self, modality: Modality, rows: list[Row] | torch.Tensor, info: BatchInfo, stack: torch.Tensor | None
    ) -> None:
        self.modality = modality
        self.info = info
        self._rows = rows  # as they came
        # What the last kernel returned, if that is all rows in order; to begin with, what came.
        self._all: Batch | None = Batch(rows if stack is None else stack, info)
        self._where: list[tuple[Batch, int]] | None = None
        if isinstance(rows, torch.Tensor):
            self._homes, self.lazy = [rows.device] * len(rows), False
        else:
            kinds = set(map(type, rows))
            tensors = any(issubclass(kind, torch.Tensor) for kind in kinds)
            self._homes = [getattr(row, "device", CPU) for row in rows] if tensors else [CPU] * len(rows)
            self.lazy = any(issubclass(kind, LazyRow) for kind in kinds)
        self.devices = list(self._homes)
        self.changed = np.zeros(len(rows), dtype=bool)
        self.tensors: np.ndarray | None = None
        """The rows that come back as tensors, whatever they were held in; None if no step made any, as most do not."""

        self.left: np.ndarray | None = None
        """Of samples that said their range, the rows that a step took out of it; None if there are none."""

    def __len__(self) -> int:
        return len(self.changed)

    @property
    def _plain(self) -> list[Row]:
        """The rows as they came, one by one."""
        if isinstance(self._rows, torch.Tensor):
            self._rows = list(self._rows.unbind(0))
        return self._rows

    @property
    def _places(self) -> list[tuple[Batch, int]]:
        """The batch in which every row lies, and where in it; made when batches differ."""
        if self._where is None:
            assert self._all is not None
            self._where = list(zip(repeat(self._all), range(len(self))))
        return self._where

    def stacked(self) -> torch.Tensor | None:
        """Return all samples as one tensor on the device where they came from; None if they are not one."""
        batch = self._home()
        if batch is None:
            return None
        assert isinstance(batch.data, torch.Tensor)
        ragged, axis = self.modality.form.ragged, self.modality.form.length_axis
        room = batch.data.shape[axis] if axis < 0 else batch.data.shape[axis + 1]
        even = not ragged or bool((batch.info.lengths == room).all())
        return batch.data if even else None

    def _home(self) -> Batch | None:
        """Return the stack that the last kernel made of all samples, brought in one copy to where they came from."""
        batch = self._all
        if batch is None or not isinstance(batch.data, torch.Tensor) or len(set(self._homes)) != 1:
            return None
        home = self._homes[0]
        return batch if batch.data.device == home else Batch(batch.data.to(home), batch.info)

    def rows(self, indices: np.ndarray) -> list[Row]:
        """Return the data of some samples; what is not in memory is read."""
        found = self.stored(indices)
        if not self.lazy:
            return found
        for_each(lambda j: found.__setitem__(j, in_memory(found[j])), len(found))
        for i, row in zip(indices.tolist(), found, strict=True):
            if not self.changed[i]:
                self._plain[i] = row
        return found

    def lazy_rows(self, indices: np.ndarray) -> np.ndarray:
        """Return those of some samples whose data is not in memory."""
        if not self.lazy:
            return indices[:0]
        stored = self.stored(indices)
        return indices[[isinstance(row, LazyRow) for row in stored]]

    def stored(self, indices: np.ndarray) -> list[Row]:
        """Return the data of some samples as it is, in memory or not."""
        if len(indices) == len(self) and _in_order(indices):
            if not self.changed.any():
                return list(self._plain)
            if self._all is not None:
                return self._all.rows()
        # One view per row of a stack costs microseconds; all of them at once cost one call.
        known: dict[int, list[Row]] = {}
        found, plain, changed = [], self._plain, self.changed.tolist()
        for i in indices.tolist():
            if not changed[i]:
                found.append(plain[i])
                continue
            batch, j = self._places[i]
            if id(batch) not in known:
                known[id(batch)] = batch.rows()
            found.append(known[id(batch)][j])
        return found

    def homed(self) -> list[Row]:
        """Return the data of all samples, each on the device where it came from."""
        batch = self._home() if self.changed.any() else None
        if batch is not None:
            return batch.rows()
        rows = self.stored(np.arange(len(self)))
        if self.lazy:
            rows = [in_memory(row) if done else row for row, done in zip(rows, self.changed.tolist(), strict=True)]
        if self.devices == self._homes:
            return rows
        moved = zip(rows, self.devices, self._homes, strict=True)
        return [row if at == home else row.to(home) for row, at, home in moved]

    def gather(
        self,
        indices: np.ndarray,
        device: torch.device | None,
        *,
        mixing: bool = False,
        lists: bool = False,
        keep_lazy: bool = False,
    ) -> Iterator[tuple[np.ndarray, Batch]]:
        """Yield batches of some samples, each of one kind, on ``device`` (None: where they are).

        With ``mixing`` the samples of a batch are those that can be mixed with each other. With ``lists`` rows on the
        CPU that are not stacked yet come as a list; with ``keep_lazy`` those not in memory come as they are.
        """
        for (where, _), group in self._groups(indices, device, mixing).items():
            chosen = np.asarray(group, dtype=np.int64)
            yield chosen, self._batch(chosen, where, lists=lists, keep_lazy=keep_lazy)

    def put(self, indices: np.ndarray, batch: Batch) -> None:
        """Store what a kernel returned for some samples."""
        where = batch.device
        if len(indices) == len(self) and _in_order(indices):
            self._all, self._where = batch, None
            self.devices = [where] * len(self)
        else:
            places = self._places
            self._all = None
            for j, i in enumerate(indices.tolist()):
                places[i] = (batch, j)
                self.devices[i] = where
        self.changed[indices] = True
        self.info = updated(self.info, indices, batch.info)

    def give_tensors(self, mask: np.ndarray) -> None:
        """Let some rows come back as tensors."""
        self.tensors = mask if self.tensors is None else self.tensors | mask

    def leave_range(self, mask: np.ndarray) -> None:
        """Note that a step took some rows out of the range that their samples were given in."""
        if LEFT in self.info.extras:
            self.left = mask if self.left is None else self.left | mask

    def weigh_labels(self, classes: int) -> None:
        """Turn class numbers into class weights, as steps that mix samples do with those on which they fire."""
        labels = self.info.target("label")
        made = [class_weights(label, classes) for label in labels]
        new = [i for i, (now, before) in enumerate(zip(made, labels, strict=True)) if now is not before]
        if new:
            self.info = self.info.replace(targets={**self.info.targets, "label": made})
            self.changed[new] = True

    def _groups(
        self, indices: np.ndarray, device: torch.device | None, mixing: bool
    ) -> dict[tuple[torch.device, Hashable], list[int]]:
        if self.modality.uniform and (device or self.devices.count(self.devices[0]) == len(self)):
            return {(device or self.devices[0], ()): indices.tolist()}
        groups: dict[tuple[torch.device, Hashable], list[int]] = {}
        key, info = (self.modality.mixing_key if mixing else self.modality.key), self.info
        if self.modality.like_shapes and self._alike(indices, device):
            first = int(indices[0])
            where = device or self.devices[first]
            return {(where, key(info, first, where)): indices.tolist()}
        for i in indices.tolist():
            where = device or self.devices[i]
            groups.setdefault((where, key(info, i, where)), []).append(i)
        return groups

    def _alike(self, indices: np.ndarray, device: torch.device | None) -> bool:
        """Whether some samples have one shape, dtype and rate, and would run on one device."""
        if not len(indices):
            return False
        info, first = self.info, int(indices[0])
        whole = len(indices) == len(self)
        shapes = info.shapes if whole else info.shapes[indices]
        rates = info.rates if whole else info.rates[indices]
        return bool(
            (shapes == shapes[0]).all()
            and ((rates == rates[0]).all() or np.isnan(rates).all())
            and info.dtypes.count(info.dtypes[first]) == len(self)
            and (device or self.devices.count(self.devices[first]) == len(self))
        )

    def _batch(self, indices: np.ndarray, device: torch.device, *, lists: bool, keep_lazy: bool) -> Batch:
        whole = self._whole(indices)
        info = self.info if len(indices) == len(self) and whole is None and _in_order(indices) else None
        if whole is not None:
            data = whole.data
            assert isinstance(data, torch.Tensor)
            return whole if whole.device == device else Batch(_sent(data, device), _targets_to(whole.info, device))
        info = info or self.info.take(indices)
        rows = self.stored(indices) if keep_lazy and device.type == "cpu" else self.rows(indices)
        if device.type != "cpu":
            return Batch(self._upload(rows, device), _targets_to(info, device))
        if self.devices.count(CPU) < len(self):
            rows = [row.cpu() if isinstance(row, torch.Tensor) else row for row in rows]
        return Batch(rows if lists else self.modality.collate(rows, device), _targets_to(info, device))

    def _upload(self, rows: list[Row], device: torch.device) -> torch.Tensor | list[Row]:
        """Bring rows of one shape to a device: those on the CPU in one pinned, non-blocking copy."""
        if all(isinstance(row, torch.Tensor) and row.device.type == "cpu" for row in rows):
            data = self.modality.collate(rows, device)
            return _sent(data, device) if isinstance(data, torch.Tensor) else data
        there = [row.to(device, non_blocking=True) if isinstance(row, torch.Tensor) else row for row in rows]
        return self.modality.collate(there, device)

    def _whole(self, indices: np.ndarray) -> Batch | None:
        """Return the stacked batch that consists of exactly these samples in this order, if there is one."""
        if self._all is not None:
            every = len(indices) == len(self) and _in_order(indices)
            return self._all if self._all.stacked and every else None
        places = self._places
        batch, first = places[int(indices[0])]
        if not batch.stacked or first != 0 or len(batch) != len(indices):
            return None
        if any(places[i][0] is not batch or places[i][1] != j for j, i in enumerate(indices.tolist())):
            return None
        return batch


def _sent(stack: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Bring a stack to a device, from the CPU to a GPU through pinned memory."""
    pins = device.type == "cuda" and stack.device.type == "cpu"
    return stack.pin_memory().to(device, non_blocking=True) if pins else stack.to(device)


def _in_order(indices: np.ndarray) -> bool:
    """Whether indices are 0, 1, ... n - 1; comparing bytes takes a tenth of the time that numpy takes."""
    return indices.tobytes() == _counted(len(indices))


@lru_cache(maxsize=16)
def _counted(n: int) -> bytes:
    return np.arange(n, dtype=np.int64).tobytes()


def updated(info: BatchInfo, indices: np.ndarray, new: BatchInfo) -> BatchInfo:
    """Return the facts with those of some samples replaced."""
    if len(indices) == len(info) and _in_order(indices):
        return new.replace(data=None)
    if not info.targets and not new.targets and not info.extras and not new.extras and _as_before(info, indices, new):
        return info
    shapes, rates, dtypes = info.shapes.copy(), info.rates.copy(), list(info.dtypes)
    shapes[indices], rates[indices] = new.shapes, new.rates
    for j, i in enumerate(indices):
        dtypes[i] = new.dtypes[j]
    return info.replace(
        shapes=shapes,
        rates=rates,
        dtypes=tuple(dtypes),
        targets=_merged(info.targets, indices, new.targets, len(info)),
        extras=_merged(info.extras, indices, new.extras, len(info)),
    )


def _as_before(info: BatchInfo, indices: np.ndarray, new: BatchInfo) -> bool:
    """Whether some samples have the shapes, rates and dtypes that they had, as behind most steps."""
    return (
        new.shapes.dtype == info.shapes.dtype
        and info.shapes[indices].tobytes() == new.shapes.tobytes()
        and info.rates[indices].tobytes() == new.rates.tobytes()
        and [info.dtypes[i] for i in indices.tolist()] == list(new.dtypes)
    )


def _merged(old: Any, indices: np.ndarray, new: Any, n: int) -> dict[str, list[Any]]:
    merged = {name: list(entries) for name, entries in old.items()}
    for name, entries in new.items():
        column = merged.setdefault(name, [None] * n)
        for j, i in enumerate(indices):
            column[i] = entries[j]
    return merged


def _targets_to(info: BatchInfo, device: torch.device) -> BatchInfo:
    """Bring tensors among the targets (masks) to the data's device."""
    moved = {
        name: [e.to(device, non_blocking=True) if isinstance(e, torch.Tensor) else e for e in entries]
        for name, entries in info.targets.items()
        if any(isinstance(e, torch.Tensor) and e.device != device for e in entries)
    }
    return info.replace(targets={**info.targets, **moved}) if moved else info

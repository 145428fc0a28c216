"""Batches: samples of one modality that one kernel call takes, and the facts that ``draw`` sees of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from typing import Any

import numpy as np
import torch

from augreg.data.lazy import LazyRow
from augreg.errors import ContractError

Row = Any
"""The data of one sample: a tensor, or a str for text; a plugin's modality may hold something else."""


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """Facts about n samples of one modality; no data, unless the augmenter declares that it reads it.

    Args:
        modality: "image", "audio", "video", "text", or one that a plugin added.
        keys: uint64 (n,), the sample keys.
        shapes: int64 (n, d): image (C, H, W); audio (C, frames); video (T, C, H, W); text (characters,).
        rates: float64 (n,): sample rate in Hz for audio, frames per second for video, NaN where there is none.
        dtypes: dtype name of each sample ("uint8", "float32", "str", ...).
        targets: name -> one entry per sample (None where a sample lacks it).
        data: one row per sample, only for augmenters that declare ``reads=("data",)``.
        extras: further per-sample facts of the modality, name -> one entry per sample (video: "timestamps").

    """

    modality: str
    keys: np.ndarray
    shapes: np.ndarray
    rates: np.ndarray
    dtypes: tuple[str, ...]
    targets: Mapping[str, list[Any]] = field(default_factory=dict)
    data: Sequence[Row] | None = None
    extras: Mapping[str, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,): frames of audio, characters of text, frames of video."""
        return self.shapes[:, 0] if self.modality in ("text", "video") else self.shapes[:, -1]

    def target(self, name: str) -> list[Any]:
        """Return the entries of a target, None where a sample lacks it."""
        return self.targets.get(name) or [None] * len(self)

    def take(self, rows: np.ndarray) -> BatchInfo:
        """Return the facts of some samples, in the order of ``rows``."""
        pick = [int(i) for i in rows]
        return BatchInfo(
            self.modality,
            self.keys[rows],
            self.shapes[rows],
            self.rates[rows],
            tuple(self.dtypes[i] for i in pick),
            {name: [entries[i] for i in pick] for name, entries in self.targets.items()},
            None if self.data is None else [self.data[i] for i in pick],
            {name: [entries[i] for i in pick] for name, entries in self.extras.items()},
        )

    def replace(self, **changes: Any) -> BatchInfo:
        """Return a copy with some facts replaced."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one modality on one device.

    ``data`` is either *stacked*, one tensor whose first axis is the sample (audio: zero-padded to the longest,
    ``info.shapes`` has the true lengths), or a *list* with one row per sample, whose shapes may differ. Images
    and videos on the CPU come as lists of uint8/float tensors of shape (C, H, W) / (T, C, H, W); on CUDA they
    are stacked; text is always a list of str; audio is always stacked, but for operators and augmenters that say
    ``lists = True``: on the CPU they get sounds that nobody has stacked yet as a list of tensors (channels, frames).

    Kernels must not write into ``data`` or ``info``: they return a new batch (see :meth:`replace`).
    """

    data: torch.Tensor | list[Any]
    info: BatchInfo

    def __len__(self) -> int:
        return len(self.info)

    @property
    def modality(self) -> str:
        """The modality of all samples."""
        return self.info.modality

    @property
    def stacked(self) -> bool:
        """Whether the data is one tensor."""
        return isinstance(self.data, torch.Tensor)

    @property
    def device(self) -> torch.device:
        """The device of the data; text is on the CPU."""
        if isinstance(self.data, torch.Tensor):
            return self.data.device
        first = self.data[0] if self.data else None
        return first.device if isinstance(first, torch.Tensor) else torch.device("cpu")

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,): see :attr:`BatchInfo.lengths`."""
        return self.info.lengths

    def row(self, i: int) -> Row:
        """Return one sample's data, without padding."""
        found = self.data[i]
        if self.modality == "audio" and isinstance(found, torch.Tensor):
            return found[..., : int(self.info.shapes[i, -1])]
        return found

    def rows(self) -> list[Row]:
        """Return every sample's data, without padding."""
        if not isinstance(self.data, torch.Tensor):
            return list(self.data)
        if self.data.requires_grad:
            return [self.row(i) for i in range(len(self))]  # by index: views that unbind makes refuse gradients
        rows = list(self.data.unbind(0))  # one call for all views
        if self.modality != "audio":
            return rows
        longest = self.data.shape[-1]
        lengths = self.info.shapes[:, -1].tolist()
        return [row if n == longest else row[..., :n] for row, n in zip(rows, lengths, strict=True)]

    def stack(self) -> torch.Tensor:
        """Return the data as one tensor; rows of a list batch must have one shape, or be sounds: those are padded."""
        if isinstance(self.data, torch.Tensor):
            return self.data
        return pad(self.data) if self.modality == "audio" else torch.stack(self.data)

    def replace(
        self,
        data: torch.Tensor | list[Any],
        *,
        shapes: np.ndarray | None = None,
        rates: np.ndarray | None = None,
        targets: Mapping[str, list[Any]] | None = None,
        extras: Mapping[str, list[Any]] | None = None,
    ) -> Batch:
        """Return a batch with new data; shapes are read off it unless given (give lengths of padded audio).

        ``targets`` and ``extras`` replace only the entries named in them.
        """
        info = self.info
        if len(data) != len(info):
            raise ContractError(f"{len(data)} rows came back for {len(info)} samples; keep one per sample.")
        if shapes is None:
            shapes = info.shapes if self.modality == "audio" and self._fits(data) else shapes_of(data)
        changed = {"shapes": shapes, "dtypes": dtypes_of(data)}
        if rates is not None:
            changed["rates"] = rates
        if targets is not None:
            changed["targets"] = {**info.targets, **targets}
        if extras is not None:
            changed["extras"] = {**info.extras, **extras}
        return Batch(data, info.replace(**changed))

    def _fits(self, data: torch.Tensor | list[Any]) -> bool:
        """Whether new data of sounds is a stack with room for just what there was."""
        if not isinstance(data, torch.Tensor) or not len(self):
            return False
        if isinstance(self.data, torch.Tensor):
            return self.data.shape == data.shape  # it may be padded beyond the longest
        return bool(tuple(data.shape[1:]) == tuple(self.info.shapes.max(axis=0).tolist()))

    def take(self, rows: np.ndarray) -> Batch:
        """Return the batch of some samples, in the order of ``rows``."""
        if isinstance(self.data, torch.Tensor):
            data: torch.Tensor | list[Any] = self.data[torch.as_tensor(rows, device=self.data.device)]
        else:
            data = [self.data[int(i)] for i in rows]
        return Batch(data, self.info.take(rows))

    def to(self, device: torch.device | str) -> Batch:
        """Return the batch on a device; target tensors (masks) go along. Text stays where it is."""
        return Batch(_move(self.data, device), self.info.replace(targets=_move(dict(self.info.targets), device)))


def make_batch(
    modality: str,
    rows: Sequence[Row],
    *,
    rates: Sequence[float] | float | None = None,
    targets: Mapping[str, list[Any]] | None = None,
    keys: np.ndarray | None = None,
    extras: Mapping[str, list[Any]] | None = None,
) -> Batch:
    """Return the batch of some rows: audio padded and stacked, everything else a list.

    Args:
        modality: see :class:`BatchInfo`.
        rows: tensors on one device (audio of one dtype and channel count), or strings.
        rates: per sample or one for all.
        targets, keys, extras: see :class:`BatchInfo`; keys default to the positions' own.

    >>> import torch
    >>> from augreg.kernel import make_batch
    >>> batch = make_batch("audio", [torch.ones(1, 2), torch.ones(1, 3)], rates=8000)
    >>> batch.data.shape, batch.info.lengths.tolist()
    (torch.Size([2, 1, 3]), [2, 3])

    """
    n = len(rows)
    info = BatchInfo(
        modality,
        np.arange(n, dtype=np.uint64) if keys is None else keys,
        shapes_of(rows) if n else np.zeros((0, 1), dtype=np.int64),
        np.broadcast_to(np.asarray(np.nan if rates is None else rates, dtype=np.float64), (n,)).copy(),
        dtypes_of(rows),
        dict(targets or {}),
        None,
        dict(extras or {}),
    )
    return Batch(pad(rows) if modality == "audio" and n else list(rows), info)


def pad(rows: Sequence[torch.Tensor]) -> torch.Tensor:
    """Stack tensors (..., frames) of different lengths, with zeros behind the shorter ones.

    >>> import torch
    >>> from augreg.kernel import pad
    >>> pad([torch.tensor([1, 2, 3]), torch.tensor([4])])
    tensor([[1, 2, 3],
            [4, 0, 0]])

    """
    longest = max(row.shape[-1] for row in rows)
    if all(row.shape[-1] == longest for row in rows):
        return torch.stack(list(rows))
    out = rows[0].new_zeros((len(rows), *rows[0].shape[:-1], longest))
    for i, row in enumerate(rows):
        out[i, ..., : row.shape[-1]] = row  # by index: views that iteration makes refuse gradients
    return out


def shapes_of(data: torch.Tensor | Sequence[Any]) -> np.ndarray:
    """Return int64 (n, d), the shape of every row; (characters,) for text.

    >>> import torch
    >>> from augreg.kernel import shapes_of
    >>> shapes_of([torch.zeros(3, 4, 5), torch.zeros(3, 8, 2)]).tolist()
    [[3, 4, 5], [3, 8, 2]]
    >>> shapes_of(["one", "three"]).tolist()
    [[3], [5]]

    """
    if isinstance(data, torch.Tensor):
        return np.full((len(data), data.ndim - 1), data.shape[1:], dtype=np.int64)
    kinds = (torch.Tensor, LazyRow)
    if data and not any(map(isinstance, data, repeat(kinds))):
        return np.fromiter(map(len, data), np.int64, len(data))[:, None]
    shapes = [tuple(row.shape) if isinstance(row, kinds) else (len(row),) for row in data]
    return np.asarray(shapes, dtype=np.int64).reshape(len(shapes), len(shapes[0]) if shapes else 0)


def dtypes_of(data: torch.Tensor | Sequence[Any]) -> tuple[str, ...]:
    """Return the dtype name of every row."""
    if isinstance(data, torch.Tensor):
        return (dtype_name(data.dtype),) * len(data)
    kinds = (torch.Tensor, LazyRow)
    if set(map(type, data)) == {str}:
        return ("str",) * len(data)
    return tuple(dtype_name(row.dtype) if isinstance(row, kinds) else type(row).__name__ for row in data)


@cache
def dtype_name(dtype: torch.dtype) -> str:
    """Return "uint8" for torch.uint8."""
    return str(dtype).removeprefix("torch.")


def _move(value: Any, device: torch.device | str) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, list):
        return [_move(v, device) for v in value]
    if isinstance(value, dict):
        return {k: _move(v, device) for k, v in value.items()}
    return value


def concat_info(infos: Sequence[BatchInfo]) -> BatchInfo:
    """Return the facts of several batches, in order; what a batch lacks is None for its samples."""
    if len(infos) == 1:
        return infos[0]
    extras = dict.fromkeys(name for info in infos for name in info.extras)
    return BatchInfo(
        infos[0].modality,
        np.concatenate([info.keys for info in infos]),
        np.concatenate([info.shapes for info in infos]),
        np.concatenate([info.rates for info in infos]),
        tuple(dtype for info in infos for dtype in info.dtypes),
        {t: [e for i in infos for e in i.target(t)] for t in sorted({t for i in infos for t in i.targets})},
        None,
        {x: [e for i in infos for e in i.extras.get(x) or [None] * len(i)] for x in extras},
    )


def concat(batches: Sequence[Batch]) -> Batch:
    """Return one batch with the rows of several, in order. Padded audio is padded to the longest of all."""
    merged = concat_info([b.info for b in batches])
    if not all(b.stacked for b in batches):
        return Batch([row for b in batches for row in b.data], merged)
    stacks = [b.stack() for b in batches]
    if len({s.shape[1:] for s in stacks}) == 1:
        return Batch(torch.cat(stacks), merged)
    rows = [row for b in batches for row in b.rows()]
    return Batch(pad(rows) if merged.modality == "audio" else rows, merged)

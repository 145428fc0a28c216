"""Batches: samples of one modality that one kernel call takes, and the facts that ``draw`` sees of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from typing import Any, Final

import numpy as np
import torch

from augreg.data.form import PLAIN, RowForm
from augreg.data.lazy import LazyRow
from augreg.errors import ContractError

Row = Any
"""The data of one sample: a tensor, or a str for text; a plugin's modality may hold something else."""

ALLOWED: Final = "allowed"
"""The name, among the extras that ``draw`` sees, of the places of each sample at which it may be changed."""


@dataclass(frozen=True, slots=True)
class BatchInfo:
    """Facts about n samples of one modality; no data, unless the augmenter declares that it reads it.

    Args:
        modality: its name.
        keys: uint64 (n,), the sample keys.
        shapes: int64 (n, d): images (C, H, W); sounds (C, frames); clips (T, C, H, W); texts (characters,).
        rates: float64 (n,): sample rate in Hz for sounds, frames per second for clips, NaN where there is none.
        dtypes: dtype name of each sample ("uint8", "float32", "str", ...).
        targets: name -> one entry per sample (None where a sample lacks it).
        data: one row per sample, only for augmenters that declare ``reads=("data",)``.
        extras: further per-sample facts of the modality, name -> one entry per sample, such as "timestamps" of clips.
        form: how the modality's rows lie in memory.

    """

    modality: str
    keys: np.ndarray
    shapes: np.ndarray
    rates: np.ndarray
    dtypes: tuple[str, ...]
    targets: Mapping[str, list[Any]] = field(default_factory=dict)
    data: Sequence[Row] | None = None
    extras: Mapping[str, list[Any]] = field(default_factory=dict)
    form: RowForm = PLAIN

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def lengths(self) -> np.ndarray:
        """int64 (n,): frames of sounds and clips, characters of texts, what else the modality counts."""
        return self.shapes[:, self.form.length_axis]

    @property
    def allowed(self) -> list[np.ndarray] | None:
        """Where along its length each sample may be changed, bool (length,) each; None: everywhere.

        Only augmenters that declare ``confines`` are ever told so.
        """
        return self.extras.get(ALLOWED)

    def target(self, name: str) -> list[Any]:
        """Return the entries of a target, None where a sample lacks it."""
        return self.targets.get(name) or [None] * len(self)

    def take(self, rows: np.ndarray) -> BatchInfo:
        """Return the facts of some samples, in the order of ``rows``."""
        pick: list[int] = np.asarray(rows).tolist()
        return BatchInfo(
            self.modality,
            self.keys[rows],
            self.shapes[rows],
            self.rates[rows],
            tuple([self.dtypes[i] for i in pick]),
            {name: [entries[i] for i in pick] for name, entries in self.targets.items()},
            None if self.data is None else [self.data[i] for i in pick],
            {name: [entries[i] for i in pick] for name, entries in self.extras.items()},
            self.form,
        )

    def replace(self, **changes: Any) -> BatchInfo:
        """Return a copy with some facts replaced."""
        if not _INFO_FIELDS.issuperset(changes):
            raise TypeError(f"BatchInfo has no {', '.join(sorted(changes.keys() - _INFO_FIELDS))}.")
        new = object.__new__(BatchInfo)
        # dataclasses.replace takes four times as long, and every step of every call comes here.
        for name in _INFO_FIELDS:
            object.__setattr__(new, name, changes[name] if name in changes else getattr(self, name))
        return new


_INFO_FIELDS: Final = frozenset(field.name for field in dataclasses.fields(BatchInfo))


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of one modality on one device.

    ``data`` is either *stacked*, one tensor whose first axis is the sample (of a ragged modality zero-padded to the
    longest, ``info.shapes`` has the true lengths), or a *list* with one row per sample, whose shapes may differ. Images
    and clips on the CPU come as lists of uint8/float tensors of shape (C, H, W) / (T, C, H, W); on CUDA they are
    stacked; texts are always a list of str; sounds are always stacked, but for operators and augmenters that say
    ``lists = True``: on the CPU they get sounds that nobody has stacked yet as a list of tensors (channels, frames).

    Kernels must not write into ``data`` or ``info``: they return a new batch (see :meth:`replace`).
    """

    data: torch.Tensor | list[Any]
    info: BatchInfo

    def __len__(self) -> int:
        return len(self.info.keys)

    @property
    def modality(self) -> str:
        """The name of the modality of all samples."""
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
        if self.info.form.ragged and isinstance(found, torch.Tensor):
            axis, n = self.info.form.length_axis, int(self.info.lengths[i])
            return found if found.shape[axis] == n else shortened(found, n, axis)
        return found

    def rows(self) -> list[Row]:
        """Return every sample's data, without padding."""
        if not isinstance(self.data, torch.Tensor):
            return list(self.data)
        if self.data.requires_grad:
            return [self.row(i) for i in range(len(self))]  # by index: views that unbind makes refuse gradients
        rows = list(self.data.unbind(0))  # one call for all views
        if not self.info.form.ragged or not rows:
            return rows
        axis = self.info.form.length_axis
        longest = rows[0].shape[axis]
        lengths = self.info.lengths.tolist()
        return [row if n == longest else shortened(row, n, axis) for row, n in zip(rows, lengths, strict=True)]

    def stack(self) -> torch.Tensor:
        """Return the data as one tensor: ragged rows of a list batch are padded, others must have one shape."""
        if isinstance(self.data, torch.Tensor):
            return self.data
        return stack_rows(self.data, self.info.form)

    def replace(
        self,
        data: torch.Tensor | list[Any],
        *,
        shapes: np.ndarray | None = None,
        rates: np.ndarray | None = None,
        targets: Mapping[str, list[Any]] | None = None,
        extras: Mapping[str, list[Any]] | None = None,
    ) -> Batch:
        """Return a batch with new data; shapes are read off it unless given (give the lengths of padded rows).

        ``targets`` and ``extras`` replace only the entries named in them.
        """
        info = self.info
        count = data.shape[0] if isinstance(data, torch.Tensor) else len(data)
        if count != len(info.keys):
            raise ContractError(f"{count} rows came back for {len(info)} samples; keep one per sample.")
        if any(type(row) is np.ndarray for row in data) if isinstance(data, list) else isinstance(data, np.ndarray):
            raise ContractError("numpy arrays came back, and batches hold tensors. Write torch.from_numpy(row).")
        if shapes is None:
            shapes = info.shapes if info.form.ragged and self._fits(data) else shapes_of(data)
        changed: dict[str, Any] = {"shapes": shapes, "dtypes": dtypes_of(data)}
        if rates is not None:
            changed["rates"] = rates
        if targets is not None:
            changed["targets"] = {**info.targets, **targets}
        if extras is not None:
            changed["extras"] = {**info.extras, **extras}
        return Batch(data, info.replace(**changed))

    def _fits(self, data: torch.Tensor | list[Any]) -> bool:
        """Whether new data of a ragged modality is a stack with room for just what there was."""
        if not isinstance(data, torch.Tensor) or not len(self.info.keys):
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
        """Return the batch on a device; target tensors (masks) go along. What is no tensor stays where it is."""
        return Batch(_move(self.data, device), self.info.replace(targets=_move(dict(self.info.targets), device)))


def stack_rows(rows: Sequence[torch.Tensor], form: RowForm) -> torch.Tensor:
    """Return rows of a form as one tensor (n, ...): padded if they are ragged, else they must have one shape."""
    return pad(rows, form.length_axis) if form.ragged else torch.stack(list(rows))


def pad(rows: Sequence[torch.Tensor], axis: int = -1) -> torch.Tensor:
    """Stack tensors of different lengths along an axis, with zeros behind the shorter ones.

    >>> import torch
    >>> from augreg.kernel import pad
    >>> pad([torch.tensor([1, 2, 3]), torch.tensor([4])])
    tensor([[1, 2, 3],
            [4, 0, 0]])

    """
    lengths = [row.shape[axis] for row in rows]
    longest = max(lengths)
    if min(lengths) == longest:
        return torch.stack(list(rows))
    shape = list(rows[0].shape)
    shape[axis] = longest
    out = rows[0].new_zeros((len(rows), *shape))
    for i, (row, n) in enumerate(zip(rows, lengths, strict=True)):
        shortened(out[i], n, axis).copy_(row)  # by index: views that iteration makes refuse gradients
    return out


def shortened(row: torch.Tensor, n: int, axis: int) -> torch.Tensor:
    """Return the first n entries along an axis, as a view."""
    return row[..., :n] if axis == -1 else row.narrow(axis, 0, n)


def shapes_of(data: torch.Tensor | Sequence[Any]) -> np.ndarray:
    """Return int64 (n, d), the shape of every row; (characters,) for texts.

    >>> import torch
    >>> from augreg.kernel import shapes_of
    >>> shapes_of([torch.zeros(3, 4, 5), torch.zeros(3, 8, 2)]).tolist()
    [[3, 4, 5], [3, 8, 2]]
    >>> shapes_of(["one", "three"]).tolist()
    [[3], [5]]

    """
    if isinstance(data, torch.Tensor):
        return np.array([tuple(data.shape[1:])] * data.shape[0], dtype=np.int64).reshape(data.shape[0], data.ndim - 1)
    if len(data) == 1 and isinstance(data[0], torch.Tensor):
        return np.array([tuple(data[0].shape)], dtype=np.int64)
    kinds = (torch.Tensor, LazyRow)
    if data and not any(map(isinstance, data, repeat(kinds))):
        return np.fromiter(map(len, data), np.int64, len(data))[:, None]
    shapes = [tuple(row.shape) if isinstance(row, kinds) else (len(row),) for row in data]
    return np.asarray(shapes, dtype=np.int64).reshape(len(shapes), len(shapes[0]) if shapes else 0)


def dtypes_of(data: torch.Tensor | Sequence[Any]) -> tuple[str, ...]:
    """Return the dtype name of every row."""
    if isinstance(data, torch.Tensor):
        return (dtype_name(data.dtype),) * data.shape[0]
    if len(data) == 1 and isinstance(data[0], torch.Tensor):
        return (dtype_name(data[0].dtype),)
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
        infos[0].form,
    )


def concat(batches: Sequence[Batch]) -> Batch:
    """Return one batch with the rows of several, in order. Ragged rows are padded to the longest of all."""
    merged = concat_info([b.info for b in batches])
    if not all(b.stacked for b in batches):
        return Batch([row for b in batches for row in b.data], merged)
    stacks = [b.stack() for b in batches]
    if len({s.shape[1:] for s in stacks}) == 1:
        return Batch(torch.cat(stacks), merged)
    rows = [row for b in batches for row in b.rows()]
    return Batch(stack_rows(rows, merged.form) if merged.form.ragged else rows, merged)

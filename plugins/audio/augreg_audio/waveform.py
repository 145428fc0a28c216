"""Rows of a padded audio batch as float arrays, and back: dtypes, lengths, padding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import torch

import augreg
from augreg.kernel import empty, for_each, thread_count

Array = np.ndarray
RowWork = Callable[[int, Array, Array], None]
BatchWork = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

DTYPES: Final = ("float32", "float16", "bfloat16", "float64", "int16")
"""What every waveform augmenter takes and returns. float64 is computed as such, all else in float32."""

INT16_SCALE: Final = 32768.0


FRAMES_AT_ONCE: Final = 1 << 16
"""Frames of a row for which arrays on the way are made at once: those of an hour would take gigabytes, and no cache
holds them."""


def stretches(count: int, size: int = FRAMES_AT_ONCE) -> Iterator[slice]:
    """Yield consecutive slices of at most ``size`` that make up ``count`` together."""
    return (slice(k, min(k + size, count)) for k in range(0, count, size))


def to_float(data: torch.Tensor) -> torch.Tensor:
    """Return samples as float32 (float64 stays): int16 divided by 32768."""
    if data.dtype == torch.int16:
        return data.to(torch.float32) / INT16_SCALE
    return data if data.dtype in (torch.float32, torch.float64) else data.to(torch.float32)


def from_float(data: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return float samples as ``dtype``: int16 is rounded to the nearest step and clipped to its range."""
    if dtype == torch.int16:
        return (data * INT16_SCALE).round().clamp(-32768, 32767).to(torch.int16)
    return data.to(dtype)


def by_row(batch: augreg.Batch) -> bool:
    """Whether the rows are worked on one at a time with numpy: on the CPU, when no gradient is wanted."""
    for data in [batch.data] if isinstance(batch.data, torch.Tensor) else batch.data:
        if data.requires_grad or not data.is_cpu:
            return False
    return True


def dtype_of(batch: augreg.Batch) -> torch.dtype:
    """Return the dtype of all rows, of which there is at least one."""
    found: torch.dtype = batch.data[0].dtype
    return found


def arrays(batch: augreg.Batch) -> list[Array]:
    """Return the rows (channels, frames) of a batch on the CPU as float32 or float64 arrays that share its memory."""
    if isinstance(batch.data, torch.Tensor):
        most = batch.data.shape[-1]
        rows = zip(batch.data.detach().numpy(), batch.lengths.tolist(), strict=True)
        return [row if frames == most else row[:, :frames] for row, frames in rows]
    return [row.detach().numpy() for row in batch.data]


def map_rows(
    batch: augreg.Batch, work: RowWork, lengths: Array | None = None, channels: int | None = None
) -> torch.Tensor:
    """Return a padded batch made row by row on the CPU; a row never sees its padding or its neighbors.

    Args:
        batch: audio on the CPU, stacked (n, channels, frames) or a list.
        work: ``work(i, x, out)`` reads x (channels, L), float32 or float64, and fills out (channels, L'). It
            must not write into x. Not called for rows without any input frame (their result is silence).
        lengths: int64 (n,), frames of every result; as before if None.
        channels: channels of the result; as before if None.

    """
    dtype = dtype_of(batch)
    plain = lengths is None and channels is None and dtype in (torch.float32, torch.float64)
    if plain and isinstance(batch.data, list) and len(batch.data) == 1:
        return _map_one(batch.data[0], work)
    after = batch.lengths if lengths is None else lengths
    room = int(batch.lengths.max()) if lengths is None else int(after.max(initial=0))
    if lengths is None and isinstance(batch.data, torch.Tensor):
        room = batch.data.shape[-1]
    channels = batch.data[0].shape[0] if channels is None else channels
    out = empty((len(batch), channels, room), dtype, batch.data[0])
    if dtype in (torch.float32, torch.float64):
        _map_direct(arrays(batch), out.numpy(), after.tolist(), work)
        return out
    rows, writes = batch.rows(), after.tolist()

    def one(i: int) -> None:
        made = np.empty((out.shape[1], writes[i]), dtype=np.float32)
        _fill(work, i, to_float(rows[i]).numpy(), made)
        out[i, :, : writes[i]] = from_float(torch.from_numpy(made), dtype)
        out[i, :, writes[i] :] = 0

    for_each(one, len(batch), light=True)
    return out


def _map_one(row: torch.Tensor, work: RowWork) -> torch.Tensor:
    """Return a batch of one sound: what tells rows apart would take longer than most work on a second of sound."""
    out = empty((1, *row.shape), row.dtype, row)
    _fill(work, 0, row.detach().numpy(), out.numpy()[0])
    return out


def _map_direct(xs: list[Array], target: Array, writes: list[int], work: RowWork) -> None:
    """Fill ``target`` with no array in between; all views are made at once, which costs a third of one by one."""
    room = target.shape[-1]
    outs = [out if n == room else out[:, :n] for out, n in zip(target, writes, strict=True)]

    if thread_count() == 1:  # as for_each does it, with one call per row instead of three
        for i, (x, out) in enumerate(zip(xs, outs, strict=True)):
            if x.size:
                work(i, x, out)
            else:
                out[...] = 0.0
    else:
        for_each(lambda i: _fill(work, i, xs[i], outs[i]), len(xs), light=True)
    for i, frames in enumerate(writes):
        if frames < room:
            target[i, :, frames:] = 0.0


def _fill(work: RowWork, i: int, x: Array, out: Array) -> None:
    if x.size:
        work(i, x, out)
    else:
        out[...] = 0.0


BYTES_PER_THREAD: Final = 4 << 20
"""Bytes that one multiplication in a thread of its own is worth."""


def scaled_rows(batch: augreg.Batch, gain: Array) -> torch.Tensor:
    """Return every row times its own factor, float64 (n,), in one pass over the batch on the CPU."""
    if not isinstance(batch.data, torch.Tensor):
        factors = gain.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            np.multiply(x, x.dtype.type(factors[i]), out=out)

        return map_rows(batch, row)
    x = batch.data.detach().numpy()
    out, factors = empty(x.shape, batch.data.dtype, batch.data).numpy(), gain.astype(x.dtype)[:, None, None]
    threads = min(thread_count(), len(x), max(1, x.nbytes // BYTES_PER_THREAD))
    for_each(lambda k: np.multiply(x[k::threads], factors[k::threads], out=out[k::threads]), threads)
    lengths = batch.lengths
    for i in np.flatnonzero(lengths < x.shape[-1]).tolist():
        out[i, :, lengths[i] :] = 0
    return torch.from_numpy(out)


def map_batch(batch: augreg.Batch, kernel: BatchWork) -> torch.Tensor:
    """Return a batch of the same shape, made in one go on the batch's device.

    ``kernel(x, inside)`` gets float samples (n, channels, frames) that are 0 in the padding, and a boolean mask
    (n, 1, frames) of the true frames.
    """
    data = batch.stack()
    inside = frame_mask(batch)
    x = torch.where(inside, to_float(data), 0.0)
    return from_float(torch.where(inside, kernel(x, inside), 0.0), data.dtype)


def frame_mask(batch: augreg.Batch) -> torch.Tensor:
    """Return a boolean mask (n, 1, frames), true where a row has a frame of its own."""
    frames = torch.arange(batch.stack().shape[-1], device=batch.device)
    return frames < column(batch.lengths, batch.device, torch.int64)


def column(values: Array, device: torch.device, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return one number per row as a tensor (n, 1, 1) that broadcasts over channels and frames."""
    made = torch.from_numpy(np.ascontiguousarray(values)).to(dtype).view(-1, 1, 1)
    return made if device.type == "cpu" else made.to(device)


def from_db(decibels: Array) -> Array:
    """Return amplitude factors 10^(dB/20), float64, by the C library: the same bits in a batch of one."""
    return np.asarray([10.0 ** (float(d) / 20.0) for d in decibels], dtype=np.float64)


def entries(params: augreg.Params, name: str) -> list[Any]:
    """Return a column of the parameters as a list with one entry per row."""
    column_ = params[name]
    return [column_[i] for i in range(params.n)]


VALUES_PER_DOT: Final = 8192
"""Values that are squared and summed at once: longer dot products may use threads, and so depend on their number."""


def power(x: Array) -> float:
    """Return the mean square of a row (channels, frames), channels together; 0 for a row without frames."""
    if not x.size:
        return 0.0
    total = 0.0
    for channel in x:
        for first in range(0, len(channel), VALUES_PER_DOT):
            piece = channel[first : first + VALUES_PER_DOT]
            total += float(np.dot(piece, piece))
    return total / x.size


def seconds(info: augreg.BatchInfo) -> Array:
    """Return the duration of every row in seconds, float64 (n,)."""
    result: Array = info.lengths / info.rates
    return result

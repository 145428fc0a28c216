"""The linear-filter stage: gain, polarity, delay, filters and reverb as one response and one pass.

Rows with impulse responses take one FFT round trip; rows with nothing but second-order sections one pass of
:mod:`augreg_audio.recursion`, which is quicker.

All parts are causal and start from rest, and a row keeps its length. So cutting the sound off at its end between
two of them changes nothing that is heard, and the fused chain equals the chain: within 1e-5 of the loudest sample
for floats, and one step (1/32768) per member for int16 as long as no step in between clips.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

import numpy as np
import torch

import augreg
from augreg_audio import biquads, blocks, recursion, timemap
from augreg_audio.waveform import Array, RowWork, by_row, column, map_batch, map_rows, scaled_rows


class Response(Protocol):
    """Frequency responses of n rows; a row without one is the identity."""

    def take(self, rows: Array) -> Self:
        """Return the responses of some rows."""
        ...

    def expand(self, rows: Array, n: int) -> Self:
        """Spread over n rows, the identity where ``rows`` does not point."""
        ...

    def active(self, i: int) -> bool:
        """Whether row i has a response."""
        ...

    def tail(self, i: int) -> int:
        """Return after how many frames the impulse response of row i is over."""
        ...

    def spectrum(self, i: int, size: int, dtype: str) -> Array:
        """Return the response of an active row at the bins of a real FFT: (bins,) or (channels, bins)."""
        ...


@dataclass(frozen=True, slots=True)
class Sections:
    """Cascaded second-order sections per row: float64 (n, s, 6), see :mod:`augreg_audio.biquads`."""

    coefficients: Array
    on: Array
    tails: Array

    @classmethod
    def of(cls, coefficients: Array, on: Array | None = None) -> Sections:
        """Return sections, active on all rows unless ``on`` (n,) says otherwise."""
        active = np.ones(len(coefficients), dtype=bool) if on is None else on
        return cls(coefficients, active, biquads.ringing(coefficients))

    def take(self, rows: Array) -> Sections:
        """Return the sections of some rows."""
        return Sections(self.coefficients[rows], self.on[rows], self.tails[rows])

    def expand(self, rows: Array, n: int) -> Sections:
        """Spread over n rows."""
        spread = (np.zeros((n, *a.shape[1:]), dtype=a.dtype) for a in (self.coefficients, self.on, self.tails))
        made = Sections(*spread)
        made.coefficients[rows], made.on[rows], made.tails[rows] = self.coefficients, self.on, self.tails
        return made

    def active(self, i: int) -> bool:
        """Whether row i is filtered."""
        return bool(self.on[i])

    def tail(self, i: int) -> int:
        """Return how long row i rings, in frames."""
        return int(self.tails[i])

    def spectrum(self, i: int, size: int, dtype: str) -> Array:
        """Return the response of one row (bins,)."""
        found: Array = biquads.response(self.coefficients[i].astype(dtype), biquads.grid(size, dtype))
        return found


R = TypeVar("R")


@dataclass(frozen=True)
class ResponseList(Generic[R]):
    """One response per row, in whatever form, or None for the identity; see :class:`Response`."""

    rows: list[R | None]

    def take(self, rows: Array) -> Self:
        """Return the responses of some rows."""
        return type(self)([self.rows[int(i)] for i in rows])

    def expand(self, rows: Array, n: int) -> Self:
        """Spread over n rows."""
        spread: list[R | None] = [None] * n
        for k, i in enumerate(rows.tolist()):
            spread[i] = self.rows[k]
        return type(self)(spread)

    def active(self, i: int) -> bool:
        """Whether row i has a response."""
        return self.rows[i] is not None


class Impulses(ResponseList[Array]):
    """One impulse response per row, (1 or channels, taps), or None for the identity."""

    def tail(self, i: int) -> int:
        """Return the number of taps after the first."""
        found = self.rows[i]
        return 0 if found is None else found.shape[-1] - 1

    def spectrum(self, i: int, size: int, dtype: str) -> Array:
        """Return the response of one row, (bins,) or (channels, bins)."""
        import scipy.fft

        found = self.rows[i]
        assert found is not None
        spectra: Array = scipy.fft.rfft(found.astype(dtype), n=size, axis=-1)
        return spectra[0] if len(spectra) == 1 else spectra


@dataclass(frozen=True)
class LinearFilter:
    """Stage of a chain over n rows: responses, then an amplitude factor, then a delay in frames.

    Args:
        gain: float64 (n,), the sign included.
        delay: int64 (n,), >= 0; what is moved beyond the end is lost.
        responses: what is filtered with, one after the other, see :class:`Response`.

    """

    gain: Array
    delay: Array
    responses: tuple[Response, ...] = ()

    @classmethod
    def of(
        cls, n: int, *, gain: Array | None = None, delay: Array | None = None, response: Response | None = None
    ) -> LinearFilter:
        """Return the filter of one step; what is not given is neutral."""
        return cls(
            np.ones(n) if gain is None else np.asarray(gain, dtype=np.float64),
            np.zeros(n, dtype=np.int64) if delay is None else np.asarray(delay, dtype=np.int64),
            () if response is None else (response,),
        )

    def take(self, rows: Array) -> LinearFilter:
        """Return the filter of some rows."""
        return LinearFilter(self.gain[rows], self.delay[rows], tuple(s.take(rows) for s in self.responses))

    def expand(self, rows: Array, info: augreg.BatchInfo) -> LinearFilter:
        """Spread over all rows of ``info``, neutral elsewhere."""
        n = len(info)
        gain, delay = np.ones(n), np.zeros(n, dtype=np.int64)
        gain[rows], delay[rows] = self.gain, self.delay
        return LinearFilter(gain, delay, tuple(s.expand(rows, n) for s in self.responses))

    def then(self, other: LinearFilter) -> LinearFilter:
        """Return this and then ``other`` as one filter."""
        return LinearFilter(self.gain * other.gain, self.delay + other.delay, self.responses + other.responses)

    def run(self, batch: augreg.Batch) -> augreg.Batch:
        """Filter the batch and delay its events and frame labels."""
        if len(batch) == 0:
            return batch
        targets = self.targets(batch.info)
        if not by_row(batch):
            data = map_batch(batch, self._batch(batch))
        elif targets is None and not self.responses and batch.info.dtypes[0] in ("float32", "float64"):
            # One multiplication does it: quicker, and with the same bits as row by row.
            data = scaled_rows(batch, self.gain)
        else:
            data = map_rows(batch, self.work(batch.info))
        if targets is None:
            return augreg.Batch(data, batch.info)
        return batch.replace(data, shapes=batch.info.shapes, targets=targets)

    @property
    def inplace(self) -> bool:
        """Whether ``work`` may be given one array for both of its arguments."""
        return not self.delay.any()

    @property
    def idle(self) -> Array:
        """Which rows it leaves alone, bool (n,)."""
        filtered = [any(response.active(i) for response in self.responses) for i in range(len(self.gain))]
        found: Array = (self.gain == 1.0) & (self.delay == 0) & ~np.asarray(filtered, dtype=bool)
        return found

    def work(self, info: augreg.BatchInfo) -> RowWork:
        """Return the function that filters row i of a batch on the CPU; see also ``inplace``."""
        recursive = self._recursive(info)

        def row(i: int, x: Array, out: Array) -> None:
            late = min(int(self.delay[i]), x.shape[-1])
            if i in recursive:
                made = np.empty_like(x) if late else out
                recursion.filter_row(x, recursive[i], made)
            else:
                made = self._convolved(i, x) if self._active(i) else x
                made = np.multiply(made, x.dtype.type(self.gain[i]), out=None if late else out)
            if late:
                out[:, :late], out[:, late:] = 0.0, made[:, : x.shape[-1] - late]

        return row

    def _recursive(self, info: augreg.BatchInfo) -> dict[int, recursion.Tables]:
        """Return the tables of the rows that second-order sections alone filter.

        Rows go together on which the same responses are active: a section more, even one that does nothing, is rounded
        otherwise, and a row must not have the bits of its neighbors.
        """
        alike: dict[tuple[bool, ...], list[int]] = {}
        for i in range(len(info)):
            alike.setdefault(tuple(response.active(i) for response in self.responses), []).append(i)
        dtype = np.dtype("float64" if info.dtypes[0] == "float64" else "float32")
        made: dict[int, recursion.Tables] = {}
        for pattern, rows in alike.items():
            responses = [response for response, active in zip(self.responses, pattern, strict=True) if active]
            sections = [response.coefficients[rows] for response in responses if isinstance(response, Sections)]
            count = sum(part.shape[1] for part in sections)
            if len(sections) < len(responses) or not 0 < count <= recursion.MOST_SECTIONS:
                continue
            system = recursion.system(np.concatenate(sections, axis=1))
            tables = recursion.tables(system, self.gain[rows], int(info.lengths.max()), dtype)
            made.update(zip(rows, tables, strict=True))
        return made

    def _active(self, i: int) -> list[Response]:
        return [response for response in self.responses if response.active(i)]

    def _plan(self, i: int, frames: int) -> blocks.BlockPlan:
        return blocks.plan(frames, sum(response.tail(i) for response in self._active(i)))

    def _spectrum(self, i: int, size: int, dtype: str) -> Array:
        total: Any = None
        for response in self._active(i):
            one = response.spectrum(i, size, dtype)
            total = one if total is None else total * one
        return np.ones(size // 2 + 1, dtype=dtype) if total is None else total

    def _convolved(self, i: int, x: Array) -> Array:
        at = self._plan(i, x.shape[-1])
        return blocks.convolve_row(x, at, self._spectrum(i, at.size, x.dtype.name))

    def _batch(self, batch: augreg.Batch) -> Any:
        lengths = batch.lengths.tolist()
        busy = [i for i in range(len(batch)) if self._active(i) and lengths[i]]

        def spectrum(rows: list[int], size: int, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
            name = str(dtype).removeprefix("torch.")
            found = [np.atleast_2d(self._spectrum(busy[k], size, name)) for k in rows]
            wide = max(len(f) for f in found)
            return torch.from_numpy(np.stack([np.broadcast_to(f, (wide, f.shape[-1])) for f in found])).to(device)

        def kernel(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            if busy:
                index = torch.as_tensor(busy, device=x.device)
                plans = [self._plan(i, lengths[i]) for i in busy]
                made = blocks.convolve_batch(x[index], plans, lambda r, size: spectrum(r, size, x.dtype, x.device))
                x = x.index_copy(0, index, made)
            x = x * column(self.gain, x.device, x.dtype)
            return x if not self.delay.any() else _delayed(x, self.delay)

        return kernel

    def targets(self, info: augreg.BatchInfo) -> dict[str, list[Any]] | None:
        """Return the delayed events and frame labels, or None if nothing moves."""
        return timemap.move_targets(info, self.time_map(info)) if self.delay.any() else None

    def time_map(self, info: augreg.BatchInfo) -> list[timemap.TimeMap | None]:
        """Return the time map of every row, None for one that is not delayed."""
        spans = (info.lengths / info.rates).tolist()
        moves = (self.delay / info.rates).tolist()
        return [timemap.placed(span, span, move) if move else None for span, move in zip(spans, moves, strict=True)]


def _delayed(x: torch.Tensor, delay: Array) -> torch.Tensor:
    frames = torch.arange(x.shape[-1], device=x.device)
    source = frames - column(delay, x.device, torch.int64)
    moved = torch.gather(x, -1, source.clamp(min=0).expand(x.shape))
    return torch.where(source >= 0, moved, 0.0)

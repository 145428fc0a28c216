"""The sound's share of a joint time step: stretches of it, exact to the sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from augreg_audio.base import Rendered, WaveformAugmenter, waveform_declaration
from augreg_audio.timemap import TimeMap
from augreg_audio.waveform import Array, by_row, map_rows

from augreg import Batch, BatchInfo, Declaration, Params
from augreg.param import choice


class Copy(NamedTuple):
    """Samples ``first`` to ``last`` of the source, heard from sample ``at`` on, or backwards."""

    first: int
    last: int
    at: int
    backward: bool = False

    def seconds(self, rate: float) -> tuple[float, float, float, float]:
        """Return the piece of a time map that it is."""
        start, end = self.at / rate, (self.at + self.last - self.first) / rate
        return (self.first / rate, self.last / rate, *((end, start) if self.backward else (start, end)))


@dataclass(frozen=True, kw_only=True)
class Stretch(WaveformAugmenter):
    """Take a stretch of the sound, sample by sample.

    Sample k of the result is sample ``start + k`` of the source ("forward"), ``start - k`` ("backward"), or
    ``(start + k) mod length`` ("roll"); silence where the source has none. Params: ``start`` and ``length`` in
    samples; with relabel, ``seconds`` becomes the label of sounds that have one.
    """

    declares: ClassVar[Declaration] = waveform_declaration(moves=True, keeps_shape=False, differentiable=True)

    kind: str = choice("forward", "which way the stretch is read", options=("forward", "backward", "roll"))

    def copies(self, frames: int, start: int, length: int) -> list[Copy]:
        """Return what a row of ``frames`` samples is put together from."""
        if self.kind == "backward":
            first, last = max(start - length + 1, 0), min(start + 1, frames)
            found = [Copy(first, last, start + 1 - last, backward=True)]
        elif self.kind == "roll":
            tail = min(length, frames)
            found = [Copy(start, tail, 0), Copy(0, min(start, frames), length - start)]
        else:
            first = max(start, 0)
            found = [Copy(first, min(start + length, frames), first - start)]
        return [copy for copy in found if copy.last > copy.first]

    def render(self, batch: Batch, params: Params) -> Rendered:
        """Return the stretches."""
        made = self._made(batch.info, params)
        after = params.array("length").astype(np.int64)
        if by_row(batch):
            return Rendered(map_rows(batch, lambda i, x, out: _fill(x, out, made[i]), after), after)
        data = batch.stack()
        out = data.new_zeros((*data.shape[:2], int(after.max(initial=0))))
        for i, copies in enumerate(made):
            for first, last, at, backward in copies:
                part = data[i, :, first:last]
                out[i, :, at : at + last - first] = part.flip(-1) if backward else part
        return Rendered(out, after)

    def time_map(self, info: BatchInfo, params: Params) -> Sequence[TimeMap | None]:
        """Return one piece per copy."""
        after = params.array("length")
        rows = zip(self._made(info, params), info.lengths.tolist(), after.tolist(), info.rates.tolist(), strict=True)
        return [
            TimeMap(np.asarray([c.seconds(rate) for c in made]).reshape(-1, 4), frames / rate, length / rate)
            for made, frames, length, rate in rows
        ]

    def _made(self, info: BatchInfo, params: Params) -> list[list[Copy]]:
        starts, lengths = params.array("start").tolist(), params.array("length").tolist()
        return [self.copies(*row) for row in zip(info.lengths.tolist(), starts, lengths, strict=True)]


@dataclass(frozen=True, kw_only=True)
class Displaced(Stretch):
    """A stretch whose displacement in seconds becomes the label of the sound."""

    declares: ClassVar[Declaration] = Declaration(
        targets=("events", "frame_labels", "label"),
        dtypes=Stretch.declares.dtypes,
        devices=Stretch.declares.devices,
        labels="changes",
        differentiable=True,
    )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Apply drawn parameters and write the label."""
        out = super().apply(batch, params)
        labels: list[Any] = [
            None if old is None else float(new)
            for old, new in zip(batch.info.target("label"), params.array("seconds"), strict=True)
        ]
        return Batch(out.data, out.info.replace(targets={**out.info.targets, "label": labels}))


def _fill(x: Array, out: Array, copies: list[Copy]) -> None:
    if sum(c.last - c.first for c in copies) < out.shape[-1]:
        out[...] = 0.0
    for first, last, at, backward in copies:
        part = x[:, first:last]
        out[:, at : at + last - first] = part[:, ::-1] if backward else part

"""What a joint time step does to the sound: it takes a stretch, exact to the sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from augreg_audio import Assembly, Copy, Rearranged, TimeMap, waveform_declaration

from augreg import Batch, Declaration, Params
from augreg.param import choice


@dataclass(frozen=True, kw_only=True)
class Stretch(Rearranged):
    """Take a stretch of the sound, sample by sample.

    Sample k of the result is sample ``start + k`` of the source ("forward"), ``start - k`` ("backward"), or
    ``(start + k) mod length`` ("roll"); silence where the source has none. Params: ``start`` and ``length`` in
    samples; with relabel, ``seconds`` becomes the label of sounds that have one.
    """

    declares: ClassVar[Declaration] = waveform_declaration(moves=True, keeps_shape=False, differentiable=True)

    kind: str = choice("forward", "which way the stretch is read", options=("forward", "backward", "roll"))

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return the stretch of a row of ``frames`` samples."""
        length = int(row["length"])
        copies = [copy for copy in self._copies(frames, int(row["start"]), length) if copy.end > copy.start]
        return Assembly(copies, length, gaps=sum(copy.end - copy.start for copy in copies) < length)

    def _copies(self, frames: int, start: int, length: int) -> list[Copy]:
        if self.kind == "backward":
            first, last = max(start - length + 1, 0), min(start + 1, frames)
            return [Copy(first, last, start + 1 - last, backward=True)]
        if self.kind == "roll":
            return [Copy(start, min(length, frames), 0), Copy(0, min(start, frames), length - start)]
        first = max(start, 0)
        return [Copy(first, min(start + length, frames), first - start)]

    def row_map(self, made: Assembly, frames: int, rate: float) -> TimeMap:
        """Return one piece per copy, its ends whole samples divided by the rate."""
        pieces = [_piece(copy, rate) for copy in made.copies]
        return TimeMap(np.asarray(pieces).reshape(-1, 4), frames / rate, made.frames / rate)


def _piece(copy: Copy, rate: float) -> tuple[float, float, float, float]:
    first, last = copy.at / rate, (copy.at + copy.end - copy.start) / rate
    return (copy.start / rate, copy.end / rate, *((last, first) if copy.backward else (first, last)))


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

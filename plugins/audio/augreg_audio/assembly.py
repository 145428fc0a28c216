"""Sounds put together from stretches of themselves: sample for sample, with their time maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

import augreg
from augreg_audio import joints, timemap
from augreg_audio.base import Rendered, WaveformAugmenter
from augreg_audio.joints import Copy
from augreg_audio.waveform import Array, by_row, from_float, map_rows, to_float


class Assembly(NamedTuple):
    """A row put together from copies, and its new length in frames.

    With ``fade`` the copies fade out and in over so many frames where they meet and did not in the source. ``gaps``
    says whether there is silence beside the copies.
    """

    copies: list[Copy]
    frames: int
    fade: int = 0
    gaps: bool = False


@dataclass(frozen=True)
class Rearranged(WaveformAugmenter):
    """Base class: a subclass says which stretches of a row are heard when; all else is silence."""

    def assemble(self, frames: int, rate: float, row: dict[str, Any]) -> Assembly:
        """Return what one row is put together from; ``row`` holds its parameters."""
        raise NotImplementedError

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the rearranged sound."""
        made = self._assemblies(batch.info, params)
        after = np.asarray([a.frames for a in made], dtype=np.int64)
        if by_row(batch):

            def row(i: int, x: Array, out: Array) -> None:
                _assemble(x, out, made[i])

            return Rendered(map_rows(batch, row, after), after)
        data = batch.stack()
        out = data.new_zeros((len(batch), data.shape[1], int(after.max(initial=0))))
        for i, assembly in enumerate(made):
            for start, end, at, backward in assembly.copies:
                part = data[i, :, start:end]
                out[i, :, at : at + end - start] = part.flip(-1) if backward else part
        return Rendered(_softened(out, made), after)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return one piece per copy."""
        rows = zip(self._assemblies(info, params), info.lengths.tolist(), info.rates.tolist(), strict=True)
        return [self.row_map(made, frames, rate) for made, frames, rate in rows]

    def row_map(self, made: Assembly, frames: int, rate: float) -> timemap.TimeMap:
        """Return the time map of one row of ``frames`` frames, none of whose copies runs backwards."""
        # Every edge is a whole frame divided by the rate, as durations are: sums of seconds would be off by a bit.
        pieces = [(start / rate, end / rate, at / rate, (at + end - start) / rate) for start, end, at, _ in made.copies]
        return timemap.pieced(frames / rate, pieces, made.frames / rate)

    def _assemblies(self, info: augreg.BatchInfo, params: augreg.Params) -> list[Assembly]:
        columns = [params.array(name).tolist() for name in params]
        rows = zip(info.lengths.tolist(), info.rates.tolist(), *columns, strict=True)
        return [self.assemble(frames, rate, dict(zip(params, row, strict=True))) for frames, rate, *row in rows]


def _assemble(x: Array, out: Array, made: Assembly) -> None:
    copies, _, fade, gaps = made
    if gaps:
        out[...] = 0.0
    for start, end, at, backward in copies:
        part = x[:, start:end]
        out[:, at : at + end - start] = part[:, ::-1] if backward else part
    if fade and len(copies) > 1:
        joints.soften(out, joints.joints(copies, fade))


def _softened(out: torch.Tensor, made: list[Assembly]) -> torch.Tensor:
    if not any(assembly.fade for assembly in made):
        return out
    gains = np.ones((len(made), 1, out.shape[-1]))
    for gain, assembly in zip(gains, made, strict=True):
        joints.soften(gain, joints.joints(assembly.copies, assembly.fade))
    return from_float(to_float(out) * torch.from_numpy(gains).to(out.device, torch.float32), out.dtype)

"""Tempo for speech: other durations at the same pitch without spectra."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

import augreg
from augreg import UnsupportedError, param
from augreg.kernel import pad
from augreg_audio import atempo, resampling, timemap, wsola
from augreg_audio.base import Rendered, WaveformAugmenter, waveform_declaration
from augreg_audio.waveform import Array, by_row, from_float, map_rows, seconds, to_float


@dataclass(frozen=True, kw_only=True)
class Tempo(WaveformAugmenter):
    """Speak faster or slower at the same pitch.

    Windows of the waveform itself are put closer together or further apart where they fit, so voices keep their
    crispness, which the phase vocoder of ``audio.time_stretch`` smears; chords and long reverberation are what that
    one does better. ``factor`` 1.1 makes the sound 1.1 times as fast.

    ``engine`` "wsola" is our own: 30 ms windows, each at most 7.5 ms of the source off its place, any number of
    channels. "atempo" is FFmpeg's filter of that name: quicker for factors far from 1, but sounds come up to 40 ms off
    their place (less at high rates); at most eight channels, no gradients. Lengths, events and frame labels follow
    ``factor`` with both.
    """

    factor: tuple[float, float] = param.interval((0.8, 1.25), "how much faster", low=0.1, high=10.0, unit="ratio")
    engine: str = param.choice("wsola", "what finds the windows", options=("wsola", "atempo"))

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=(
            "duration",
            "synchrony",
            "tempo",
        ),
        level=augreg.Level("factor", 1.0, 1.5, scale="log", signed=True),
        moves=True,
        keeps_shape=False,
        differentiable=True,
        memory=5,
    )
    examples: ClassVar[tuple[dict[str, str], ...]] = ({"engine": "atempo"},)

    @property
    def memory(self) -> float:
        """What plays slower is longer; FFmpeg's filter takes copies of its own."""
        own, longer = (self.declares.memory, 2.5) if self.engine == "wsola" else (7.0, 4.0)
        return own + longer * max(0.0, 1.0 / self.factor[0] - 1.0)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``factor`` uniformly; a level speeds up or slows down with equal chance."""
        return augreg.Params(len(batch), factor=self.sample("factor", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the faster or slower sound."""
        factors, rates = params.array("factor").tolist(), batch.info.rates.tolist()
        after = resampling.output_frames(batch.lengths, params.array("factor"))
        if by_row(batch):

            def row(i: int, x: Array, out: Array) -> None:
                sound = torch.from_numpy(x)
                out[...] = self._stretched(sound, factors[i], out.shape[-1], rates[i]).numpy()

            return Rendered(map_rows(batch, row, after), after)
        rows = zip(batch.rows(), factors, after.tolist(), rates, strict=True)
        made = [self._stretched(to_float(x), factor, frames, rate) for x, factor, frames, rate in rows]
        return Rendered(from_float(pad(made), batch.stack().dtype), after)

    def _stretched(self, x: torch.Tensor, factor: float, frames: int, rate: float) -> torch.Tensor:
        if factor == 1.0 or not frames:
            return x
        if self.engine == "wsola":
            return wsola.stretch_row(x, factor, frames, rate)
        if x.requires_grad or x.shape[0] > atempo.MOST_CHANNELS:
            what = "gradients" if x.requires_grad else f"{x.shape[0]} channels"
            raise UnsupportedError(f"engine='atempo' does not take {what}. Set engine='wsola', which does.")
        made = atempo.stretch_row(x.cpu().numpy(), factor, frames, rate)
        return torch.from_numpy(made).to(x.device)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return one stretched piece."""
        after = (resampling.output_frames(info.lengths, params.array("factor")) / info.rates).tolist()
        return [timemap.scaled(*both) for both in zip(seconds(info).tolist(), after, strict=True)]

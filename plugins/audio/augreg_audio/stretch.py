"""Duration and pitch on their own: time_stretch, pitch_shift."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg.kernel import pad
from augreg_audio import formants, resampling, timemap, vocoder, wsola
from augreg_audio.base import Rendered, WaveformAugmenter, waveform_declaration
from augreg_audio.waveform import Array, by_row, frame_mask, from_float, map_rows, seconds, to_float


@dataclass(frozen=True, kw_only=True)
class TimeStretch(WaveformAugmenter):
    """Play faster or slower at the same pitch.

    A phase vocoder with windows of about 64 ms, for music and voices alike; ``factor`` 1.1 makes the sound 1.1 times as
    fast. The pitch of speech stays within some cents, the length is right to a frame. Every row has its own factor, in
    one pass on CUDA. With ``keep_length`` the end is cut off, or silence follows.
    """

    factor: tuple[float, float] = param.interval((0.8, 1.25), "how much faster", low=0.1, high=10.0, unit="ratio")
    keep_length: bool = param.flag(False, "whether the number of frames stays")

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

    @property
    def memory(self) -> float:
        """What plays slower is longer."""
        return self.declares.memory + 2.5 * max(0.0, 1.0 / self.factor[0] - 1.0)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``factor`` uniformly; a level speeds up or slows down with equal chance."""
        return augreg.Params(len(batch), factor=self.sample("factor", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the stretched sound."""
        factors, rate = params.array("factor"), float(batch.info.rates[0])
        after = resampling.output_frames(batch.lengths, factors)
        kept = batch.lengths if self.keep_length else after
        if by_row(batch):

            def row(i: int, x: Array, out: Array) -> None:
                made = x if factors[i] == 1.0 else vocoder.stretch_row(x, float(factors[i]), int(after[i]), rate)
                heard = min(made.shape[-1], out.shape[-1])
                out[:, :heard], out[:, heard:] = made[:, :heard], 0.0

            return Rendered(map_rows(batch, row, kept), kept)
        made = _stretched(batch, factors, after, rate)
        return Rendered(from_float(_fitted(made, kept), batch.stack().dtype), kept)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return one stretched piece, cut at the end with ``keep_length``."""
        spans = seconds(info).tolist()
        after = (resampling.output_frames(info.lengths, params.array("factor")) / info.rates).tolist()
        if not self.keep_length:
            return [timemap.scaled(*both) for both in zip(spans, after, strict=True)]
        return [timemap.scaled_within(*both) for both in zip(spans, after, strict=True)]


def _stretched(batch: augreg.Batch, factors: Array, after: Array, rate: float) -> torch.Tensor:
    """Return the stretched rows (n, channels, longest result), 0 behind every one."""
    x = torch.where(frame_mask(batch), to_float(batch.stack()), 0.0)
    made = vocoder.stretch_batch(x, factors, after, rate)
    same = torch.as_tensor(factors == 1.0, device=x.device)[:, None, None]
    made = torch.where(same, _fitted_to(x, made.shape[-1]), made)
    heard = torch.arange(made.shape[-1], device=x.device) < torch.as_tensor(after, device=x.device)[:, None, None]
    return torch.where(heard, made, 0.0)


def _fitted_to(x: torch.Tensor, frames: int) -> torch.Tensor:
    return torch.nn.functional.pad(x, (0, max(0, frames - x.shape[-1])))[..., :frames]


def _fitted(x: torch.Tensor, lengths: Array) -> torch.Tensor:
    frames = torch.arange(int(lengths.max(initial=0)), device=x.device)
    inside = frames < torch.as_tensor(lengths, device=x.device)[:, None, None]
    return torch.where(inside, _fitted_to(x, len(frames)), 0.0)


@dataclass(frozen=True, kw_only=True)
class PitchShift(WaveformAugmenter):
    """Raise or lower the pitch at the same duration.

    The phase vocoder of ``audio.time_stretch`` lengthens the sound, resampling shortens it
    again; any number of semitones. Every row has its own shift. Formants move along, as if the speaker changed size;
    with ``keep_formants`` they are brought back, as if the same speaker spoke higher or lower. ``engine`` "wsola"
    lengthens as ``audio.tempo`` does: crisper for a single voice, rougher for chords, and quicker.
    """

    semitones: tuple[float, float] = param.interval(
        (-4.0, 4.0), "shift", low=-24.0, high=24.0, unit="semitones", centre=0.0
    )
    keep_formants: bool = param.flag(False, "whether the vocal tract stays")
    engine: str = param.choice("vocoder", "what lengthens", options=("vocoder", "wsola"))

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("pitch", "speaker"),
        level=augreg.Level("semitones", 0.0, 6.0, signed=True),
        differentiable=True,
        memory=6.5,
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"engine": "wsola"}, {"keep_formants": True})

    @property
    def memory(self) -> float:
        """What is raised is lengthened first."""
        return self.declares.memory + 1.5 * max(0.0, float(2.0 ** (self.semitones[1] / 12.0)) - 1.0)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``semitones`` uniformly."""
        return augreg.Params(len(batch), semitones=self.sample("semitones", rng, level))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the shifted sound."""
        rate = float(batch.info.rates[0])
        ratios = np.asarray([2.0 ** (float(s) / 12.0) for s in params.array("semitones")], dtype=np.float64)
        longer = resampling.output_frames(batch.lengths, 1.0 / ratios)
        if by_row(batch):

            def row(i: int, x: Array, out: Array) -> None:
                if ratios[i] == 1.0:
                    out[...] = x
                    return
                made = self._longer(x, 1.0 / float(ratios[i]), int(longer[i]), rate)
                resampling.resample_into(made, float(ratios[i]), out)
                if self.keep_formants:
                    out[...] = formants.warped_row(out, 1.0 / float(ratios[i]), rate)

            return Rendered(map_rows(batch, row))
        made = self._all_longer(batch, 1.0 / ratios, longer, rate)
        made = resampling.resample_batch(made, ratios, batch.lengths)
        if self.keep_formants:
            made = formants.warped_batch(made, 1.0 / ratios, rate)
            made = torch.where(frame_mask(batch)[..., : made.shape[-1]], made, 0.0)
        same = torch.as_tensor(ratios == 1.0, device=made.device)[:, None, None]
        made = torch.where(same & frame_mask(batch), to_float(batch.stack()), _fitted_to(made, batch.stack().shape[-1]))
        return Rendered(from_float(made, batch.stack().dtype))

    def _longer(self, x: Array, factor: float, frames: int, rate: float) -> Array:
        if self.engine == "vocoder":
            return vocoder.stretch_row(x, factor, frames, rate)
        return wsola.stretch_row(torch.from_numpy(x), factor, frames, rate).numpy()

    def _all_longer(self, batch: augreg.Batch, factors: Array, longer: Array, rate: float) -> torch.Tensor:
        if self.engine == "vocoder":
            return _stretched(batch, factors, longer, rate)
        rows = zip(batch.rows(), factors.tolist(), longer.tolist(), strict=True)
        return pad([wsola.stretch_row(to_float(x), factor, frames, rate) for x, factor, frames in rows])

"""Other sounds mixed in: background_mix, insert_in_background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import param
from augreg_audio import files, timemap
from augreg_audio.base import Rendered, RowAugmenter, WaveformAugmenter, waveform_declaration
from augreg_audio.noise import snr_scale
from augreg_audio.waveform import (
    Array,
    BatchWork,
    RowWork,
    by_row,
    column,
    frame_mask,
    from_db,
    from_float,
    map_rows,
    power,
    seconds,
    to_float,
)


@dataclass(frozen=True)
class Added(RowAugmenter):
    """Adds a sound of the row's own shape that ``addition`` makes."""

    inplace: ClassVar[bool] = True

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return what is added to x (channels, frames), or None."""
        raise NotImplementedError

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> RowWork:
        """Return the function that adds to a row."""
        rates = info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            added = self.addition(i, params, x, rates[i])
            if added is not None:
                np.add(x, added, out=out, casting="same_kind")
            elif out is not x:
                out[...] = x

        return row


@dataclass(frozen=True, kw_only=True)
class BackgroundMix(Added):
    """Mix a random background sound in, at a random signal-to-noise ratio.

    ``source`` is a folder, a file, or a list of them; a random stretch of a random file is taken, repeated if it is
    shorter than the sound, resampled to its rate, mono repeated and more channels mixed down where counts differ. Of a
    file of more than 87 seconds (of mono at 48 kHz) only the stretch is read. The ratio holds for the row's own frames.
    Silence, and a silent background, change nothing.
    """

    source: str | tuple[str, ...] = param.value(doc="folder, file, or list of files")
    snr: tuple[float, float] = param.interval((3.0, 30.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",), level=augreg.Level("snr", 60.0, 0.0, identity_at_zero=False), differentiable=True, memory=6.5
    )

    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"source": str(files.SAMPLES / "rain.wav")},)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", files.check_source("source", self.source))
        super().__post_init__()

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw a ``file``, the ``place`` where its stretch begins, 0 to 1, and ``snr``."""
        return augreg.Params(
            len(batch),
            file=files.choose(self.source, rng),
            place=rng.uniform("place"),
            snr=self.sample("snr", rng, level),
        )

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return the scaled background."""
        other = self._stretch(i, params, x.shape, rate)
        factor = snr_scale(x, other, float(params["snr"][i]))
        return other * x.dtype.type(factor) if factor else None

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that adds the backgrounds, which come from the CPU, and scales them on the device."""

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            host = np.zeros(x.shape, dtype=np.float32)
            loud = np.zeros(len(info))
            for i, (frames, rate) in enumerate(zip(info.lengths.tolist(), info.rates.tolist(), strict=True)):
                if frames:
                    host[i, :, :frames] = other = self._stretch(i, params, (x.shape[1], frames), rate)
                    loud[i] = power(other)
            scale = scale_on_device(x, info.lengths, loud, params.array("snr"))
            return x + torch.from_numpy(host).to(x.device, x.dtype) * scale.to(x.dtype)

        return batch

    def _stretch(self, i: int, params: augreg.Params, shape: tuple[int, ...], rate: float) -> Array:
        return files.stretch(params["file"][i], rate, float(params["place"][i]), shape)


def scale_on_device(x: torch.Tensor, lengths: Array, loud: Array, snr: Array) -> torch.Tensor:
    """Return the factors that put sounds of mean power ``loud`` (n,) ``snr`` dB below x, float64 (n, 1, 1).

    x (n, channels, frames) is 0 in the padding. 0 where either is silent.
    """
    count = column(np.maximum(lengths, 1) * x.shape[1], x.device, torch.float64)
    signal = x.detach().double().square().sum((1, 2), keepdim=True) / count
    rest = column(loud, x.device, torch.float64)
    ratio = torch.where(rest > 0, (signal / rest.clamp(min=1e-300)).sqrt(), 0.0)
    return ratio * column(from_db(-snr), x.device, torch.float64)


@dataclass(frozen=True, kw_only=True)
class InsertInBackground(WaveformAugmenter):
    """Place the sound somewhere in a longer background.

    The result is ``before`` + ``behind`` of the row's own length longer; a random stretch of a random file of
    ``source`` sounds throughout, ``snr`` dB below the sound. Events and frame labels move along.
    """

    source: str | tuple[str, ...] = param.value(doc="folder, file, or list of files")
    before: tuple[float, float] = param.interval(
        (0.0, 0.5), "background first, share", low=0.0, high=10.0, unit="fraction"
    )
    behind: tuple[float, float] = param.interval(
        (0.0, 0.5), "background last, share", low=0.0, high=10.0, unit="fraction"
    )
    snr: tuple[float, float] = param.interval((3.0, 30.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise", "duration", "position", "synchrony"),
        moves=True,
        keeps_shape=False,
        differentiable=True,
        memory=7.5,
    )

    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"source": str(files.SAMPLES / "rain.wav")},)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", files.check_source("source", self.source))
        super().__post_init__()

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both durations, a ``file``, the ``place`` where its stretch begins, and ``snr``."""
        drawn = {name: self.sample(name, rng, level) for name in ("before", "behind", "snr")}
        return augreg.Params(len(batch), drawn, file=files.choose(self.source, rng), place=rng.uniform("place"))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the background with the sound in it."""
        first, last = self._frames(batch.info, params)
        after = batch.lengths + first + last
        if not by_row(batch):
            return Rendered(self._inserted(batch, params, first, after), after)
        rates = batch.info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            other, start = self._stretch(i, params, out.shape, rates[i]), int(first[i])
            heard = other[:, start : start + x.shape[-1]]
            np.multiply(other, x.dtype.type(snr_scale(x, heard, float(params["snr"][i]))), out=out)
            out[:, start : start + x.shape[-1]] += x

        return Rendered(map_rows(batch, row, after), after)

    def _inserted(self, batch: augreg.Batch, params: augreg.Params, first: Array, after: Array) -> torch.Tensor:
        """Return all rows in one go: the backgrounds come from the CPU, and are scaled where the batch is."""
        x = torch.where(frame_mask(batch), to_float(batch.stack()), 0.0)
        host = np.zeros((*x.shape[:2], int(after.max(initial=0))), dtype=np.float32)
        loud = np.zeros(len(batch))
        for i in np.flatnonzero(batch.lengths).tolist():
            size = (x.shape[1], int(after[i]))
            host[i, :, : after[i]] = other = self._stretch(i, params, size, float(batch.info.rates[i]))
            loud[i] = power(other[:, first[i] : first[i] + batch.lengths[i]])
        scale = scale_on_device(x, batch.lengths, loud, params.array("snr"))
        place = torch.arange(host.shape[-1], device=x.device) - column(first, x.device, torch.int64)
        heard = (place >= 0) & (place < column(batch.lengths, x.device, torch.int64))
        index = place.clamp(0, x.shape[-1] - 1).expand(host.shape)
        moved = torch.where(heard, torch.gather(x, -1, index), 0.0)
        made = moved + torch.from_numpy(host).to(x.device, x.dtype) * scale.to(x.dtype)
        return from_float(made, batch.stack().dtype)

    def _stretch(self, i: int, params: augreg.Params, shape: tuple[int, ...], rate: float) -> Array:
        return files.stretch(params["file"][i], rate, float(params["place"][i]), shape)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return the whole sound, later."""
        first, last = self._frames(info, params)
        after = (info.lengths + first + last) / info.rates
        rows = zip(seconds(info).tolist(), after.tolist(), (first / info.rates).tolist(), strict=True)
        return [timemap.placed(*row) for row in rows]

    def _frames(self, info: augreg.BatchInfo, params: augreg.Params) -> tuple[Array, Array]:
        first, last = (np.rint(params.array(name) * info.lengths).astype(np.int64) for name in ("before", "behind"))
        return first, last

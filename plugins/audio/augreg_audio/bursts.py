"""Short disturbances mixed in: short_noises, clicks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import param
from augreg.kernel import noise
from augreg_audio import files
from augreg_audio.background import Added
from augreg_audio.base import waveform_declaration
from augreg_audio.noise import white
from augreg_audio.waveform import Array, BatchWork, column, from_db, power


@dataclass(frozen=True, kw_only=True)
class ShortNoises(Added):
    """Mix short bursts of noise in, here and there.

    ``count`` bursts with smooth edges at random places, each a stretch of a random file of ``source`` or, without
    one, of white noise; each has ``snr`` to the whole row. Silence stays silence.
    """

    source: str | tuple[str, ...] | None = param.value(None, doc="folder, file, or list of files", optional=True)
    count: tuple[float, float] = param.interval((1, 5), "bursts", low=0, high=100, integral=True)
    duration: tuple[float, float] = param.interval((0.05, 0.4), "of a burst", low=0.001, high=60.0, unit="s")
    snr: tuple[float, float] = param.interval((0.0, 24.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",), level=augreg.Level("snr", 60.0, 0.0, identity_at_zero=False), differentiable=True, memory=2.5
    )

    def __post_init__(self) -> None:
        if self.source is not None:
            object.__setattr__(self, "source", files.check_source("source", self.source))
        super().__post_init__()

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw per burst its duration (0 for unused ones), place, ratio, noise key, and file."""
        low, high = (int(c) for c in self.count)
        size = max(high, 1)
        used = np.arange(size) < rng.integers("count", low, high + 1)[:, None]
        snr = rng.uniform("snr", *self.snr, size=size)
        if level is not None:
            snr = np.repeat(self.sample("snr", rng, level)[:, None], size, axis=1)
        known = files.found(self.source) if self.source else ("",)
        chosen = rng.choice("file", len(known), size=size)
        return augreg.Params(
            len(batch),
            duration=np.where(used, rng.uniform("duration", *self.duration, size=size), 0.0),
            place=rng.uniform("place", 0.0, 1.0, size=size),
            begin=rng.uniform("begin", 0.0, 1.0, size=size),
            snr=snr,
            file=[[known[k] for k in row] for row in chosen.tolist()],
            noise=rng.noise_key("noise"),
        )

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return all bursts."""
        level = power(x)
        if not level:
            return None
        total = np.zeros_like(x)
        widths, starts = _spans(params, i, x.shape[-1], rate)
        for k in np.flatnonzero(widths).tolist():
            width, start = int(widths[k]), int(starts[k])
            burst = self._burst(i, k, params, (len(x), width), rate)
            if burst is None:
                burst = white(int(params["noise"][i]) ^ k, (len(x), width), x.dtype)
            loud = power(burst)
            if loud:
                scale = (level / loud) ** 0.5 * 10.0 ** (-float(params["snr"][i][k]) / 20.0)
                total[:, start : start + width] += burst * _edges(width, rate) * scale
        return total

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that adds to a batch, one burst of every row at a time."""

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            count = column(np.maximum(info.lengths, 1) * x.shape[1], x.device, torch.float64)
            level = x.detach().double().square().sum((1, 2), keepdim=True) / count
            frames, total = torch.arange(x.shape[-1], device=x.device), torch.zeros_like(x)
            for made, widths, starts, snr in self._rounds(info, params, x):
                width = column(np.maximum(widths, 1), x.device, torch.int64)
                loud = made.double().square().sum((1, 2), keepdim=True) / (width * x.shape[1])
                scale = torch.where(loud > 0, (level / loud.clamp(min=1e-300)).sqrt(), 0.0)
                scale = scale * column(from_db(-snr), x.device, torch.float64)
                place = frames - column(starts, x.device, torch.int64)
                index = place.clamp(0, made.shape[-1] - 1).expand(x.shape)
                gain = _edges_batch(place, width, info.rates) * scale
                heard = (place >= 0) & (place < column(widths, x.device, torch.int64))
                total = total + torch.where(heard, torch.gather(made, -1, index) * gain.to(x.dtype), 0.0)
            return x + total

        return batch

    def _rounds(
        self, info: augreg.BatchInfo, params: augreg.Params, x: torch.Tensor
    ) -> Iterator[tuple[torch.Tensor, Array, Array, Array]]:
        """Yield the k-th bursts of all rows of x, (n, channels, widest), with their widths, starts and ratios, (n,)."""
        rows = zip(range(len(info)), info.lengths.tolist(), info.rates.tolist(), strict=True)
        spans = [_spans(params, i, frames, rate) for i, frames, rate in rows]
        snr, keys = params.array("snr"), params.array("noise")
        for k in range(snr.shape[1]):
            widths, starts = (np.asarray([span[side][k] for span in spans]) for side in (0, 1))
            if not widths.any():
                continue
            shape = (x.shape[1], int(widths.max()))
            if self.source is None:
                made = noise.normal((keys ^ k).tolist(), shape, x.device, x.dtype, lengths=widths)
            else:
                host = np.zeros((len(info), *shape), dtype=np.float32)
                for i in np.flatnonzero(widths).tolist():
                    size = (shape[0], int(widths[i]))
                    host[i, :, : widths[i]] = self._burst(i, k, params, size, float(info.rates[i]))
                made = torch.from_numpy(host).to(x.device, x.dtype)
            yield made, widths, starts, snr[:, k]

    def _burst(self, i: int, k: int, params: augreg.Params, shape: tuple[int, ...], rate: float) -> Array | None:
        """Return burst k of row i as its file has it, or None where it is noise."""
        if self.source is None:
            return None
        return files.stretch(params["file"][i][k], rate, float(params["begin"][i][k]), shape)


BURST_EDGE: Final = 0.01
"""Seconds that the edges of a burst last, or a quarter of the burst if that is less."""


def _spans(params: augreg.Params, i: int, frames: int, rate: float) -> tuple[Array, Array]:
    """Return width and start of every burst of row i in frames, int64 (bursts,)."""
    duration, place = (np.asarray(params[name][i], dtype=np.float64) for name in ("duration", "place"))
    widths = np.minimum(np.rint(duration * rate).astype(np.int64), frames)
    return widths, (place * (frames - widths + 1)).astype(np.int64)


def _edges(width: int, rate: float) -> Array:
    """Return 1 with half-cosine edges, float64 (width,)."""
    rise = max(1, min(width // 4, round(BURST_EDGE * rate)))
    gain = np.ones(width)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 0.5) / rise)
    gain[:rise] *= ramp
    gain[width - rise :] *= ramp[::-1]
    return gain


def _edges_batch(place: torch.Tensor, width: torch.Tensor, rates: Array) -> torch.Tensor:
    """Return the same at frames ``place`` (n, 1, frames) of bursts ``width`` (n, 1, 1) wide."""
    longest = column(np.asarray([round(BURST_EDGE * rate) for rate in rates.tolist()]), place.device, torch.int64)
    rise = torch.minimum(width // 4, longest).clamp(min=1)
    sides = ((side + 0.5).clamp(max=rise) / rise for side in (place.double(), (width - 1 - place).double()))
    first, last = (0.5 - 0.5 * torch.cos(torch.pi * side) for side in sides)
    return first * last


@dataclass(frozen=True, kw_only=True)
class Clicks(Added):
    """Add clicks, like a scratched record or a bad cable.

    Clicks come at random times, ``rate`` per second on average, each one a decaying pulse of under a millisecond,
    of random sign and up to ``decibels`` re full scale, on all channels at once.
    """

    rate: tuple[float, float] = param.interval((5.0, 30.0), "clicks per second", low=0.0, high=200.0, unit="1/s")
    decibels: tuple[float, float] = param.interval((-20.0, -6.0), "loudest click", low=-120.0, high=0.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        full_scale=True, alters=("noise",), level=augreg.Level("rate", 0.0, 20.0), differentiable=True, memory=6
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``rate`` and ``decibels`` uniformly, and the key of the clicks."""
        drawn = {name: self.sample(name, rng, level) for name in ("rate", "decibels")}
        return augreg.Params(len(batch), drawn, noise=rng.noise_key("noise"))

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return the clicks of one row; they are those of a longer row, cut off."""
        places, sizes = _clicks(i, params, x.shape[-1], rate)
        if not len(places):
            return None
        train = np.bincount(places, sizes, minlength=x.shape[-1])
        return np.broadcast_to(np.convolve(train, _pulse(rate))[: x.shape[-1]], x.shape)

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> BatchWork:
        """Return the function that adds to a batch."""

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            pulse = _pulse(float(info.rates[0]))
            columns = []
            for i, (frames, rate) in enumerate(zip(info.lengths.tolist(), info.rates.tolist(), strict=True)):
                # One entry per place: of several writes to one place only one would count.
                places, back = np.unique((found := _clicks(i, params, frames, rate))[0], return_inverse=True)
                columns.append((np.full(len(places), i), places, np.bincount(back, found[1], minlength=len(places))))
            rows, at, size = (torch.from_numpy(np.concatenate(c)).to(x.device) for c in zip(*columns, strict=True))
            size = size.to(x.dtype)
            # Behind the end there is room for the last pulses; they are cut off there.
            made = torch.zeros((len(x), x.shape[-1] + len(pulse)), device=x.device, dtype=x.dtype)
            for k, part in enumerate(pulse.tolist()):
                made[rows, at + k] += size * part
            return x + made[:, None, : x.shape[-1]]

        return batch


def _clicks(i: int, params: augreg.Params, frames: int, rate: float) -> tuple[Array, Array]:
    """Return on which frames the clicks of row i begin, ascending, int64 (clicks,), and how large they are."""
    wanted = float(params["rate"][i])
    expected = wanted * frames / rate
    count = int(expected + 6.0 * expected**0.5 + 8.0) if wanted > 0 else 0
    numbers = noise.uniform_numpy(int(params["noise"][i]), 2 * count).reshape(count, 2).astype(np.float64)
    times = np.cumsum(-np.log(1.0 - numbers[:, 0]) / max(wanted, 1e-9)) * rate
    heard = times < frames
    loudest = float(from_db(params.array("decibels")[i : i + 1])[0])
    return times[heard].astype(np.int64), (2.0 * numbers[heard, 1] - 1.0) * loudest


def _pulse(rate: float) -> Array:
    """Return a click of size 1, float64: it dies away within a millisecond."""
    found: Array = np.exp(-np.arange(max(2, round(0.0008 * rate))) / max(0.00015 * rate, 0.5))
    return found

"""Other sounds mixed in: background_mix, short_noises, clicks, insert_in_background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

import augreg
from augreg import fields, noise
from augreg_audio import files, timemap
from augreg_audio.base import Rendered, RowAugmenter, WaveformAugmenter, waveform_declaration
from augreg_audio.noise import snr_scale, white
from augreg_audio.waveform import Array, Kernel, Work, column, from_db, map_rows, power, seconds


@dataclass(frozen=True)
class _Added(RowAugmenter):
    """Adds a sound of the row's own shape that ``addition`` makes."""

    inplace: ClassVar[bool] = True

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return what is added to x (channels, frames), or None."""
        raise NotImplementedError

    def work(self, info: augreg.BatchInfo, params: augreg.Params) -> Work:
        """Return the function that adds to a row."""
        rates = info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            added = self.addition(i, params, x, rates[i])
            if added is not None:
                np.add(x, added, out=out, casting="same_kind")
            elif out is not x:
                out[...] = x

        return row

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> Kernel:
        """Return the function that adds to a batch what is made on the CPU."""
        rates = info.rates.tolist()

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            host = x.detach().cpu().numpy()
            total = np.zeros_like(host)
            for i, frames in enumerate(info.lengths.tolist()):
                added = self.addition(i, params, host[i, :, :frames], rates[i]) if frames else None
                if added is not None:
                    total[i, :, :frames] = added
            return x + torch.from_numpy(total).to(x.device)

        return batch


@dataclass(frozen=True, kw_only=True)
class BackgroundMix(_Added):
    """Mix a random background sound in, at a random signal-to-noise ratio.

    ``source`` is a folder, a file, or a list of them; a random stretch of a random file is taken, repeated if it is
    shorter than the sound, resampled to its rate, mono repeated and more channels mixed down where counts differ. The
    ratio holds for the row's own frames. Silence, and a silent background, change nothing.
    """

    source: str | tuple[str, ...] = fields.value(doc="folder, file, or list of files")
    snr: tuple[float, float] = fields.interval((3.0, 30.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",),
        level=augreg.Level("snr", 60.0, 0.0, unit="dB", identity_at_zero=False),
        differentiable=True,
    )

    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"source": str(files.SAMPLES / "rain.wav")},)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", files.check_source("source", self.source))
        super().__post_init__()

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw a ``file``, the ``place`` where its stretch begins, 0 to 1, and ``snr``."""
        known = files.found(self.source)
        chosen = [known[i] for i in rng.choice("file", len(known)).tolist()]
        return augreg.Params(len(batch), file=chosen, place=rng.uniform("place"), snr=self.sample("snr", rng, level))

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return the scaled background."""
        other = self._stretch(i, params, x.shape, rate)
        factor = snr_scale(x, other, float(params["snr"][i]))
        return other * x.dtype.type(factor) if factor else None

    def kernel(self, info: augreg.BatchInfo, params: augreg.Params) -> Kernel:
        """Return the function that adds the backgrounds, which come from the CPU, and scales them on the device."""
        gain = from_db(-params.array("snr"))

        def batch(x: torch.Tensor, _inside: torch.Tensor) -> torch.Tensor:
            host = np.zeros(x.shape, dtype=np.float32)
            power_ = np.zeros(len(info))
            for i, (frames, rate) in enumerate(zip(info.lengths.tolist(), info.rates.tolist(), strict=True)):
                if frames:
                    host[i, :, :frames] = other = self._stretch(i, params, (x.shape[1], frames), rate)
                    power_[i] = power(other)
            rest = column(power_, x.device, torch.float64)
            count = column(np.maximum(info.lengths, 1) * x.shape[1], x.device, torch.float64)
            signal = x.detach().double().square().sum((1, 2), keepdim=True) / count
            factor = torch.where(rest > 0, (signal / rest.clamp(min=1e-300)).sqrt(), 0.0)
            factor = factor * column(gain, x.device, torch.float64)
            return x + torch.from_numpy(host).to(x.device, x.dtype) * factor.to(x.dtype)

        return batch

    def _stretch(self, i: int, params: augreg.Params, shape: tuple[int, ...], rate: float) -> Array:
        return pick(files.load(params["file"][i], rate), float(params["place"][i]), shape)


def pick(wave: Array, place: float, shape: tuple[int, ...]) -> Array:
    """Return a stretch of a sound in the wanted shape (channels, frames); ``place`` 0 to 1 says where it begins."""
    channels, frames = shape
    room = wave.shape[-1] - frames + 1
    start = int(place * (room if room > 0 else wave.shape[-1]))
    return files.fit_channels(files.stretch_of(wave, start, frames), channels)


@dataclass(frozen=True, kw_only=True)
class ShortNoises(_Added):
    """Mix short bursts of noise in, here and there.

    ``count`` bursts with smooth edges at random places, each a stretch of a random file of ``source`` or, without
    one, of white noise; each has ``snr`` to the whole row. Silence stays silence.
    """

    source: str | tuple[str, ...] | None = fields.value(None, doc="folder, file, or list of files", optional=True)
    count: tuple[float, float] = fields.interval((1, 5), "bursts", low=0, high=100, integral=True)
    duration: tuple[float, float] = fields.interval((0.05, 0.4), "of a burst", low=0.001, high=60.0, unit="s")
    snr: tuple[float, float] = fields.interval((0.0, 24.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",),
        level=augreg.Level("snr", 60.0, 0.0, unit="dB", identity_at_zero=False),
        devices=("cpu",),
        differentiable=True,
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
        total = np.zeros_like(x)
        columns = (params[name][i] for name in ("duration", "place", "begin", "snr", "file"))
        for k, (duration, place, begin, snr, path) in enumerate(zip(*columns, strict=True)):
            width = min(round(duration * rate), x.shape[-1])
            if not width or not level:
                continue
            start = int(place * (x.shape[-1] - width + 1))
            if path:
                burst = pick(files.load(path, rate), begin, (len(x), width))
            else:
                burst = white(int(params["noise"][i]) ^ k, (len(x), width), x.dtype)
            loud = power(burst)
            if loud:
                edge = _edges(width, max(1, min(width // 4, round(0.01 * rate))))
                total[:, start : start + width] += burst * edge * ((level / loud) ** 0.5 * 10.0 ** (-snr / 20.0))
        return total if level else None


def _edges(width: int, rise: int) -> Array:
    """Return 1 with half-cosine edges of ``rise`` frames, float64 (width,)."""
    gain = np.ones(width)
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 0.5) / rise)
    gain[:rise] *= ramp
    gain[width - rise :] *= ramp[::-1]
    return gain


@dataclass(frozen=True, kw_only=True)
class Clicks(_Added):
    """Add clicks, like a scratched record or a bad cable.

    Clicks come at random times, ``rate`` per second on average, each one a decaying pulse of under a millisecond,
    of random sign and up to ``decibels`` re full scale, on all channels at once.
    """

    rate: tuple[float, float] = fields.interval((5.0, 30.0), "clicks per second", low=0.0, high=200.0, unit="1/s")
    decibels: tuple[float, float] = fields.interval((-20.0, -6.0), "loudest click", low=-120.0, high=0.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise",),
        level=augreg.Level("rate", 0.0, 20.0, unit="1/s"),
        devices=("cpu",),
        differentiable=True,
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``rate`` and ``decibels`` uniformly, and the key of the clicks."""
        drawn = {name: self.sample(name, rng, level) for name in ("rate", "decibels")}
        return augreg.Params(len(batch), drawn, noise=rng.noise_key("noise"))

    def addition(self, i: int, params: augreg.Params, x: Array, rate: float) -> Array | None:
        """Return the clicks of one row; they are those of a longer row, cut off."""
        frames = x.shape[-1]
        wanted = float(params["rate"][i])
        expected = wanted * frames / rate
        count = int(expected + 6.0 * expected**0.5 + 8.0) if wanted > 0 else 0
        numbers = noise.uniform_numpy(int(params["noise"][i]), 2 * count).reshape(count, 2).astype(np.float64)
        times = np.cumsum(-np.log(1.0 - numbers[:, 0]) / max(wanted, 1e-9)) * rate
        times, size = times[times < frames].astype(np.int64), (2.0 * numbers[:, 1] - 1.0)[: (times < frames).sum()]
        if not len(times):
            return None
        pulse = np.exp(-np.arange(max(2, round(0.0008 * rate))) / max(0.00015 * rate, 0.5))
        train = np.bincount(times, size, minlength=frames) * float(from_db(params.array("decibels")[i : i + 1])[0])
        return np.broadcast_to(np.convolve(train, pulse)[:frames], x.shape)


@dataclass(frozen=True, kw_only=True)
class InsertInBackground(WaveformAugmenter):
    """Place the sound somewhere in a longer background.

    The result is ``before`` + ``behind`` of the row's own length longer; a random stretch of a random file of
    ``source`` sounds throughout, ``snr`` dB below the sound. Events and frame labels move along.
    """

    source: str | tuple[str, ...] = fields.value(doc="folder, file, or list of files")
    before: tuple[float, float] = fields.interval((0.0, 0.5), "background first, share", low=0.0, high=10.0)
    behind: tuple[float, float] = fields.interval((0.0, 0.5), "background last, share", low=0.0, high=10.0)
    snr: tuple[float, float] = fields.interval((3.0, 30.0), "signal-to-noise ratio", low=-60.0, high=120.0, unit="dB")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("noise", "duration", "position"), moves=True, keeps_shape=False, devices=("cpu",)
    )

    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"source": str(files.SAMPLES / "rain.wav")},)

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", files.check_source("source", self.source))
        super().__post_init__()

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw both durations, a ``file``, the ``place`` where its stretch begins, and ``snr``."""
        known = files.found(self.source)
        chosen = [known[i] for i in rng.choice("file", len(known)).tolist()]
        drawn = {name: self.sample(name, rng, level) for name in ("before", "behind", "snr")}
        return augreg.Params(len(batch), drawn, file=chosen, place=rng.uniform("place"))

    def render(self, batch: augreg.Batch, params: augreg.Params) -> Rendered:
        """Return the background with the sound in it."""
        first, last = self._frames(batch.info, params)
        after = batch.lengths + first + last
        rates = batch.info.rates.tolist()

        def row(i: int, x: Array, out: Array) -> None:
            wave = files.load(params["file"][i], rates[i])
            other = pick(wave, float(params["place"][i]), out.shape)
            start = int(first[i])
            heard = other[:, start : start + x.shape[-1]]
            np.multiply(other, x.dtype.type(snr_scale(x, heard, float(params["snr"][i]))), out=out)
            out[:, start : start + x.shape[-1]] += x

        return Rendered(map_rows(batch, row, after), after)

    def time_map(self, info: augreg.BatchInfo, params: augreg.Params) -> list[timemap.TimeMap | None]:
        """Return the whole sound, later."""
        first, last = (f / info.rates for f in self._frames(info, params))
        rows = zip(seconds(info).tolist(), first.tolist(), last.tolist(), strict=True)
        return [timemap.placed(span, span + a + b, a) for span, a, b in rows]

    def _frames(self, info: augreg.BatchInfo, params: augreg.Params) -> tuple[Array, Array]:
        first, last = (np.rint(params.array(name) * info.lengths).astype(np.int64) for name in ("before", "behind"))
        return first, last

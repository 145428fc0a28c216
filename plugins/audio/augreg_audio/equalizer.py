"""Equalisers: shelves, peaks, the seven-band equaliser, and what air does to distant sound. All fuse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import numpy as np

import augreg
from augreg import param
from augreg_audio import biquads
from augreg_audio.base import LinearAugmenter, waveform_declaration
from augreg_audio.linear import Impulses, LinearFilter, Sections
from augreg_audio.minphase import minimum_phase
from augreg_audio.waveform import Array, from_db


@dataclass(frozen=True)
class _Equalizer(LinearAugmenter):
    """One RBJ section with a corner or centre frequency, a gain and a Q."""

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``frequency`` on a logarithmic scale, ``decibels`` and ``q`` uniformly."""
        low, high = self.frequency  # type: ignore[attr-defined]  # every subclass has this field
        return augreg.Params(
            len(batch),
            frequency=rng.log_uniform("frequency", low, high),
            decibels=self.sample("decibels", rng, level),
            q=self.sample("q", rng, level),
        )

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the filter section; 0 dB is the identity."""
        decibels = params.array("decibels")
        sections = self.sections(params.array("frequency"), params.array("q"), from_db(decibels), info.rates)
        return LinearFilter.of(len(info), response=Sections.of(sections, decibels != 0.0))

    def sections(self, frequency: Array, q: Array, gain: Array, rates: Array) -> Array:
        """Return the sections (n, 1, 6)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class LowShelf(_Equalizer):
    """Raise or lower everything below a random frequency.

    RBJ cookbook low shelf: ``decibels`` far below the corner, half of it at the corner. A ``q`` above 0.71 adds a
    bump. Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((50.0, 4000.0), "corner", low=1.0, unit="Hz")
    decibels: tuple[float, float] = param.interval((-18.0, 18.0), "gain", low=-60.0, high=60.0, unit="dB", centre=0.0)
    q: tuple[float, float] = param.interval((0.3, 0.9), "steepness at the corner", low=0.05, high=10.0)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("decibels", 0.0, 18.0, signed=True), differentiable=True, memory=3.5
    )

    def sections(self, frequency: Array, q: Array, gain: Array, rates: Array) -> Array:
        """Return the sections (n, 1, 6)."""
        return biquads.low_shelf(frequency, q, gain, rates)


@dataclass(frozen=True, kw_only=True)
class HighShelf(_Equalizer):
    """Raise or lower everything above a random frequency.

    RBJ cookbook high shelf: ``decibels`` far above the corner, half of it at the corner. A ``q`` above 0.71 adds a
    bump. Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((300.0, 7500.0), "corner", low=1.0, unit="Hz")
    decibels: tuple[float, float] = param.interval((-18.0, 18.0), "gain", low=-60.0, high=60.0, unit="dB", centre=0.0)
    q: tuple[float, float] = param.interval((0.3, 0.9), "steepness at the corner", low=0.05, high=10.0)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("decibels", 0.0, 18.0, signed=True), differentiable=True, memory=3.5
    )

    def sections(self, frequency: Array, q: Array, gain: Array, rates: Array) -> Array:
        """Return the sections (n, 1, 6)."""
        return biquads.high_shelf(frequency, q, gain, rates)


@dataclass(frozen=True, kw_only=True)
class PeakingEq(_Equalizer):
    """Raise or lower a band around a random frequency.

    RBJ cookbook peaking filter: ``decibels`` at the centre, nothing far from it; a higher ``q`` makes it narrower.
    Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((50.0, 7500.0), "centre", low=1.0, unit="Hz")
    decibels: tuple[float, float] = param.interval((-24.0, 24.0), "gain", low=-60.0, high=60.0, unit="dB", centre=0.0)
    q: tuple[float, float] = param.interval((0.5, 5.0), "sharpness", low=0.05, high=50.0)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("decibels", 0.0, 24.0, signed=True), differentiable=True, memory=3.5
    )

    def sections(self, frequency: Array, q: Array, gain: Array, rates: Array) -> Array:
        """Return the sections (n, 1, 6)."""
        return biquads.peaking(frequency, q, gain, rates)


BANDS: Final = ((42.0, 95.0), (91.0, 204.0), (196.0, 441.0), (421.0, 948.0), (909.0, 2045.0), (1957.0, 4404.0))
"""Ranges of the corner and centre frequencies of the lowest six bands, in Hz; the seventh follows."""

TOP_BAND: Final = (4216.0, 9486.0)
"""The same of the seventh, in Hz."""


@dataclass(frozen=True, kw_only=True)
class SevenBandEq(LinearAugmenter):
    """Change the timbre with seven random equaliser bands.

    A low shelf, five peaks and a high shelf whose frequencies are drawn an octave or so wide around 63 Hz to 6.3
    kHz, as in a seven-band graphic equaliser. Bands above 0.49 of the sample rate are left out. Fuses with the other
    linear filters.
    """

    decibels: tuple[float, float] = param.interval((-9.0, 9.0), "gain", low=-60.0, high=60.0, unit="dB", centre=0.0)

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("decibels", 0.0, 12.0, signed=True), differentiable=True, memory=7
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw frequencies, gains and Q of all bands; a level bounds the gains."""
        n, bands = len(batch), (*BANDS, TOP_BAND)
        low, high = self.decibels
        unit = rng.uniform("decibels", 0.0, 1.0, size=7)
        if level is None:
            decibels = low + (high - low) * unit
        else:
            assert self.declares.level is not None
            span = np.abs(self.declares.level.values(level, rng))[:, None]
            decibels = (2.0 * unit - 1.0) * span
        frequency = np.stack([rng.log_uniform(f"frequency.{k}", *band) for k, band in enumerate(bands)], axis=1)
        return augreg.Params(n, frequency=frequency, decibels=decibels, q=rng.uniform("q", 0.5, 1.0, size=7))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the seven sections; bands that do not fit under half the sample rate get 0 dB."""
        frequency, q = params.array("frequency"), params.array("q")
        fits = frequency < biquads.HIGHEST_CORNER * info.rates[:, None]
        decibels = np.where(fits, params.array("decibels"), 0.0)
        gain = from_db(decibels.ravel()).reshape(decibels.shape)
        kinds = [biquads.low_shelf, *[biquads.peaking] * 5, biquads.high_shelf]
        made = [kind(frequency[:, k], q[:, k], gain[:, k], info.rates) for k, kind in enumerate(kinds)]
        return LinearFilter.of(
            len(info), response=Sections.of(np.concatenate(made, axis=1), (decibels != 0.0).any(axis=1))
        )


@dataclass(frozen=True, kw_only=True)
class AirAbsorption(LinearAugmenter):
    """Damp high frequencies as a long way through air does.

    Attenuation by ISO 9613-1 at the drawn distance, temperature and relative humidity, at 101.325 kPa, as a
    minimum-phase filter. The loss of level with distance is left to ``audio.gain``. Fuses with the other linear
    filters.
    """

    distance: tuple[float, float] = param.interval((10.0, 100.0), "path through air", low=0.0, high=2000.0, unit="m")
    temperature: tuple[float, float] = param.interval((10.0, 20.0), "of the air", low=-20.0, high=50.0, unit="°C")
    humidity: tuple[float, float] = param.interval((30.0, 90.0), "relative humidity", low=5.0, high=100.0, unit="%")

    declares: ClassVar[augreg.Declaration] = waveform_declaration(
        alters=("timbre",), level=augreg.Level("distance", 0.0, 200.0), differentiable=True, memory=6.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw all three uniformly."""
        return augreg.Params(
            len(batch), {k: self.sample(k, rng, level) for k in ("distance", "temperature", "humidity")}
        )

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return one short impulse response per row."""
        columns = [params.array(k).tolist() for k in ("distance", "temperature", "humidity")]
        rows = zip(*columns, info.rates.tolist(), strict=True)
        return LinearFilter.of(
            len(info), response=Impulses([_air(d, t, h, rate) if d > 0 else None for d, t, h, rate in rows])
        )


AIR_BINS: Final = 257, 8193
"""Fewest and most bins on which the response of air is worked out."""

LARGEST_DEVIATION: Final = 0.05
"""In dB: how far the response may be from a straight line between two bins, where it is above -60 dB."""


def _air(distance: float, temperature: float, humidity: float, rate: float) -> Array:
    bins, most = AIR_BINS
    while True:
        # Twice as fine as needed: every other value shows how straight the curve is between its neighbors.
        fine = air_decibels_per_metre(np.linspace(0.0, rate / 2, 2 * bins - 1), temperature, humidity) * distance
        bend = np.abs(fine[1::2] - 0.5 * (fine[:-2:2] + fine[2::2]))[fine[1::2] < 60.0]
        if bins >= most or bend.max(initial=0.0) <= LARGEST_DEVIATION:
            break
        bins = 2 * bins - 1
    return minimum_phase(10.0 ** (-np.minimum(fine[::2], 120.0) / 20.0))[None]


def air_decibels_per_metre(hertz: Array, celsius: float, humidity: float) -> Array:
    """Return the pure-tone attenuation of air at 101.325 kPa in dB per metre, ISO 9613-1:1993 equations 3 to 5 and B.3.

    ``hertz`` (k,); ``humidity`` in percent.
    """
    kelvin = celsius + 273.15
    warm = kelvin / 293.15
    water = humidity * 10.0 ** (-6.8346 * (273.16 / kelvin) ** 1.261 + 4.6151)
    oxygen = 24.0 + 4.04e4 * water * (0.02 + water) / (0.391 + water)
    nitrogen = warm**-0.5 * (9.0 + 280.0 * water * np.exp(-4.170 * (warm ** (-1.0 / 3.0) - 1.0)))
    square = hertz * hertz
    relaxed = 0.01275 * np.exp(-2239.1 / kelvin) / (oxygen + square / oxygen)
    relaxed = relaxed + 0.1068 * np.exp(-3352.0 / kelvin) / (nitrogen + square / nitrogen)
    found: Array = 8.686 * square * (1.84e-11 * warm**0.5 + warm**-2.5 * relaxed)
    return found

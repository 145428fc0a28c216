"""Filters with a corner frequency: lowpass, highpass, bandpass, bandstop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg import param
from augreg_audio import biquads
from augreg_audio.base import LinearAugmenter, waveform_declaration
from augreg_audio.linear import LinearFilter, Sections

SLOPES = (12, 24, 36, 48)


def _declare(level: augreg.Level | None = None, memory: float = 4.0) -> augreg.Declaration:
    return waveform_declaration(alters=("timbre",), level=level, differentiable=True, memory=memory)


@dataclass(frozen=True)
class _FrequencyFilter(LinearAugmenter):
    """A filter with one corner or centre frequency, drawn on a logarithmic scale."""

    def frequencies(self, rng: augreg.Rng, level: np.ndarray | None) -> np.ndarray:
        """Return ``frequency``: log-uniform in its interval, or as the level says. float64 (n,), Hz."""
        if level is not None and self.declares.level is not None:
            return self.declares.level.values(level, rng)
        low, high = self.frequency  # type: ignore[attr-defined]  # every subclass has this field
        return rng.log_uniform("frequency", low, high)


@dataclass(frozen=True, kw_only=True)
class Lowpass(_FrequencyFilter):
    """Damp everything above a random frequency.

    A causal Butterworth filter (-3 dB at the corner), started from rest. A corner at or above half the sample rate
    passes everything. Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((500.0, 7500.0), "corner", low=1.0, unit="Hz")
    slope: int = param.choice(12, "steepness, in dB per octave", options=SLOPES)

    declares: ClassVar[augreg.Declaration] = _declare(
        augreg.Level("frequency", 8000.0, 300.0, scale="log", identity_at_zero=False), memory=3.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``frequency`` on a logarithmic scale."""
        return augreg.Params(len(batch), frequency=self.frequencies(rng, level))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the filter sections."""
        frequency = params.array("frequency")
        sections = biquads.butterworth("lowpass", self.slope // 6, frequency, info.rates)
        return LinearFilter.of(len(info), response=Sections.of(sections, frequency < info.rates / 2))


@dataclass(frozen=True, kw_only=True)
class Highpass(_FrequencyFilter):
    """Damp everything below a random frequency.

    A causal Butterworth filter (-3 dB at the corner), started from rest. Corners above 0.49 of the sample rate are
    lowered to that. Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((20.0, 2400.0), "corner", low=1.0, unit="Hz")
    slope: int = param.choice(12, "steepness, in dB per octave", options=SLOPES)

    declares: ClassVar[augreg.Declaration] = _declare(
        augreg.Level("frequency", 20.0, 2000.0, scale="log", identity_at_zero=False), memory=3.5
    )

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``frequency`` on a logarithmic scale."""
        return augreg.Params(len(batch), frequency=self.frequencies(rng, level))

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the filter sections."""
        sections = biquads.butterworth("highpass", self.slope // 6, params.array("frequency"), info.rates)
        return LinearFilter.of(len(info), response=Sections.of(sections))


@dataclass(frozen=True)
class _BandFilter(_FrequencyFilter):
    """A filter with a centre frequency and a bandwidth in octaves."""

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw ``frequency`` on a logarithmic scale and ``octaves`` uniformly."""
        return augreg.Params(
            len(batch), frequency=self.frequencies(rng, None), octaves=self.sample("octaves", rng, level)
        )

    @staticmethod
    def quality(octaves: np.ndarray) -> np.ndarray:
        """Return Q of a bandwidth between the -3 dB points, 1 / (2 sinh(octaves ln 2 / 2)), float64 (n,)."""
        result: np.ndarray = 1.0 / (2.0 * np.sinh(octaves * (np.log(2.0) / 2.0)))
        return result


@dataclass(frozen=True, kw_only=True)
class Bandpass(_BandFilter):
    """Keep a random frequency band and damp the rest.

    Causal second-order sections with 0 dB at the centre; ``octaves`` is the width between the -3 dB points of one
    section, ``slope`` the steepness on either side far from the band. Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((200.0, 4000.0), "centre", low=1.0, unit="Hz")
    octaves: tuple[float, float] = param.interval((1.0, 3.0), "width of the band", low=0.05, high=10.0, unit="octaves")
    slope: int = param.choice(6, "steepness, in dB per octave", options=(6, 12, 24))

    declares: ClassVar[augreg.Declaration] = _declare(
        augreg.Level("octaves", 8.0, 0.5, scale="log", identity_at_zero=False), memory=3.5
    )

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the filter sections."""
        one = biquads.bandpass(params.array("frequency"), self.quality(params.array("octaves")), info.rates)
        return LinearFilter.of(len(info), response=Sections.of(np.repeat(one, self.slope // 6, axis=1)))


@dataclass(frozen=True, kw_only=True)
class Bandstop(_BandFilter):
    """Cut a random frequency band out.

    A causal second-order section (RBJ cookbook notch) with a zero at the centre; ``octaves`` is the width between
    the -3 dB points. Fuses with the other linear filters.
    """

    frequency: tuple[float, float] = param.interval((200.0, 4000.0), "centre", low=1.0, unit="Hz")
    octaves: tuple[float, float] = param.interval((0.5, 2.0), "width of the gap", low=0.01, high=10.0, unit="octaves")

    declares: ClassVar[augreg.Declaration] = _declare(
        augreg.Level("octaves", 0.05, 4.0, scale="log", identity_at_zero=False), memory=3.5
    )

    def filter(self, info: augreg.BatchInfo, params: augreg.Params) -> LinearFilter:
        """Return the filter section."""
        frequency = params.array("frequency")
        sections = biquads.notch(frequency, self.quality(params.array("octaves")), info.rates)
        return LinearFilter.of(len(info), response=Sections.of(sections, frequency < info.rates / 2))

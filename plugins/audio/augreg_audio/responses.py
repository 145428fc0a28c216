"""Recorded room responses, ready to be convolved with: from the direct sound on, at another rate, of unit energy."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import scipy.fft

from augreg_audio import files, resampling
from augreg_audio.keeping import Kept, Stamp
from augreg_audio.minphase import minimum_phase

Array = np.ndarray

BYTES_KEPT: Final = 64 * 1024**2
"""Of prepared recordings that are kept in memory, and as many of their spectra."""

LEADS: Final = (64, 1024)
"""Frames of the result among which the place of the direct sound is sought, while the filter's ringing lies before."""

OWN_RATIO: Final = 1 << 17
"""Frames from which on the resampler takes the rates' own ratio: a simpler one lets late echoes drift."""

_responses, _spectra = Kept(BYTES_KEPT), Kept(BYTES_KEPT)


class Source(NamedTuple):
    """A recording as it is now, and what a response is made of it for."""

    path: str
    stamp: Stamp
    rate: float
    channels: int
    align: bool


def unit_response(source: Source) -> Array:
    """Return a recorded response (1 or channels, taps) of unit energy per channel, read-only; no taps if it is silent.

    With ``align`` it begins at the direct sound. The energy is shared by all channels, so that one that is louder than
    another stays so.
    """
    return _responses.get(source, lambda: _unit(*source))


def spectrum(source: Source, taps: int, size: int, dtype: str) -> Array:
    """Return the first taps of a response at the bins of a real FFT, (bins,) or (channels, bins), read-only."""

    def make() -> Array:
        spectra: Array = scipy.fft.rfft(unit_response(source)[:, :taps].astype(dtype), n=size, axis=-1)
        return spectra[0] if len(spectra) == 1 else spectra

    return _spectra.get((source, taps, size, dtype), make)


def _unit(path: str, _stamp: Stamp, rate: float, channels: int, align: bool) -> Array:
    wave = _from_direct_sound(path, rate) if align else files.load(path, rate)
    wave = wave.astype(np.float64)
    wave = files.fit_channels(wave, channels) if len(wave) > 1 else wave
    energy = float(np.square(wave).sum()) / len(wave)
    return np.ascontiguousarray(wave / np.sqrt(energy)) if energy > 0 else wave[:, :0]


def _from_direct_sound(path: str, rate: float) -> Array:
    """Return a recording at ``rate`` from its direct sound on, (channels, taps)."""
    native = files.facts(path).rate
    wave = files.load(path, native)
    wave = wave[:, direct_sound(wave) :]
    return wave if native == rate else causally_resampled(wave, native / rate)


def direct_sound(wave: Array) -> int:
    """Return the frame of the direct sound, in whichever channel it comes first: it is the largest peak of each.

    All channels are moved by the same time: what one ear hears before the other is where the sound comes from.
    """
    loud = np.abs(wave)
    heard = loud[loud.max(axis=1) > 0]
    return int(heard.argmax(axis=1).min()) if len(heard) else 0


def causally_resampled(wave: Array, factor: float) -> Array:
    """Return a response (channels, taps) read ``factor`` times as fast, of the same amplitude at every frequency.

    A filter against images rings before a click as much as behind it. Cutting that off, since a response begins with
    its first frame, would color the sound; so the filter's phase is replaced by the least that its amplitude allows.
    """
    lead, silence = _lead(factor)
    taps = int(resampling.output_frames(np.asarray([wave.shape[-1]]), np.asarray([factor]))[0]) + lead
    size = int(scipy.fft.next_fast_len(2 * (taps + lead), real=True)) // 2 * 2
    click = np.zeros((1, 1))
    click[0, 0] = 1.0
    ringing, made = (_behind_silence(x, factor, silence, taps + lead) for x in (click, wave.astype(np.float64)))
    linear = scipy.fft.rfft(ringing[0], n=size)
    causal = scipy.fft.rfft(minimum_phase(np.abs(linear)), n=size)
    # Of the ringing's own phase, only the way from frame 0 to its middle is left out: the rest of both is amplitude.
    middle = np.exp(2j * np.pi * lead / size * np.arange(len(linear)))
    turned = scipy.fft.rfft(made, n=size, axis=-1) * middle * (causal / np.maximum(np.abs(causal), 1e-300))
    return np.asarray(scipy.fft.irfft(turned, n=size, axis=-1)[:, :taps])


def _behind_silence(wave: Array, factor: float, silence: int, frames: int) -> Array:
    padded = np.concatenate([np.zeros((len(wave), silence)), wave], axis=1)
    return resampling.resample_row(padded, factor, max(frames, OWN_RATIO))[:, :frames]


def _lead(factor: float) -> tuple[int, int]:
    """Return frames of the result and of the source that last equally long, as well as whole numbers can."""
    leads = np.arange(*LEADS)
    away = np.abs(leads * factor - np.rint(leads * factor))
    lead = int(leads[away.argmin()])
    return lead, round(lead * factor)

"""How each of torchaudio's transforms and functions is called on one sample, and what is mended on the way."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
import torchaudio

HUNDREDTHS: Final = 100
"""Speeds are counted in hundredths: torchaudio's kernel for resampling has as many taps as the reduced ratio says, and
takes half a minute for a ratio such as 17003 to 16000."""
_PRETENDED: Final = range(20, 801)
"""Sample rates for which PitchShift is called, whose only use there is a ratio: the higher, the finer and slower."""
_NEAR: Final = 0.5 / 1200
"""How near the ratio has to be, in octaves: half a cent, a tenth of what is heard."""


def call(name: str, kind: Any, x: torch.Tensor, values: Mapping[str, Any]) -> torch.Tensor:
    """Return what a transform or a function makes of a sample.

    Args:
        name: of the transform.
        kind: a class of torchaudio.transforms, or a function of torchaudio.functional.
        x: (channels, samples) or (channels, bins, frames); it may be changed.
        values: the parameters, by torchaudio's names.

    """
    how: Callable[..., torch.Tensor] = _CALLS.get(name, _plain)
    return how(kind, x, dict(values))


def _plain(kind: Any, x: torch.Tensor, values: dict[str, Any]) -> torch.Tensor:
    is_class: bool = inspect.isclass(kind)
    made: Any = kind
    done: torch.Tensor = made(**values)(x) if is_class else made(x, **values)
    return done


def _speed(_kind: Any, x: torch.Tensor, values: dict[str, Any]) -> torch.Tensor:
    """Return a sound at a speed of whole hundredths; Speed itself cuts a product of floats off to an integer."""
    return _resampled(x, round(values["factor"] * HUNDREDTHS))


def _perturbed(_kind: Any, x: torch.Tensor, values: dict[str, Any]) -> torch.Tensor:
    factors = values["factors"]
    return _resampled(x, round(factors[int(torch.randint(len(factors), ()))] * HUNDREDTHS))


def _resampled(x: torch.Tensor, hundredths: int) -> torch.Tensor:
    shared = math.gcd(hundredths, HUNDREDTHS)
    done: torch.Tensor = torchaudio.functional.resample(x, hundredths // shared, HUNDREDTHS // shared)
    return done


def _pitch(_kind: Any, x: torch.Tensor, values: dict[str, Any]) -> torch.Tensor:
    """Return a sound at another pitch, by a sample rate that makes the ratio of the resampling a short one."""
    steps, bins = values["n_steps"], values["bins_per_octave"]
    window = torch.hann_window(values["win_length"] or values["n_fft"], dtype=x.dtype)
    done: torch.Tensor = torchaudio.functional.pitch_shift(x, pretended_rate(steps / bins), **values, window=window)
    return done


@functools.lru_cache(maxsize=1024)
def pretended_rate(octaves: float) -> int:
    """Return a rate r for which r 2^octaves, cut off to an integer as PitchShift does, is near to what is meant."""

    def error(rate: int) -> float:
        return abs(math.log2(max(int(rate * 2.0**octaves), 1) / rate) - octaves)

    return next((rate for rate in _PRETENDED if error(rate) < _NEAR), min(_PRETENDED, key=error))


def _stretched(kind: Any, x: torch.Tensor, values: dict[str, Any]) -> torch.Tensor:
    """Return a spectrogram at another rate; the number of its bins is read off."""
    hop, rate = values["hop_length"], values["fixed_rate"]
    made = kind(hop_length=hop, n_freq=x.shape[-2], fixed_rate=rate).to(x.real.dtype)
    done: torch.Tensor = made(x)
    return done


_CALLS: Final[Mapping[str, Callable[..., torch.Tensor]]] = {
    "PitchShift": _pitch,
    "Speed": _speed,
    "SpeedPerturbation": _perturbed,
    "TimeStretch": _stretched,
}

"""What torchaudio would pass over in silence, or fail at without a word, and is refused here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch

from augreg import ConfigError, SampleError
from augreg_torchaudio.calls import HUNDREDTHS

FREQUENCIES: Final = ("central_freq", "center_freq", "cutoff_freq")
"""Parameters that have to lie below half the rate: above it torchaudio's filters are unstable."""


def together(transform: str, options: Mapping[str, Any]) -> None:
    """Raise ConfigError for parameters that do not go together."""
    for name in ("factor", "factors"):
        wrong = [v for v in options.get(name, ()) if abs(v * HUNDREDTHS - round(v * HUNDREDTHS)) > 1e-6]
        if wrong:
            raise ConfigError(
                f"{name} holds {wrong[0]:g}; speeds are whole hundredths here: torchaudio takes minutes for others. "
                f"Write {round(wrong[0], 2):g}."
            )
    if any(not 0.1 <= v <= 10 for v in options.get("factors", ())):
        raise ConfigError(f"factors={options['factors']} is not valid: expected numbers from 0.1 to 10.")
    if transform == "Vol" and options["gain_type"] != "db" and options["gain"][0] < 0:
        raise ConfigError(
            f"gain={options['gain']} is not valid with gain_type {options['gain_type']!r}: expected numbers >= 0. "
            "Decibels are meant by gain_type 'db'."
        )
    if transform == "PitchShift" and (options["win_length"] or 0) > options["n_fft"]:
        raise ConfigError(f"win_length={options['win_length']} is longer than n_fft={options['n_fft']}.")


def rate(transform: str, given: float) -> int:
    """Return the sample rate as an integer, which torchaudio wants."""
    if not given > 0:
        raise SampleError(f"torchaudio.{transform} needs the sample rate. Give it: augreg.Audio(x, 16000).")
    return round(given)


def fits(made: Any, row: torch.Tensor, rate: float) -> None:
    """Raise SampleError where a configuration does not fit a sample, whatever is drawn from it."""
    name = made.transform
    for frequency in FREQUENCIES:
        if hasattr(made, frequency) and getattr(made, frequency)[1] >= rate / 2:
            raise SampleError(
                f"torchaudio.{name}: {frequency} reaches {getattr(made, frequency)[1]:g} Hz, and this sound holds "
                f"frequencies below {rate / 2:g} Hz. Give a lower one."
            )
    if name == "Fade" and max(made.fade_in_len[1], made.fade_out_len[1]) > row.shape[-1]:
        raise SampleError(
            f"torchaudio.Fade: fades reach {max(made.fade_in_len[1], made.fade_out_len[1])} samples, and this sound "
            f"has {row.shape[-1]}. Give shorter ones."
        )
    if name == "PitchShift" and row.shape[-1] <= made.n_fft // 2:
        raise SampleError(
            f"torchaudio.PitchShift: windows of n_fft={made.n_fft} need more than {made.n_fft // 2} samples, and this "
            f"sound has {row.shape[-1]}. Give a smaller n_fft."
        )

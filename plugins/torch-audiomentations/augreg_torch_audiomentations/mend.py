"""Objects of torch-audiomentations with what fails by chance or is wrong mended; its classes stay as they are."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

import torch
from julius.filters import bandpass_filter

HALF: Final = 0.5
"""Of the rate: the highest frequency that a sound holds, and that julius takes."""


def mended(made: Any) -> Any:
    """Return an object of torch-audiomentations, changed where it would be wrong."""
    name = type(made).__name__
    if name == "AddColoredNoise":
        made.apply_transform = _noise_throughout(made)
    elif name in ("BandPassFilter", "BandStopFilter"):
        made.apply_transform = _band_within(made, stop=name == "BandStopFilter")
    elif name == "PitchShift":
        made._fast_shifts = sorted(made._fast_shifts)  # a set's order is no one's promise
        made.randomize_parameters = _own_choice(made)
    return made


def with_chance(made: Any, seed: int) -> None:
    """Give an object the generator that stands for Python's global one, as after ``random.seed(seed)``."""
    if type(made).__name__ == "PitchShift":
        made.chance = random.Random(seed)


def _own_choice(made: Any) -> Callable[..., None]:
    """Draw ratios as PitchShift does, from a generator of its own."""

    def randomize(samples: torch.Tensor, **_: Any) -> None:
        chosen = made.chance.choices(made._fast_shifts, k=len(samples))
        made.transform_parameters["transpositions"] = [(c,) for c in chosen] if made.mode == "per_channel" else chosen

    return randomize


def _band_within(made: Any, *, stop: bool) -> Callable[..., Any]:
    """Let bands end at half the rate: julius refuses those that reach above it, which are drawn by chance."""

    def apply(samples: torch.Tensor, sample_rate: int) -> Any:
        center, width = made.transform_parameters["center_freq"], made.transform_parameters["bandwidth"]
        lows, highs = (center * (1 + side * width) / sample_rate for side in (-0.5, 0.5))
        done = samples.clone()
        for i in range(len(samples)):
            low, high = (min(ends[i].item(), HALF) for ends in (lows, highs))
            done[i] = bandpass_filter(samples[i], cutoff_low=low, cutoff_high=high)
        return samples - done if stop else done

    return apply


def _noise_throughout(made: Any) -> Callable[..., Any]:
    """Add noise that does not begin anew every second, as it does there."""

    def apply(samples: torch.Tensor, sample_rate: int) -> Any:
        drawn = made.transform_parameters
        decays = drawn["f_decay"]
        noise = torch.stack([_noise(decays[i], samples.shape[-1], sample_rate) for i in range(len(samples))])
        loud = torch.sqrt(torch.mean(torch.square(samples), dim=-1)) / (10 ** (drawn["snr_in_db"].unsqueeze(-1) / 20))
        return samples + loud.unsqueeze(-1) * noise.unsqueeze(1).to(samples.dtype)

    return apply


def _noise(decay: torch.Tensor, n: int, rate: int) -> torch.Tensor:
    """Return (n,) of colored noise: up to a second, that of torch-audiomentations."""
    white = torch.normal(0.0, 1.0, (max(n, rate),))
    spectrum = torch.fft.rfft(white)
    spectrum *= 1 / (torch.linspace(1, (rate / 2) ** 0.5, spectrum.shape[0]) ** decay)
    colored = torch.fft.irfft(spectrum, len(white) if n > rate else None)
    normal: torch.Tensor = colored / (colored.square().mean(dim=-1, keepdim=True).sqrt() + 1e-8)
    return normal[:n]

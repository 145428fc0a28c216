"""What resamples: our own windowed sinc, or soxr where it is installed."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
import torch

import augreg
from augreg import ConfigError, UnsupportedError, param
from augreg_audio import resampling
from augreg_audio.waveform import Array, by_row, frame_mask, from_float, map_rows, to_float

ENGINES: Final = ("sinc", "soxr")


def engine_field() -> Any:
    """Return the parameter by which a user chooses."""
    return param.choice("sinc", "what resamples", options=ENGINES)


def check_engine(engine: str) -> None:
    """Raise ConfigError if the engine is soxr and soxr is not installed."""
    if engine == "soxr" and find_spec("soxr") is None:
        raise ConfigError(
            "engine='soxr' needs the package soxr (LGPL), which is not installed. "
            "Run: pip install 'augreg-audio[soxr]', or leave engine='sinc'."
        )


def _soxr_row(x: Array, factor: float, frames: int) -> Array:
    """Return (channels, frames) of x (channels, L) read ``factor`` times as fast."""
    soxr: Any = import_module("soxr")
    made = soxr.resample(np.ascontiguousarray(x.T), factor, 1.0, quality="HQ").T
    out = np.zeros((len(x), frames), dtype=x.dtype)
    heard = min(frames, made.shape[-1])
    out[:, :heard] = made[:, :heard]
    return out


def resampled(batch: augreg.Batch, factors: Array, after: Array, engine: str) -> torch.Tensor:
    """Return the data of a batch, every row read ``factors`` times as fast, ``after`` frames long; factor 1 is exact.

    Raises UnsupportedError where a gradient is wanted of soxr.
    """
    for factor in set(factors.tolist()):
        resampling.check_factor(factor)
    if by_row(batch):

        def row(i: int, x: Array, out: Array) -> None:
            if factors[i] == 1.0:
                out[...] = x
            elif engine == "sinc":
                resampling.resample_into(x, float(factors[i]), out)
            else:
                out[...] = _soxr_row(x, float(factors[i]), out.shape[-1])

        return map_rows(batch, row, after)
    data = batch.stack()
    if engine == "sinc":
        x = to_float(data).where(frame_mask(batch), 0.0)
        return from_float(_all_at_once(x, factors, after), data.dtype)
    if data.requires_grad:
        raise UnsupportedError(f"engine={engine!r} gives no gradients. Set engine='sinc', which does.")
    return resampled(batch.to("cpu"), factors, after, engine).to(data.device)


def _all_at_once(x: torch.Tensor, factors: Array, after: Array) -> torch.Tensor:
    made = resampling.resample_batch(x, factors, after)
    frames = made.shape[-1]
    same = torch.as_tensor(factors == 1.0, device=x.device)[:, None, None]
    return torch.where(same, torch.nn.functional.pad(x, (0, max(0, frames - x.shape[-1])))[..., :frames], made)

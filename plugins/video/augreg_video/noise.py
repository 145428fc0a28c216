"""Noise with a chosen correlation along time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from augreg_image import white_value

from augreg import EVERY, AugmenterBase, Batch, BatchInfo, Declaration, Level, Params, Rng
from augreg.kernel import noise
from augreg.param import interval
from augreg_video.cuts import Floats
from augreg_video.declarations import DTYPES
from augreg_video.each_clip import map_clips
from augreg_video.weighted_frames import as_dtype

_KEY_COUNT = 1 << 63
"""Keys of noise are whole numbers below this, the largest that fit into int64; those of frames start over at 0."""


_VALUES_AT_ONCE = 1 << 17
"""Values that are rounded together: as floats they stay in a core's cache."""


@dataclass(frozen=True, kw_only=True)
class Noise(AugmenterBase):
    """Add Gaussian noise that is correlated along time as strongly as you choose.

    The noise of a frame is n(t) = c n(t-1) + sqrt(1 - c^2) e(t) with fresh e(t): a first-order autoregression,
    equally strong in all frames. Correlation 0 is sensor noise, 1 a fixed pattern as of a dirty lens, and
    what lies between crawls.
    """

    declares: ClassVar[Declaration] = Declaration(
        alters=frozenset({"noise"}),
        leaves=EVERY,
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        level=Level("std", 0.0, 0.2),
        differentiable=True,
        memory=6.5,
    )

    std: tuple[float, float] = interval(
        (0.02, 0.1), "Standard deviation, as a share of white.", low=0, high=1, unit="fraction"
    )
    correlation: tuple[float, float] = interval((0.0, 0.0), "Correlation from frame to frame.", low=0, high=1)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw strength and correlation, and a key for the noise itself."""
        return Params(
            len(batch),
            std=self.sample("std", rng, level),
            correlation=self.sample("correlation", rng),
            noise=rng.noise_key("noise"),
        )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Add the noise to every clip."""
        stds, ties, keys = (params.array(name).tolist() for name in ("std", "correlation", "noise"))

        def grainy(clip: torch.Tensor, i: int) -> torch.Tensor:
            return noisy(clip, stds[i], ties[i], keys[i]) if stds[i] > 0 else clip

        return map_clips(batch, grainy)


def noisy(clip: torch.Tensor, std: float, correlation: float, key: int) -> torch.Tensor:
    """Return a clip (T, C, H, W) with noise of a standard deviation in shares of white; frame t has key + t."""
    white = white_value(clip.dtype)
    fresh_share = (1.0 - correlation**2) ** 0.5
    pattern = torch.zeros(clip.shape[1:], device=clip.device)
    at_once = max(1, _VALUES_AT_ONCE // max(1, pattern.numel()))
    done, noised = [], list[torch.Tensor]()
    for t, frame in enumerate(clip):
        if t == 0 or fresh_share > 0:
            fresh = noise.normal([(key + t) % _KEY_COUNT], clip.shape[1:], device=clip.device)[0]
            pattern = fresh if t == 0 else correlation * pattern + fresh_share * fresh
        noised.append(torch.add(frame.float(), pattern, alpha=std * white))
        if len(noised) == at_once or t == len(clip) - 1:
            done.append(as_dtype(torch.stack(noised).clamp(0, white), clip.dtype))
            noised = []
    return done[0] if len(done) == 1 else torch.cat(done)

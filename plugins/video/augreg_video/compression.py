"""Loss by video compression."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import torch

from augreg import EVERY, AugmenterBase, Batch, BatchInfo, Declaration, Level, Params, Rng
from augreg.kernel import for_each
from augreg.param import choice, integer, interval
from augreg_video.codec import Coding, recode
from augreg_video.cuts import Floats

_MIN_BIT_RATE = 8000
"""Bits per second: what encoders still accept."""


@dataclass(frozen=True, kw_only=True)
class Compression(AugmenterBase):
    """Send the clip through a video codec, in memory, with the losses of a low bit rate.

    Blocks, blurred movement and washed-out color as the codec makes them, frame by frame depending on those
    before. A constant ``quantizer`` gives every clip the same coarseness; ``bits_per_pixel`` asks for a bit
    rate instead (0.1 is a usual stream, 0.02 a poor one), which short clips meet only roughly.

    A strength sets the quantizer, also where ``bits_per_pixel`` is given. Codecs work in blocks of 8 and 16 pixels, so
    the same one harms a small picture somewhat more than a large one.

    "mpeg4" is MPEG-4 Part 2, whose encoder every build of FFmpeg has; "h264" needs one with libx264.

    Raises:
        UnsupportedError: this build of FFmpeg lacks the encoder.

    """

    declares: ClassVar[Declaration] = Declaration(
        alters=frozenset({"artifacts"}),
        leaves=EVERY,
        dtypes=("uint8",),
        channels=(1, 3),
        level=Level("quantizer", 2, 31, scale="integer", identity_at_zero=False),
        memory=3,
    )

    quantizer: tuple[int, int] = interval((4, 20), "Coarseness, on MPEG-4's scale.", low=2, high=31, integral=True)
    bits_per_pixel: tuple[float, float] | None = interval(
        None, "Bit rate per pixel and frame; replaces quantizer.", low=1e-4, high=16, unit="bits", optional=True
    )
    codec: str = choice("mpeg4", "Which codec.", options=("mpeg4", "h264"))
    gop: int = integer(12, "Frames from one key frame to the next.", low=1, high=600, unit="frames")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw the coarseness, or the bit rate."""
        if level is not None:
            return Params(len(batch), quantizer=self.sample("quantizer", rng, level).astype(np.int64))
        if self.bits_per_pixel is not None:
            return Params(len(batch), bits_per_pixel=rng.log_uniform("bits_per_pixel", *self.bits_per_pixel))
        low, high = self.quantizer
        return Params(len(batch), quantizer=rng.integers("quantizer", low, high + 1))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Encode and decode every clip."""
        rows: list[Any] = list(batch.data)
        rates = [25.0 if np.isnan(rate) else rate for rate in batch.info.rates.tolist()]

        def one(i: int) -> None:
            rows[i] = _recoded(rows[i], self._coding(params, i, rows[i], rates[i]))

        for_each(one, len(rows))
        return batch.replace(rows)

    def _coding(self, params: Params, i: int, clip: torch.Tensor, rate: float) -> Coding:
        fraction = Fraction(rate).limit_denominator(1001)
        fraction = fraction if fraction > 0 else Fraction(25)
        if "bits_per_pixel" not in params:
            return Coding(self.codec, int(params["quantizer"][i]), None, self.gop, fraction)
        bits = float(params["bits_per_pixel"][i]) * clip.shape[-1] * clip.shape[-2] * float(fraction)
        return Coding(self.codec, 0, max(_MIN_BIT_RATE, round(bits)), self.gop, fraction)


def _recoded(clip: torch.Tensor, coding: Coding) -> torch.Tensor:
    channels = clip.shape[1]
    pixels = clip.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).numpy()
    done = torch.from_numpy(recode(pixels, coding)).permute(0, 3, 1, 2)
    # A gray clip comes back with three channels that differ by rounding; green carries most of the brightness.
    return done if channels == 3 else done[:, 1:2].clone()

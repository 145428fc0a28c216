"""Taking over the colours or the style of another sample of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import fields
from augreg.augmenter import AugmenterBase
from augreg.batch import Batch, BatchInfo
from augreg.declare import EVERY, Declaration, Level
from augreg.devices import for_each
from augreg.params import Params
from augreg.rng import Rng
from augreg_image.base import DTYPES
from augreg_image.kernels.layout import Array, to_chw, to_hwc
from augreg_image.mixing.partners import draw_partners, find_partners, fitted
from augreg_image.noise import clip_to

Floats = NDArray[np.float64]


def styling(**facts: Any) -> Declaration:
    """Declare an operation that takes values, and nothing else, from another sample of the batch."""
    return Declaration(
        **{"leaves": EVERY, "dtypes": DTYPES, "labels": "mixes", "alters": frozenset({"color", "contrast"}), **facts}
    )


@dataclass(frozen=True, kw_only=True)
class StyleBase(AugmenterBase):
    """Looks at another sample of the batch; all targets and the label stay."""

    amount: tuple[float, float] = fields.interval(
        (0.5, 1.0), "share of the other sample's style", low=0.0, high=1.0, unit="share"
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and a share per sample."""
        return Params(len(batch), partner=draw_partners(batch, rng), amount=self.sample("amount", rng, level))

    def styled(self, image: Array, other: Array, params: Params, i: int) -> NDArray[np.floating]:
        """Return an image (H, W, C) in the style of another, in units of its dtype."""
        raise NotImplementedError

    def fit(self, batch: Batch, source: int, like: int) -> torch.Tensor:
        """Return the picture of sample ``source`` as sample ``like`` needs it."""
        return batch.data[source]

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Change the style of every sample."""
        partners = find_partners(batch.info, params["partner"])
        rows = list(batch.data)

        def one(i: int) -> None:
            (j,), amount = partners[i], np.float32(params["amount"][i])
            if j == i or amount == 0 or not rows[i].numel():
                return
            image = to_hwc(batch.data[i])
            found = self.styled(image, to_hwc(self.fit(batch, j, i)), params, i).astype(np.float32)
            rows[i] = to_chw(clip_to(image.astype(np.float32) * (1 - amount) + found * amount, image.dtype))

        for_each(one, len(rows))
        return batch.replace(rows)


@dataclass(frozen=True, kw_only=True)
class HistogramMatch(StyleBase):
    """Give every channel the histogram of another sample.

    A value goes to the one of the same rank in the other sample, interpolated.
    """

    declares: ClassVar[Declaration] = styling(level=Level("amount", 0.0, 1.0, unit="share"))

    def styled(self, image: Array, other: Array, params: Params, i: int) -> NDArray[np.floating]:
        """Match channel by channel."""
        return np.stack([matched(image[:, :, c], other[:, :, c]) for c in range(image.shape[2])], axis=2)


def matched(plane: Array, other: Array) -> Floats:
    """Return a plane whose values are those of the same rank in another."""
    if plane.dtype == np.uint8:
        ranks = [np.cumsum(np.bincount(x.ravel(), minlength=256)) / x.size for x in (plane, other)]
        some = np.flatnonzero(np.diff(ranks[1], prepend=0.0) > 0)
        table: Floats = np.interp(ranks[0], ranks[1][some], some.astype(np.float64))
        return table[plane]
    _, where, counts = np.unique(plane, return_inverse=True, return_counts=True)
    theirs, their_counts = np.unique(other, return_counts=True)
    rank, their_rank = np.cumsum(counts) / plane.size, np.cumsum(their_counts) / other.size
    found: Floats = np.interp(rank, their_rank, theirs.astype(np.float64))[where].reshape(plane.shape)
    return found


@dataclass(frozen=True, kw_only=True)
class FourierStyle(StyleBase):
    """Take over the low frequencies' amplitudes of another sample.

    Yang and Soatto, "FDA: Fourier Domain Adaptation for Semantic Segmentation", 2020: colours and light of the other
    sample, shapes of the own one, which lie in the phases.
    """

    reach: tuple[float, float] = fields.interval(
        (0.005, 0.05), "half the side of the exchanged part of the spectrum", low=0.0, high=0.5, unit="share"
    )

    declares: ClassVar[Declaration] = styling(level=Level("amount", 0.0, 1.0, unit="share"))

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner, a share and a reach per sample."""
        return Params(len(batch), dict(super().draw(batch, rng, level)), reach=rng.uniform("reach", *self.reach))

    def fit(self, batch: Batch, source: int, like: int) -> torch.Tensor:
        """Scale the other picture to the size of the own one."""
        found: torch.Tensor = fitted(batch, source, like).data[0]
        return found

    def styled(self, image: Array, other: Array, params: Params, i: int) -> NDArray[np.floating]:
        """Put the other's low amplitudes under the own phases."""
        mine, yours = (np.fft.rfft2(x.astype(np.float32), axes=(0, 1)) for x in (image, other))
        reach = int(float(params["reach"][i]) * min(image.shape[:2]))
        rows = np.r_[0 : reach + 1, mine.shape[0] - reach : mine.shape[0]] if reach else np.array([0])
        low = np.ix_(np.unique(rows % mine.shape[0]), np.arange(min(reach + 1, mine.shape[1])))
        amplitude = np.abs(mine[low])
        phase = np.where(amplitude > 0, mine[low] / np.maximum(amplitude, 1e-12), 1.0)
        mine[low] = phase * np.abs(yours[low])
        found: NDArray[np.floating] = np.fft.irfft2(mine, s=image.shape[:2], axes=(0, 1))
        return found

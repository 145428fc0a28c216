"""Taking over the colors or the style of another sample of the batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from augreg import AugmenterBase, Batch, BatchInfo, Declaration, Level, Params, Rng, param
from augreg.kernel import for_each
from augreg_image.base import DEVICES, DTYPES, TARGETS
from augreg_image.kernels.layout import Array, to_chw, to_hwc, white_value
from augreg_image.kernels.warp_torch import pick, settle, upload
from augreg_image.mixing.partners import draw_partners, find_partners, fitted
from augreg_image.mixing.spectra import from_spectrum, low_columns, low_rows, matched, matched_torch, matching, spectrum
from augreg_image.noise import clip_to
from augreg_image.stages.beside_alpha import alphas, beside_alpha

Floats = NDArray[np.float64]


MIN_AMPLITUDE: Final = 1e-6
"""Share of the largest amplitude below which a frequency is rounding, and has no phase to keep."""


def styling(**facts: Any) -> Declaration:
    """Declare an operation that takes values, and nothing else, from another sample of the batch."""
    alters = frozenset({"brightness", "contrast", "hue", "saturation"})
    # Named one by one: what is lifted to clips, frame by frame, leaves what clips have besides alone only then.
    leaves = (*TARGETS, "label")
    return Declaration(
        **{"leaves": leaves, "dtypes": DTYPES, "devices": DEVICES, "labels": "mixes", "alters": alters, **facts}
    )


@dataclass(frozen=True, kw_only=True)
class StyleBase(AugmenterBase):
    """Looks at another sample of the batch; all targets and the label stay."""

    amount: tuple[float, float] = param.interval(
        (0.5, 1.0), "share of the other sample's style", low=0.0, high=1.0, unit="fraction"
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner and a share per sample."""
        return Params(len(batch), partner=draw_partners(batch, rng), amount=self.sample("amount", rng, level))

    def styled(self, image: Array, other: Array, params: Params, i: int) -> NDArray[np.floating]:
        """Return an image (H, W, C) in the style of another, in units of its dtype."""
        raise NotImplementedError

    def blended(self, image: Array, other: Array, amount: np.float32, params: Params, i: int) -> Array:
        """Return an image (H, W, C), in its dtype, with a share of the style of another."""
        return mixture(image, self.styled(image, other, params, i), amount)

    def styled_on_device(self, images: torch.Tensor, others: torch.Tensor, params: Params) -> torch.Tensor:
        """Return images (B, C, H, W) in the style of others, float32, in units of their dtype."""
        raise NotImplementedError

    def fit(self, batch: Batch, source: int, like: int) -> torch.Tensor:
        """Return the picture of sample ``source`` as sample ``like`` needs it."""
        return batch.data[source]

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Change the style of every sample; alpha is no color, and stays."""
        if any(alphas(batch.info)):
            return beside_alpha(batch, lambda colors: self.apply(colors, params))
        partners = [j for (j,) in find_partners(batch.info, params["partner"])]
        if batch.device.type != "cpu":
            return batch.replace(self.on_device(batch.stack(), partners, params)) if len(batch) else batch
        rows = list(batch.data)

        def one(i: int) -> None:
            j, amount = partners[i], np.float32(params["amount"][i])
            if j == i or amount == 0 or not rows[i].numel():
                return
            image, other = to_hwc(batch.data[i]), to_hwc(self.fit(batch, j, i))
            rows[i] = to_chw(self.blended(image, other, amount, params, i))

        for_each(one, len(rows), light=True)
        return batch.replace(torch.stack(rows) if batch.stacked and rows else rows)

    def on_device(self, images: torch.Tensor, partners: list[int], params: Params) -> torch.Tensor:
        """Change the style of stacked images (B, C, H, W), each to that of the one at its partner's place."""
        if not images.numel():
            return images
        others = pick(images, torch.tensor(partners, device=images.device))
        wide, amount = images.float(), params.array("amount") * (np.array(partners) != np.arange(len(partners)))
        share = upload(amount, wide).view(-1, 1, 1, 1)
        found = wide * (1 - share) + self.styled_on_device(images, others, params) * share
        found = torch.where(share == 0, wide, found.clamp_(0, white_value(images.dtype)))
        return settle(found, images.dtype)


def mixture(values: Array, others: NDArray[np.floating], amount: np.float32) -> Array:
    """Return values with a share of others in them, in their dtype."""
    found = others.astype(np.float32, copy=False) * amount
    return clip_to(values.astype(np.float32) * (1 - amount) + found, values.dtype)


@dataclass(frozen=True, kw_only=True)
class HistogramMatch(StyleBase):
    """Give every channel the histogram of another sample.

    A value goes to the one of the same rank in the other sample, interpolated.
    """

    declares: ClassVar[Declaration] = styling(level=Level("amount", 0.0, 1.0), memory=2)

    def styled(self, image: Array, other: Array, params: Params, i: int) -> NDArray[np.floating]:
        """Match channel by channel."""
        return np.stack([matched(image[:, :, c], other[:, :, c]) for c in range(image.shape[2])], axis=2)

    def blended(self, image: Array, other: Array, amount: np.float32, params: Params, i: int) -> Array:
        """Match channel by channel; for bytes the blend is one table."""
        if image.dtype != np.uint8:
            return super().blended(image, other, amount, params, i)
        every, out = np.arange(256, dtype=np.uint8), np.empty_like(image)
        for c in range(image.shape[2]):
            plane = np.ascontiguousarray(image[:, :, c])
            out[:, :, c] = cv2.LUT(plane, mixture(every, matching(plane, other[:, :, c]), amount))
        return out

    def styled_on_device(self, images: torch.Tensor, others: torch.Tensor, params: Params) -> torch.Tensor:
        """Match all channels of the batch."""
        return matched_torch(images.float().flatten(2), others.float().flatten(2)).view(images.shape)


@dataclass(frozen=True, kw_only=True)
class FourierStyle(StyleBase):
    """Take over the low frequencies' amplitudes of another sample.

    Yang and Soatto, "FDA: Fourier Domain Adaptation for Semantic Segmentation", 2020: colors and light of the other
    sample, shapes of the own one, which lie in the phases. A frequency that the own one lacks stays away.
    """

    reach: tuple[float, float] = param.interval(
        (0.005, 0.05), "half the side of the exchanged part of the spectrum", low=0.0, high=0.5, unit="fraction"
    )

    declares: ClassVar[Declaration] = styling(level=Level("amount", 0.0, 1.0), memory=9)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner, a share and a reach per sample."""
        return Params(len(batch), dict(super().draw(batch, rng, level)), reach=rng.uniform("reach", *self.reach))

    def fit(self, batch: Batch, source: int, like: int) -> torch.Tensor:
        """Scale the other picture to the size of the own one."""
        found: torch.Tensor = fitted(batch, source, like).data[0]
        return found

    def styled(self, image: Array, other: Array, params: Params, i: int) -> NDArray[np.floating]:
        """Put the other's low amplitudes under the own phases."""
        height, width, channels = image.shape
        reach = int(float(params["reach"][i]) * min(height, width))
        rows, columns = low_rows(height, reach), low_columns(width, reach)
        found = image.astype(np.float32)
        for c in range(channels):
            mine, yours = (spectrum(x[:, :, c], columns) for x in (image, other))
            own = mine[rows]
            amplitude = np.abs(own)
            clear = amplitude > MIN_AMPLITUDE * amplitude.max()
            phase = np.where(clear, own / np.where(clear, amplitude, np.float32(1)), np.complex64(0))
            phase[0, 0] = 1
            change = np.zeros_like(mine)
            change[rows] = phase * np.abs(yours[rows]) - own
            found[:, :, c] += from_spectrum(change, width)
        return found

    def styled_on_device(self, images: torch.Tensor, others: torch.Tensor, params: Params) -> torch.Tensor:
        """Put the others' low amplitudes under the phases of the batch."""
        height, width = images.shape[-2:]
        mine, yours = torch.fft.rfft2(images.float()), torch.fft.rfft2(others.float())
        low = np.zeros((len(images), 1, height, width // 2 + 1), dtype=bool)
        for mask, share in zip(low, params.array("reach").tolist(), strict=True):
            reach = int(share * min(height, width))
            mask[0, low_rows(height, reach), : low_columns(width, reach)] = True
        amplitude = mine.abs()
        clear = amplitude > MIN_AMPLITUDE * amplitude.amax(dim=(2, 3), keepdim=True)
        phase = torch.where(clear, mine / torch.where(clear, amplitude, 1.0), 0.0)
        phase[:, :, 0, 0] = 1
        mixed = torch.where(upload(low, mine, torch.bool), phase * yours.abs(), mine)
        found: torch.Tensor = torch.fft.irfft2(mixed, s=(height, width))
        return found

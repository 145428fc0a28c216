"""Dropping pixels, strips and whole objects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Declaration, Level, Params, Rng, param
from augreg_image.base import photometric
from augreg_image.erasing import CoverBase, covering, drawn_boxes
from augreg_image.kernelbase import KernelBase
from augreg_image.kernels import keyed_noise
from augreg_image.kernels.layout import Array, to_chw, to_hwc, white_value
from augreg_image.kernels.warp_torch import either, upload
from augreg_image.mixing.pasting import hidden, object_masks
from augreg_image.targets.instances import are_instances, label_beyond

Floats = NDArray[np.float64]

_ALTERS = frozenset({"completeness"})


@dataclass(frozen=True, kw_only=True)
class PixelDropout(KernelBase):
    """Replace random pixels by a constant."""

    amount: tuple[float, float] = param.interval((0.01, 0.1), "share of pixels", low=0.0, high=1.0, unit="fraction")
    per_channel: bool = param.flag(False, "drop values of single channels, not whole pixels")
    fill: float = param.number(0.0, "value instead, as a share of white", low=0.0, high=1.0, unit="fraction")

    declares: ClassVar[Declaration] = photometric(
        alters=frozenset({"noise"}), level=Level("amount", 0.0, 0.6), clips=False
    )
    draws_per_value: ClassVar[bool] = True
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"per_channel": True, "fill": 0.5},)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a share and the key of the dice per sample."""
        return Params(len(batch), amount=self.sample("amount", rng, level), noise=rng.noise_key("noise"))

    def on_cpu(self, image: Array, params: Params, i: int) -> Array:
        """Drop pixels of one picture."""
        limit = round(float(params["amount"][i]) * 65536)
        if limit == 0:
            return image
        shape = image.shape if self.per_channel else (*image.shape[:2], 1)
        dropped = keyed_noise.halves(int(params["noise"][i]), shape) < limit
        return np.where(dropped, self._value(image.dtype).astype(image.dtype), image)

    def on_device(self, images: torch.Tensor, params: Params) -> torch.Tensor:
        """Drop pixels of the batch."""
        channels, height, width = images.shape[1:]
        shape = (height, width, channels if self.per_channel else 1)
        dice = keyed_noise.halves_torch(params.array("noise"), shape, images.device).permute(0, 3, 1, 2)
        limit = upload(np.rint(params.array("amount") * 65536), dice, torch.int64).view(-1, 1, 1, 1)
        value = torch.tensor(float(self._value(images.dtype)), device=images.device).to(images.dtype)
        return either(dice < limit, value, images)

    def _value(self, dtype: Any) -> Floats:
        white = white_value(dtype)
        return np.asarray(round(self.fill * white) if white > 1 else self.fill)


@dataclass(frozen=True, kw_only=True)
class StripDropout(CoverBase):
    """Cover random rows and columns of pixels.

    As SpecAugment (Park et al., 2019) does with spectrograms, and albumentations' XYMasking.
    """

    rows: tuple[int, int] = param.interval((0, 2), "number of horizontal strips", low=0, high=100, integral=True)
    columns: tuple[int, int] = param.interval((1, 2), "number of vertical strips", low=0, high=100, integral=True)
    size: tuple[float, float] = param.interval(
        (0.03, 0.12), "width of a strip, as a share of the side", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = covering(alters=_ALTERS, level=Level("size", 0.0, 0.3), memory=1.5)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw rectangles of whole pixels, left, top, right and bottom, per sample."""
        fixed = None if level is None else self.sample("size", rng, level)
        boxes: list[list[list[int]]] = [[] for _ in range(len(batch))]
        for name, axis in (("rows", 0), ("columns", 1)):
            low, most = (int(v) for v in getattr(self, name))
            count = rng.integers(name, low, most + 1)
            share = rng.uniform(f"{name}.size", *self.size, size=most) if fixed is None else fixed[:, None]
            place = rng.uniform(f"{name}.place", size=most)
            for i, (height, width) in enumerate(batch.shapes[:, -2:].tolist()):
                length = (height, width)[axis]
                wide = np.broadcast_to(np.rint(share[i] * length), (most,))
                start = np.floor(place[i] * (length - wide + 1)).astype(int).tolist()
                for a, b in list(zip(start, wide.astype(int).tolist(), strict=True))[: count[i]]:
                    box = [0, a, width, a + b] if axis == 0 else [a, 0, a + b, height]
                    boxes[i] += [box] if b else []
        return Params(len(batch), boxes=boxes)

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Cover the strips."""
        return self.cover(batch, drawn_boxes(params))


@dataclass(frozen=True, kw_only=True)
class MaskDropout(CoverBase):
    """Cover random objects, and take them out of all targets.

    An object is an instance mask (k, H, W) with its box, one for each of k boxes; without instance masks it is a
    whole box. Where a label map is given, it takes ``mask_fill``, or 0, there.
    """

    chance: tuple[float, float] = param.interval(
        (0.3, 0.3), "probability of each object", low=0.0, high=1.0, unit="probability"
    )

    declares: ClassVar[Declaration] = covering(
        alters=_ALTERS, reads=("boxes",), level=Level("chance", 0.0, 1.0), memory=1.5
    )

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw which boxes lose their objects, as 0 and 1, per sample."""
        chance = self.sample("chance", rng, level)
        counts = [0 if boxes is None else len(boxes) for boxes in batch.target("boxes")]
        hit = rng.uniform("dice", size=max(counts, default=0)) < chance[:, None]
        return Params(len(batch), gone=[row[:k].astype(int).tolist() for row, k in zip(hit, counts, strict=True)])

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Cover the objects."""
        rows = list(batch.data)
        targets = {name: list(entries) for name, entries in batch.info.targets.items()}
        for i, boxes in enumerate(batch.info.target("boxes")):
            if boxes is None:
                continue
            # A frame of a clip has the first of the boxes of all its frames.
            gone = np.resize(np.asarray(params["gone"][i], dtype=bool), len(boxes))
            if not gone.any():
                continue
            masks = batch.info.target("masks")[i]
            union = object_masks(boxes, masks, batch.info.shapes[i, -2:])[torch.from_numpy(gone)].any(dim=0)
            rows[i] = self._covered(rows[i], union)
            moved = self._targets(batch.info, i, gone, union)
            for name in targets:
                targets[name][i] = moved.get(name, targets[name][i])
        same = batch.stacked and len({row.shape for row in rows}) == 1
        return batch.replace(torch.stack(rows) if same else rows, targets=targets)

    def _covered(self, image: torch.Tensor, union: torch.Tensor) -> torch.Tensor:
        plain = to_hwc(image.cpu())
        found = np.where(union.cpu().numpy()[:, :, None], self.colors(plain), plain)
        return to_chw(found).to(image.device)

    def _targets(self, info: BatchInfo, i: int, gone: NDArray[np.bool_], union: torch.Tensor) -> dict[str, Any]:
        boxes, masks, points = (info.target(name)[i] for name in ("boxes", "masks", "keypoints"))
        kept = np.flatnonzero(~gone)
        moved: dict[str, Any] = {"boxes": boxes.keep(kept)}
        if masks is not None:
            label = label_beyond(info, i, self.mask_fill or 0)
            apart = are_instances(masks, boxes)
            left = masks[torch.from_numpy(kept).to(masks.device)] if apart else masks
            moved["masks"] = torch.where(union.to(masks.device), torch.tensor(label).to(masks), left)
        if points is not None:
            moved["keypoints"] = hidden(points, union)
        return moved

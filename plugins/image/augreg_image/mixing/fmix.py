"""FMix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import Batch, BatchInfo, Boxes, Declaration, Keypoints, Params, Rng, param
from augreg.kernel import for_each
from augreg_image.kernels.warp_torch import either
from augreg_image.mixing.pairs import SharedBase, mixing
from augreg_image.mixing.partners import join_boxes, join_points
from augreg_image.mixing.pasting import covered, hidden, label_maps, left_under, objects
from augreg_image.mixing.soft_noise import highest, highest_on_device, soft_noise
from augreg_image.targets.instances import are_instances

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class FMix(SharedBase):
    """Take regions of random shape from another sample.

    Harris et al., "FMix: Enhancing Mixed Sample Data Augmentation", 2020, arXiv:2002.12047: noise whose amplitudes fall
    with the frequency is cut off where the drawn share of the pixels lies above; those stay, the others come from the
    partner. Labels are weighted by the pixels counted. Objects of both of which less than ``min_visibility`` shows, or
    nothing, are dropped; those with instance masks keep what shows of them, and their axis-aligned boxes shrink to it.
    Boxes without masks stay whole. Points that are covered become invisible.

    >>> import augreg, numpy
    >>> pair = [augreg.Image(numpy.full((8, 8, 1), value, numpy.uint8), label=value) for value in (0, 1)]
    >>> step = {"image.fmix": {"alpha": 8.0, "p": 1.0}}
    >>> mixed, _ = augreg.augment(pair, {"image": [step]}, seed=7, keys=[0, 1])
    >>> float(mixed.data.mean()) == mixed.label[1]
    True

    """

    decay: float = param.number(3.0, "power of the frequency by which its amplitude is divided", low=0.0, high=10.0)
    min_visibility: float = param.number(
        0.1, "drop objects of which less than this share shows", low=0.0, high=1.0, unit="fraction"
    )

    declares: ClassVar[Declaration] = mixing(memory=9)

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw a partner, the share that a sample keeps and the key of the noise."""
        return Params(len(batch), dict(super().draw(batch, rng, level)), noise=rng.noise_key("noise"))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Mix every sample with its partner; one that has none but itself keeps its pixels and its targets."""
        # Pixels and targets need the masks, which are made once.
        return super().apply(batch, Params(len(batch), dict(params), stays=self._masks(batch, params)))

    def _masks(self, batch: Batch, params: Params) -> list[torch.Tensor]:
        """Return which pixels (H, W) every sample keeps, on the device of the batch."""
        sizes = [(int(height), int(width)) for height, width in batch.info.shapes[:, -2:].tolist()]
        counts = np.array([self._count(size, i, params) for i, size in enumerate(sizes)], dtype=np.int64)
        keys = params.array("noise").astype(np.int64)
        if batch.stacked and batch.device.type != "cpu" and len(batch):
            return list(highest_on_device(keys, counts, sizes[0], self.decay, batch.device))
        masks = [torch.empty(0)] * len(batch)

        def one(i: int) -> None:
            if batch.data[i].device.type == "cpu":
                masks[i] = torch.from_numpy(highest(soft_noise(int(keys[i]), sizes[i], self.decay), int(counts[i])))
            else:
                some = slice(i, i + 1)
                masks[i] = highest_on_device(keys[some], counts[some], sizes[i], self.decay, batch.data[i].device)[0]

        for_each(one, len(batch), light=True)
        return masks

    def _count(self, size: tuple[int, int], i: int, params: Params) -> int:
        """Return how many pixels of a height and width sample i keeps."""
        return round(float(params["share"][i]) * size[0] * size[1])

    def one(self, mine: torch.Tensor, yours: torch.Tensor, i: int, params: Params) -> torch.Tensor:
        """Put the partner where the mask is not."""
        stays = params["stays"][i]
        if mine.device.type != "cpu":
            return either(stays, mine, yours)
        cover = ~stays.numpy()
        return covered(mine, yours, cover) if cover.any() else mine

    def many(self, mine: torch.Tensor, yours: torch.Tensor, params: Params) -> torch.Tensor:
        """Put the partners where the masks are not."""
        stays = torch.stack([params["stays"][i] for i in range(len(mine))])
        return either(stays[:, None], mine, yours)

    def kept(self, shape: tuple[int, int], i: int, params: Params) -> float:
        """Return the share of the pixels that stay."""
        return self._count(shape, i, params) / (shape[0] * shape[1])

    def targets(self, mine: BatchInfo, theirs: BatchInfo, i: int, params: Params) -> dict[str, Any]:
        """Cut the targets of both along the mask."""
        stays: torch.Tensor = params["stays"][i]
        pairs = [(mine, ~stays), (theirs, stays)]
        moved: dict[str, Any] = {"keypoints": join_points([_seen(info, cover) for info, cover in pairs])}
        masks, yours = (info.target("masks")[0] for info, _ in pairs)
        apart = all(are_instances(info.target("masks")[0], info.target("boxes")[0]) for info, _ in pairs)
        shown = [_shown(info, cover, self.min_visibility, apart=apart) for info, cover in pairs]
        moved["boxes"] = join_boxes([boxes for boxes, _ in shown])
        if apart:
            moved["masks"] = torch.cat([shown[0][1], shown[1][1].to(masks)])
        else:
            moved["masks"] = masks if masks is None else label_maps(masks, yours, ~stays)
        return moved


def _seen(info: BatchInfo, cover: torch.Tensor) -> Keypoints | None:
    points = info.target("keypoints")[0]
    return None if points is None else hidden(points, cover)


def _shown(info: BatchInfo, cover: torch.Tensor, min_visibility: float, *, apart: bool) -> tuple[Boxes | None, Any]:
    """Return what is left of the boxes of the only sample under a cover (H, W), and of the instance masks if apart."""
    boxes, masks = info.target("boxes")[0], info.target("masks")[0]
    if boxes is None:
        return boxes, masks
    before = objects(boxes, masks if apart else None, info.shapes[0, -2:])
    union = cover.cpu().numpy()
    kept, left = left_under(boxes, before, union, min_visibility=min_visibility, shrinks=apart)
    if not apart:
        return left, masks
    rest = masks[torch.from_numpy(kept).to(masks.device)]
    return left, rest.masked_fill(cover.to(masks.device), 0)

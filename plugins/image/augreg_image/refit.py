"""Boxes from what their instance masks show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from augreg import EVERY, AugmenterBase, Batch, Boxes, Declaration, Params
from augreg.kernel import from_corners
from augreg_image.base import DEVICES
from augreg_image.targets.boxes import ROTATED
from augreg_image.targets.instances import along, are_instances


@dataclass(frozen=True, kw_only=True)
class MasksToBoxes(AugmenterBase):
    """Draw boxes anew around what their instance masks show; a box whose mask is empty goes, with all that is theirs.

    Boxes grow where pictures are turned, and do not shrink where objects are covered; masks know what is left. As
    torchvision.ops.masks_to_boxes, but from pixel edge to pixel edge: one pixel has a box of width 1. Put it last.
    Boxes that have no masks of their own stay as they are, and so do rotated ones: a mask does not tell the turn.
    """

    declares: ClassVar[Declaration] = Declaration(
        targets=("boxes", "masks"),
        leaves=EVERY,
        devices=DEVICES,
        differentiable=True,
        nonfinite="passes",
        values="any",
        memory=1.5,
    )

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: no pixel moves."""
        return True

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return the batch with the boxes drawn anew."""
        if "boxes" not in batch.info.targets:
            return batch
        boxes, masks = list(batch.info.target("boxes")), list(batch.info.target("masks"))
        for i, (some, shown) in enumerate(zip(boxes, masks, strict=True)):
            if some is not None and len(some) and are_instances(shown, some) and some.format not in ROTATED:
                boxes[i], masks[i] = _refitted(some, shown)
        targets = {**batch.info.targets, "boxes": boxes}
        return batch.replace(batch.data, targets={**targets, "masks": masks} if "masks" in targets else targets)


def _refitted(boxes: Boxes, masks: torch.Tensor) -> tuple[Boxes, torch.Tensor]:
    seen = masks.flatten(1).any(1).cpu().numpy()
    kept, left = along(boxes, masks, lambda some: some if seen.all() else some.keep(np.flatnonzero(seen)))
    if not len(left):
        return kept, left
    return Boxes(from_corners(_edges(left), kept.format), kept.format, kept.labels, kept.columns), left


def _edges(masks: torch.Tensor) -> NDArray[np.float64]:
    """Return the corners (n, 4, 2) of the rectangles around the pixels of masks (n, H, W), none of them empty."""
    across, down = ((masks != 0).any(axis).cpu().numpy() for axis in (1, 2))
    (left, right), (top, bottom) = (
        (line.argmax(1), line.shape[1] - line[:, ::-1].argmax(1)) for line in (across, down)
    )
    found = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1)
    return found.reshape(-1, 4, 2).astype(np.float64)

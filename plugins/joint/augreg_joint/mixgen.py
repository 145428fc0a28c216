"""Mixing two records: pictures are averaged, captions joined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from augreg import (
    Augmenter,
    AugmenterBase,
    Batch,
    Declaration,
    JointBase,
    JointInfo,
    Params,
    PartialParams,
    Rng,
    SampleError,
)
from augreg.param import interval, text
from augreg_joint.base import captions, rewrites
from augreg_joint.rewriting import Rewrite


@dataclass(frozen=True, kw_only=True)
class Blend(AugmenterBase):
    """Average every picture with another one of the batch, brought to its size.

    Params: ``partner``, the key of the other picture in decimal digits; ``share`` of the picture itself.
    """

    # The partner must be in the batch: on the CPU pictures of all sizes are, elsewhere only those of one.
    declares: ClassVar[Declaration] = Declaration(
        dtypes=("uint8", "uint16", "float16", "float32", "float64"), labels="mixes", alters=frozenset({"content"})
    )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Return the averages."""
        place = {str(int(key)): i for i, key in enumerate(batch.info.keys)}
        partner = [str(params.row(i)["partner"]) for i in range(len(batch))]
        missing = [key for key in partner if key not in place]
        if missing:
            raise SampleError(
                f"the partner with key {missing[0]} is not in this batch. Replay a mixture together with its partners."
            )
        rows = batch.rows()
        pairs = zip(rows, partner, params.array("share").tolist(), strict=True)
        return batch.replace([blended(row, rows[place[key]], share) for row, key, share in pairs])


def blended(row: torch.Tensor, other: torch.Tensor, share: float) -> torch.Tensor:
    """Return share * row + (1 - share) * other, the other (C, h, w) scaled bilinearly to the row's (H, W)."""
    if other is row:
        return row
    wide = torch.float64 if row.dtype == torch.float64 else torch.float32
    second = other.to(wide)
    if second.shape != row.shape:
        size = (int(row.shape[-2]), int(row.shape[-1]))
        second = torch.nn.functional.interpolate(second[None], size=size, mode="bilinear", antialias=True)[0]
    mixed = row.to(wide) * share + second * (1.0 - share)
    if not row.dtype.is_floating_point:
        mixed = mixed.round().clamp(0, torch.iinfo(row.dtype).max)
    return mixed.to(row.dtype)


@dataclass(frozen=True, kw_only=True)
class MixGen(JointBase):
    """Mix the picture with that of another record and join their captions (MixGen).

    Hao et al., "MixGen: A New Multi-Modal Data Augmentation", 2023: both pictures are averaged, both captions stand
    one behind the other. The partner is another record of the call on which the step fires, with a picture of the
    same dtype and number of channels; without one, the record stays. Spans are those of the record's own caption;
    pictures with boxes, masks or a label are refused. To replay it, replay the whole call.
    """

    declares: ClassVar[Declaration] = Declaration(
        joint=("image", "text"),
        reads=("text",),
        labels="mixes",
        alters=frozenset({"content"}),
        mends=frozenset({"content"}),
    )

    share: tuple[float, float] = interval(
        (0.5, 0.5), "share of the record's own picture", low=0.0, high=1.0, unit="fraction"
    )
    joiner: str = text(" ", "what stands between the captions")

    def members(self) -> Mapping[str, Augmenter]:
        """Return the picture's and the caption's augmenter."""
        return {"image": Blend(), "text": Rewrite()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: np.ndarray | None = None) -> Mapping[str, PartialParams]:
        """Draw partners, by key: the order of the records does not matter."""
        image, told = info.roles["image"], captions(info)
        partner = partners(_kinds(image.dtypes, image.shapes), info.keys, rng.uniform("partner"))
        paired = partner != np.arange(len(info))
        keys = [str(int(key)) for key in image.keys[partner]]
        edits = [
            ((len(own), len(own), self.joiner + told[j]),) if mixes else ()
            for own, j, mixes in zip(told, partner.tolist(), paired.tolist(), strict=True)
        ]
        drawn = Params(len(info), partner=keys, share=self.sample("share", rng, level))
        return {"image": PartialParams.where(paired, drawn), "text": rewrites(list(edits))}


def _kinds(dtypes: tuple[str, ...], shapes: np.ndarray) -> list[tuple[str, int]]:
    return [(dtype, int(channels)) for dtype, channels in zip(dtypes, shapes[:, 0], strict=True)]


def partners(kinds: list[tuple[str, int]], keys: np.ndarray, drawn: np.ndarray) -> np.ndarray:
    """Return the partner of every record, int64 (n,): another one of its kind, itself where there is none."""
    found = np.arange(len(keys))
    for kind in set(kinds):
        rows = np.asarray([i for i, other in enumerate(kinds) if other == kind])
        order = rows[np.argsort(keys[rows], kind="stable")]
        step = 1 + (drawn[order] * max(len(order) - 1, 1)).astype(np.int64)
        if len(order) > 1:
            found[order] = order[(np.arange(len(order)) + step) % len(order)]
    return found

"""Mirroring a picture together with its caption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

import augreg
from augreg import Augmenter, Declaration, JointInfo, Params, PartialParams, Rng
from augreg_joint.base import CaptionedBase, captions, declare, left_of, rewrites
from augreg_joint.captions import mirrored
from augreg_joint.rewriting import Rewrite


@dataclass(frozen=True, kw_only=True)
class HFlip(CaptionedBase):
    """Mirror the picture, and left and right in its caption.

    The record stays as it is where the rules say that no caption would be true: when it quotes text to be read,
    speaks of east and west, of clocks or maps, holds coordinates, uses a word of direction in a doubtful sense, or is
    in a language without rules. The trace says why. Boxes, masks and keypoints are mirrored too; spans follow the
    words. Of several pictures and texts of a record all are mirrored, or, if one text is not understood, none.
    """

    declares: ClassVar[Declaration] = declare("chirality", "position", "legibility", p=0.5, several=True)

    def members(self) -> Mapping[str, Augmenter]:
        """Return the picture's and the caption's augmenter."""
        return {"image": augreg.make("image.hflip"), "text": Rewrite()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: np.ndarray | None = None) -> Mapping[str, PartialParams]:
        """Read the captions: which pictures may be mirrored, and what their captions say then."""
        told = captions(info)
        edits = [
            rules if isinstance(rules, str) else mirrored(rules, text)
            for rules, text in zip(self.known(info), told, strict=True)
        ]
        whose = info.owner("text").tolist()
        # One text that is not understood keeps all pictures of its record, and so its other texts.
        why = {entry: row for entry, row in zip(whose, edits, strict=True) if isinstance(row, str)}
        pictures = info.owner("image").tolist()
        allowed = np.asarray([entry not in why for entry in pictures], dtype=bool)
        return {
            "image": PartialParams.where(allowed, Params(len(pictures)), left_of(pictures, why)),
            "text": rewrites([() if e in why else row for e, row in zip(whose, edits, strict=True)], whose, why),
        }

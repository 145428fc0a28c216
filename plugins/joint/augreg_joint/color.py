"""Changing the colors of a picture without making its caption a liar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch

import augreg
from augreg import EVERY, Augmenter, AugmenterBase, Batch, Declaration, JointInfo, Params, PartialParams, Rng
from augreg.param import choice, interval
from augreg_joint.base import CaptionedBase, captions, declare, rewrites
from augreg_joint.captions import EVERYTHING, mentions, turned
from augreg_joint.rewriting import Rewrite

_DTYPES: Final = ("uint8", "uint16", "float16", "bfloat16", "float32", "float64")


@dataclass(frozen=True, kw_only=True)
class ChannelTurn(AugmenterBase):
    """Let red, green and blue change places in a ring; further channels stay.

    Params: ``turn``, 1 moves red to green, green to blue, blue to red; 2 the other way round.
    """

    declares: ClassVar[Declaration] = Declaration(
        leaves=EVERY,
        dtypes=_DTYPES,
        channels=(3, 4),
        devices=("cpu", "cuda"),
        alters=frozenset({"hue"}),
        differentiable=True,
        nonfinite="passes",
        values="any",
    )

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Exchange the channels."""
        turns = params.array("turn").tolist()
        rows = [_turn(row, turn) for row, turn in zip(batch.data, turns, strict=True)]
        return batch.replace(torch.stack(rows) if batch.stacked else rows)


def _turn(row: torch.Tensor, turn: int) -> torch.Tensor:
    order = [*((c - turn) % 3 for c in range(3)), *range(3, row.shape[0])]
    # Indexed channels-last, so that the result lies in memory as pictures do here.
    return row.permute(1, 2, 0)[..., torch.as_tensor(order, device=row.device)].permute(2, 0, 1)


@dataclass(frozen=True, kw_only=True)
class Color(CaptionedBase):
    """Change the colors of the picture so that the color words of its caption stay true.

    With change="jitter" the picture gets a color jitter: hue and saturation stay where the caption names a
    color, brightness and contrast stay where it speaks of light and dark. With change="turn" the channels change
    places (red becomes green becomes blue), and so do the words; a caption with a color that has no word
    afterwards, such as "orange", keeps its picture.
    """

    declares: ClassVar[Declaration] = declare("hue", "saturation", "brightness", "contrast")

    change: str = choice("jitter", "what happens to the colors", options=("jitter", "turn"))
    brightness: tuple[float, float] = interval(0.4, "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio")
    contrast: tuple[float, float] = interval(0.4, "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio")
    saturation: tuple[float, float] = interval(0.4, "factor; x means 1-x to 1+x", low=0.0, centre=1.0, unit="ratio")
    hue: tuple[float, float] = interval(
        0.1, "share of a full turn; x means -x to x", low=-0.5, high=0.5, centre=0.0, unit="turns"
    )

    def members(self) -> Mapping[str, Augmenter]:
        """Return the picture's and the caption's augmenter."""
        return {"image": self._jitter() if self.change == "jitter" else ChannelTurn(), "text": Rewrite()}

    def draw_joint(self, info: JointInfo, rng: Rng, level: np.ndarray | None = None) -> Mapping[str, Any]:
        """Draw the colors as far as the captions allow."""
        return self._draw_jitter(info, rng) if self.change == "jitter" else self._draw_turn(info, rng)

    def _jitter(self) -> Augmenter:
        names = ("brightness", "contrast", "saturation", "hue")
        made: Augmenter = augreg.make("image.color_jitter", **{name: getattr(self, name) for name in names})
        return made

    def _draw_jitter(self, info: JointInfo, rng: Rng) -> Mapping[str, Params]:
        drawn = self._jitter().draw(info.roles["image"], rng)
        told = captions(info)
        found = [
            EVERYTHING if isinstance(rules, str) else mentions(rules, text)
            for rules, text in zip(self.known(told), told, strict=True)
        ]
        hue = np.asarray([m.hue for m in found], dtype=bool)
        light = np.asarray([m.brightness for m in found], dtype=bool)
        color = hue | np.asarray([m.saturation for m in found], dtype=bool)
        stays = {"brightness": (light, 1.0), "contrast": (light, 1.0), "saturation": (color, 1.0), "hue": (hue, 0.0)}
        columns = {name: np.where(still, same, drawn.array(name)) for name, (still, same) in stays.items()}
        return {"image": Params(len(info), columns)}

    def _draw_turn(self, info: JointInfo, rng: Rng) -> Mapping[str, PartialParams]:
        turn = rng.integers("turn", 1, 3)
        colored = info.roles["image"].shapes[:, 0] >= 3
        told = captions(info)
        rows = zip(self.known(told), told, turn.tolist(), colored.tolist(), strict=True)
        edits = [
            turned(rules, text, step) if has and not isinstance(rules, str) else None for rules, text, step, has in rows
        ]
        allowed = np.asarray([row is not None for row in edits], dtype=bool)
        return {"image": PartialParams.where(allowed, Params(len(info), turn=turn)), "text": rewrites(edits)}

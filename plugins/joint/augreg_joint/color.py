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
from augreg_joint.base import CaptionedBase, captions, declare, left_of, rewrites
from augreg_joint.captions import EVERYTHING, mentions, turned
from augreg_joint.rewriting import Rewrite

NO_WORD: Final = "a color that it names has no other word"
"""Why colors that could turn do not."""

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

    declares: ClassVar[Declaration] = declare("hue", "saturation", "brightness", "contrast", several=True)

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

    def _draw_jitter(self, info: JointInfo, rng: Rng) -> Mapping[str, Any]:
        whose = info.owner("image")
        # The first picture of each record stands for all: they get the same colors, as they are drawn for the record.
        first = np.searchsorted(whose, np.arange(len(info)))
        drawn = self._jitter().draw(info.roles["image"].take(first), rng)
        told = captions(info)
        known = self.known(info)
        found = [EVERYTHING if isinstance(r, str) else mentions(r, text) for r, text in zip(known, told, strict=True)]
        owner = info.owner("text")
        hue, light, saturation = (_any(owner, [m[i] for m in found], len(info)) for i in range(3))
        color = hue | saturation
        stays = {"brightness": (light, 1.0), "contrast": (light, 1.0), "saturation": (color, 1.0), "hue": (hue, 0.0)}
        columns = {name: np.where(still, same, drawn.array(name)) for name, (still, same) in stays.items()}
        why = {entry: r for entry, r in zip(owner.tolist(), known, strict=True) if isinstance(r, str)}
        jitter = Params(len(info), columns).take(whose)
        return {
            "image": PartialParams(np.arange(len(whose)), jitter, left_of(whose.tolist(), why)),
            "text": rewrites([()] * len(told), owner.tolist(), why),
        }

    def _draw_turn(self, info: JointInfo, rng: Rng) -> Mapping[str, PartialParams]:
        turn = rng.integers("turn", 1, 3)
        told, whose, owner = captions(info), info.owner("image"), info.owner("text").tolist()
        rows = zip(self.known(info), told, turn[info.owner("text")].tolist(), strict=True)
        edits = [rules if isinstance(rules, str) else turned(rules, text, step) for rules, text, step in rows]
        why = {e: row or NO_WORD for e, row in zip(owner, edits, strict=True) if row is None or isinstance(row, str)}
        gray = info.roles["image"].shapes[:, 0] < 3
        why |= dict.fromkeys(whose[gray].tolist(), "a picture has no three channels")
        allowed = np.asarray([entry not in why for entry in whose.tolist()], dtype=bool)
        left = left_of(whose.tolist(), why)
        return {
            "image": PartialParams.where(allowed, Params(len(whose), turn=turn[whose]), left),
            "text": rewrites([() if e in why else row for e, row in zip(owner, edits, strict=True)], owner, why),
        }


def _any(owner: np.ndarray, said: list[bool], n: int) -> np.ndarray:
    """Return of which of n records any text says it, bool (n,)."""
    found = np.zeros(n, dtype=bool)
    np.logical_or.at(found, owner, np.asarray(said, dtype=bool))
    return found

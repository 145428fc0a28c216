"""What the augmenters of this plugin have in common in their declarations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from augreg import EVERY, Declaration
from augreg_video.frame_op import FRAME_TARGETS

DTYPES: Final = ("uint8", "uint16", "float16", "bfloat16", "float32", "float64")
"""What a clip may hold."""

FRAMEWISE: Final = (*FRAME_TARGETS, "frame_labels")
"""Targets with one entry per frame."""


def timed(*, alters: Iterable[str] = (), keeps_shape: bool = False, **facts: Any) -> Declaration:
    """Return the declaration of an augmenter that chooses frames: everything that hangs on time follows."""
    return Declaration(
        targets=(*FRAMEWISE, "events"),
        leaves=("label",),
        dtypes=DTYPES,
        devices=("cpu", "cuda"),
        keeps_shape=keeps_shape,
        alters=frozenset(alters),
        differentiable=True,
        nonfinite="passes",
        values="any",
        **facts,
    )


def lifted(inner: Declaration) -> Declaration:
    """Return the declaration of an image augmenter on clips, from the image augmenter's own.

    One that mixes samples and their labels mixes labels of frames and events alike; one that leaves the label alone
    leaves those alone, too.
    """
    if inner.labels == "mixes":
        timed = ("frame_labels", "events")
        targets = tuple(t for t in inner.targets if t in (*FRAME_TARGETS, "label"))
        if "label" in targets:
            return replace(inner, targets=(*targets, *timed))
        return replace(inner, targets=targets, leaves=(*inner.leaves, *timed) if "label" in inner.leaves else ())
    leaves: tuple[str, ...] = EVERY
    if inner.leaves != EVERY:
        whole = ("label", "frame_labels") if inner.supports("label") else ()
        leaves = (*(t for t in inner.leaves if t in FRAME_TARGETS), "events", *whole)
    return replace(inner, targets=tuple(t for t in inner.targets if t in FRAME_TARGETS), leaves=leaves)

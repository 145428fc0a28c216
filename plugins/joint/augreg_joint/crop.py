"""Cropping a picture together with its caption."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

import augreg
from augreg import Augmenter, Boxes, Declaration, JointInfo, Params, PartialParams, Rng, SampleError, param
from augreg_joint import coordinates
from augreg_joint.base import CaptionedBase, captions, declare, rewrites
from augreg_joint.captions import Edit
from augreg_joint.listing import phrase, without
from augreg_joint.rewriting import Rewrite
from augreg_joint.rules import Rules

Floats = NDArray[np.float64]

_SIDES: Final = ("top", "left", "height", "width")


class Scene(NamedTuple):
    """A caption and the boxes of what it mentions: names (k,) and xyxy (k, 4); ``whole`` forbids cropping."""

    text: str
    names: list[str]
    boxes: Floats
    every: bool
    whole: bool


@dataclass(frozen=True, kw_only=True)
class Crop(CaptionedBase):
    """Crop the picture so that its caption stays true: what is mentioned stays in sight.

    A random rectangle is scaled to a fixed size, as by ``image.resized_crop``; up to ``tries`` are drawn until one
    keeps the caption true, else the whole picture is taken. The boxes' labels say where the things are that the
    caption mentions: at least ``min_visibility`` of a box must be inside (of one box per label; of all of them
    where the caption counts). With lost="drop" an item of an enumeration may leave the picture and the caption
    together. A caption that says where in the picture something is keeps the whole picture.

    Raises:
        SampleError: the picture has no boxes with labels, or rotated ones.

    """

    declares: ClassVar[Declaration] = declare("completeness", "position", alters=("proportions", "size"))

    size: tuple[int, int] | int = param.value(224, "pixels of the result: one number for a square, or [height, width]")
    scale: tuple[float, float] = param.interval((0.3, 1.0), "area of the rectangle", low=0.0, high=1.0, unit="fraction")
    ratio: tuple[float, float] = param.interval(
        (3 / 4, 4 / 3), "width over height of the rectangle", low=0.0, unit="ratio"
    )
    lost: str = param.choice("avoid", "what becomes of things that the crop would lose", options=("avoid", "drop"))
    min_visibility: float = param.number(
        0.5, "share of a box that must be in sight", low=0.0, high=1.0, unit="fraction"
    )
    tries: int = param.integer(10, "rectangles to try", low=1, high=100)

    def members(self) -> Mapping[str, Augmenter]:
        """Return the picture's and the caption's augmenter."""
        return {"image": self._cropper(), "text": Rewrite()}

    def _cropper(self) -> Augmenter:
        made: Augmenter = augreg.make("image.resized_crop", size=self.size, scale=self.scale, ratio=self.ratio)
        return made

    def draw_joint(
        self, info: JointInfo, rng: Rng, level: np.ndarray | None = None
    ) -> Mapping[str, Params | PartialParams]:
        """Draw rectangles until the captions are true of them."""
        image, told = info.roles["image"], captions(info)
        known = self.known(info)
        cropper, n = self._cropper(), len(info)
        scenes = [_scene(*row) for row in zip(known, told, image.target("boxes"), strict=True)]
        size = image.shapes[:, -2:]
        chosen = np.stack([0 * size[:, 0], 0 * size[:, 0], size[:, 0], size[:, 1]], axis=1)
        edits: list[tuple[Edit, ...] | None] = [None] * n
        waiting = np.asarray([i for i, scene in enumerate(scenes) if not scene.whole], dtype=np.int64)
        for k in range(self.tries):
            drawn = cropper.draw(image.take(waiting), rng.take(waiting).at(f"try{k}"))
            frames = np.stack([drawn.array(side) for side in _SIDES], axis=1)
            for i, frame in zip(waiting.tolist(), frames, strict=True):
                edits[i] = self._told(known[i], scenes[i], frame)
                if edits[i] is not None:
                    chosen[i] = frame
            waiting = np.asarray([i for i in waiting.tolist() if edits[i] is None], dtype=np.int64)
            if not len(waiting):
                break
        sides = {side: chosen[:, j].astype(np.int64) for j, side in enumerate(_SIDES)}
        return {"image": Params(n, sides), "text": rewrites(edits)}

    def _told(self, rules: Rules | str, scene: Scene, frame: np.ndarray) -> tuple[Edit, ...] | None:
        """Return the edits that make the caption true of a crop, None where there are none."""
        seen = _visible(scene.boxes, frame) >= self.min_visibility
        names = sorted(set(scene.names))
        per = {name: [bool(s) for s, other in zip(seen, scene.names, strict=True) if other == name] for name in names}
        lost = [name for name in names if not (all(per[name]) if scene.every else any(per[name]))]
        if not lost:
            return ()
        if self.lost == "avoid" or scene.every or isinstance(rules, str):
            return None
        return without(rules, scene.text, lost)


def _scene(rules: Rules | str, text: str, boxes: Any) -> Scene:
    if not isinstance(boxes, Boxes) or boxes.labels is None or boxes.format not in ("xyxy", "xywh", "cxcywh"):
        raise SampleError(
            "image_text.crop needs boxes with labels, to know where the things are that the caption mentions. "
            "Give Image(data, boxes=Boxes([[x0, y0, x1, y1]], labels=['dog']))."
        )
    if isinstance(rules, str):
        return Scene(text, [], _corners(boxes)[:0], every=True, whole=True)
    named = [i for i, label in enumerate(boxes.labels) if phrase(str(label)).search(text)]
    whole = any(pattern.search(text) for pattern in rules.patterns("crop", "refuse")) or bool(coordinates.spans(text))
    every = any(pattern.search(text) for pattern in rules.patterns("crop", "count"))
    return Scene(text, [str(boxes.labels[i]).lower() for i in named], _corners(boxes)[named], every, whole)


def _corners(boxes: Boxes) -> Floats:
    data = boxes.data
    if boxes.format == "xyxy":
        return data
    start = data[:, :2] - data[:, 2:] / 2 if boxes.format == "cxcywh" else data[:, :2]
    return np.concatenate([start, start + data[:, 2:]], axis=1)


def _visible(boxes: Floats, frame: np.ndarray) -> Floats:
    """Return which share of each box (k, 4) lies in a rectangle (top, left, height, width)."""
    top, left, height, width = frame.tolist()
    low = np.maximum(boxes[:, :2], [left, top])
    high = np.minimum(boxes[:, 2:], [left + width, top + height])
    inside = np.prod(np.maximum(high - low, 0.0), axis=1)
    shares: Floats = inside / np.maximum(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 1e-9)
    return shares

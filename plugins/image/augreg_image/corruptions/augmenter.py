"""The augmenter of ImageNet-C's corruptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from augreg import AugmenterBase, Batch, BatchInfo, Boxes, Declaration, Level, Params, Rng, param
from augreg_image.base import geometric
from augreg_image.corruptions.fields import Dice, gaussian
from augreg_image.corruptions.folded import folds, found, seen
from augreg_image.corruptions.kinds import KINDS, NOT_RANDOM
from augreg_image.distortion import outline
from augreg_image.kernels import displacement
from augreg_image.kernels.each_image import map_rows
from augreg_image.kernels.layout import Array, white_value
from augreg_image.kernels.resampling import Resampling
from augreg_image.matrices import homography
from augreg_image.noise import clip_to
from augreg_image.stages.apart import each_said
from augreg_image.targets.boxes import ROTATED, corners, settle_boxes
from augreg_image.targets.instances import changed
from augreg_image.targets.move import move_with

Floats = NDArray[np.float64]

ELASTIC: Final = "elastic_transform"
STANDARD: Final = (
    "gaussian_noise", "shot_noise", "impulse_noise", "defocus_blur", "glass_blur", "motion_blur", "zoom_blur",
    "snow", "frost", "fog", "brightness", "contrast", ELASTIC, "pixelate", "jpeg_compression",
)  # fmt: skip
"""The fifteen corruptions of the benchmark."""
EXTRA: Final = ("speckle_noise", "gaussian_blur", "spatter", "saturate")
"""The four for validation."""

_HOW: Final = Resampling("reflect", interpolation="bilinear")


@dataclass(frozen=True, kw_only=True)
class Corruption(AugmenterBase):
    """Corrupt the picture as ImageNet-C does.

    Hendrycks and Dietterich, ICLR 2019; fifteen kinds and four extra ones, at severities 1 to 5, with the
    parameters and formulas of the published code, in pixels of a 224 x 224 picture. "any" draws one of the
    fifteen, "any_of_all" one of the nineteen. Frost is drawn: the published one pastes photographs that are not
    ours to pass on. Values are rounded, where the published files are cut off and stored as JPEG of quality 85.
    Only "elastic_transform" moves targets. From severity 2 on it folds the picture: a box holds all places where
    something of it is seen, a point goes to one of its places, and is invisible where it has none. A level sets the
    severity, 0 for none.
    """

    kind: str = param.choice("any", "which corruption", options=("any", "any_of_all", *STANDARD, *EXTRA))
    severity: tuple[int, int] = param.interval((1, 5), "severity; 0 changes nothing", low=0, high=5, integral=True)

    declares: ClassVar[Declaration] = geometric(
        values="unit",
        channels=(1, 3),
        devices=("cpu",),
        alters=frozenset(
            {
                "artifacts",
                "brightness",
                "completeness",
                "contrast",
                "noise",
                "position",
                "proportions",
                "saturation",
                "sharpness",
                "weather",
            }
        ),
        level=Level("severity", 0, 5, "integer"),
        memory=32.5,
    )
    examples: ClassVar[tuple[dict[str, Any], ...]] = ({"kind": "fog", "severity": 3}, {"kind": ELASTIC, "severity": 2})

    @property
    def inverts(self) -> bool:
        """Whether predictions can be mapped back: all kinds but one move nothing."""
        return self.kind not in (ELASTIC, "any", "any_of_all")

    def draw(self, batch: BatchInfo, rng: Rng, level: Floats | None = None) -> Params:
        """Draw kind, severity and the key of all that is random, per sample."""
        kinds = {"any": STANDARD, "any_of_all": (*STANDARD, *EXTRA)}.get(self.kind, (self.kind,))
        kind = [kinds[k] for k in rng.choice("kind", len(kinds)).tolist()]
        if level is None:
            severity = rng.integers("severity", int(self.severity[0]), int(self.severity[1]) + 1)
        else:
            severity = self.sample("severity", rng, level).astype(np.int64)
        random = np.array([k not in NOT_RANDOM for k in kind], dtype=bool)
        return Params(len(batch), kind=kind, severity=severity, noise=np.where(random, rng.noise_key("noise"), 0))

    def apply(self, batch: Batch, params: Params) -> Batch:
        """Corrupt every picture."""
        shapes = batch.info.shapes[:, -2:].tolist()
        moved = {
            i: elastic_field(shapes[i][0], shapes[i][1], int(params["severity"][i]) - 1, Dice(int(params["noise"][i])))
            for i in range(len(batch))
            if params["kind"][i] == ELASTIC and params["severity"][i] and min(shapes[i])
        }
        targets = changed(
            batch.info,
            lambda i, name, target: _follow(name, target, moved[i], shapes[i]) if i in moved else target,
        )

        how = each_said(_HOW, batch.info)

        def one(image: Array, i: int) -> Array:
            if not image.size or not params["severity"][i]:
                return image
            if i in moved:
                return displacement.remap(image, moved[i], how[i])
            white = np.float32(white_value(image.dtype))
            light = np.clip(image.astype(np.float32) / white, 0, 1)
            corrupt = KINDS[params["kind"][i]]
            found = corrupt(light, int(params["severity"][i]) - 1, Dice(int(params["noise"][i])))
            return clip_to(np.ascontiguousarray(found, dtype=np.float32) * white, image.dtype)

        return map_rows(batch, one, targets=targets)


def elastic_field(height: int, width: int, s: int, dice: Dice) -> displacement.Field:
    """Return ImageNet-C's elastic displacement: smoothed noise, then a random affine map.

    The published parameters are shares of 244 pixels for pictures of 224; here of the shorter side, likewise.
    """
    alpha, sigma, jitter = (
        (2.0, 0.7, 0.1), (2.0, 0.08, 0.2), (0.05, 0.01, 0.02), (0.07, 0.01, 0.02), (0.12, 0.01, 0.02),
    )[s]  # fmt: skip
    short = min(height, width)
    side = short * 244 / 224
    middle = np.array([width // 2, height // 2]) + 0.5
    source = middle + np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0]]) * max(1, short // 3)
    target = source + (2 * dice.uniform(3, 2).astype(np.float64) - 1) * jitter * side
    inverse = np.linalg.inv(_affine(source, target))
    y, x = np.mgrid[0:height, 0:width] + 0.5
    shift = gaussian(2 * dice.uniform(height, width, 2) - 1, sigma * side, cv2.BORDER_REFLECT, cut=3.0) * alpha * side
    places = np.stack([x + shift[:, :, 0], y + shift[:, :, 1], np.ones_like(x)], axis=-1) @ inverse[:2].T
    moves: Floats = places - np.stack([x, y], axis=-1)
    return moves.astype(np.float32)


def _affine(source: Floats, target: Floats) -> Floats:
    """Return the affine map that sends three points to three points."""
    found: Floats = homography(_parallelogram(source), _parallelogram(target))[0]
    found[2] = [0.0, 0.0, 1.0]
    return found


def _parallelogram(corners: Floats) -> Floats:
    """Return three corners (3, 2) and the fourth, (1, 4, 2)."""
    return np.concatenate([corners, [corners[0] + corners[2] - corners[1]]])[None]


def _follow(name: str, target: Any, field: displacement.Field, shape: list[int]) -> Any:
    canvas = (int(shape[0]), int(shape[1]))
    if name == "masks":
        return displacement.remap_masks(target, field, _HOW.border, 0)
    folded = folds(field)
    if isinstance(target, Boxes) and target.format not in ROTATED:
        outlines = outline(corners(target))
        moved = seen(field, outlines) if folded else displacement.follow(field, outlines)
        return settle_boxes(target, moved, canvas, 1.0, 0.0)
    return move_with(
        target, lambda points: found(field, points) if folded else displacement.follow(field, points), canvas
    )

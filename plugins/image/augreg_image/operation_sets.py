"""What policies draw from for pictures, and what speaks for each; facts only, nothing heavy is imported.

A set stays what it is for good, so that a run can be repeated: a better one gets the next number.
"""

from __future__ import annotations

from typing import Final

import augreg

_TRIVIAL: Final = "among TrivialAugment's operations (Mueller and Hutter 2021), over the same range"
_ROBUST: Final = "what cameras do; of the corruptions that networks break at (Hendrycks and Dietterich 2019)"

IMAGE_1: Final = (
    augreg.Operation(
        name="image.rotate", why="of RandAugment's operations (Cubuk et al. 2019), its range of 30 degrees"
    ),
    augreg.Operation(name="image.shear", why="of RandAugment's operations, its range of 0.3: 17 degrees"),
    augreg.Operation(
        name="image.shear",
        params={"axis": "y"},
        why="of RandAugment's operations; kept at 0.74 and more of its strength where a policy learned it on clothes",
    ),
    augreg.Operation(
        name="image.translate",
        level=(0.0, 0.66),
        why="of RandAugment's operations; 0.3 of the sides at most, as their 0.45 often loses the object",
    ),
    augreg.Operation(name="image.zoom", why="objects come near and far: the size that random resized crops vary"),
    augreg.Operation(name="image.brightness", why=_TRIVIAL),
    augreg.Operation(name="image.contrast", why=_TRIVIAL),
    augreg.Operation(name="image.saturation", why=f"{_TRIVIAL}; leaves gray pictures as they are"),
    augreg.Operation(name="image.sharpen", why=_TRIVIAL),
    augreg.Operation(
        name="image.posterize",
        level=(0.0, 4 / 7),
        weight=0.5,
        why="of RandAugment's operations; to 4 bits as there; half as often, as five strengths are all",
    ),
    augreg.Operation(name="image.solarize", why="of RandAugment's operations, over the same range"),
    augreg.Operation(name="image.gaussian_blur", level=(0.2, 1.0), why=f"{_ROBUST}; less cannot be seen in small ones"),
    augreg.Operation(name="image.gaussian_noise", why=_ROBUST),
    augreg.Operation(
        name="image.coarse_dropout", level=(0.1, 1.0), why="Cutout (DeVries and Taylor 2017), in several smaller pieces"
    ),
)
"""All take bytes and floats of 1, 3 and 4 channels, boxes, masks and keypoints, and keep the shape.

Left out: mirroring and turning by quarters, which change digits, signs and captions; hue, as color is often the label;
equalize, autocontrast and invert, which have one result each; what is slow or takes bytes only.
"""

IMAGE_MIX_1: Final = (
    augreg.Operation(name="image.mixup", level="own", why="Zhang et al. 2018, arXiv:1710.09412"),
    augreg.Operation(name="image.cutmix", level="own", why="Yun et al. 2019, arXiv:1905.04899"),
    augreg.Operation(
        name="image.fmix",
        level="own",
        why="Harris et al. 2020, arXiv:2002.12047: regions of any shape, where cutmix has straight edges to learn",
    ),
    augreg.Operation(
        name="image.resizemix",
        level="own",
        why="Qin et al. 2020, arXiv:2012.11101: the partner is seen whole, where cutmix may paste mere background",
    ),
)

SETS: Final[tuple[augreg.OperationSet, ...]] = (
    augreg.OperationSet(
        name="image/1",
        modality="image",
        operations=IMAGE_1,
        summary="Geometry, tone, blur, noise and holes that keep the label and the shape.",
    ),
    augreg.OperationSet(
        name="image/mix/1", modality="image", operations=IMAGE_MIX_1, summary="Mixing two pictures and their labels."
    ),
)

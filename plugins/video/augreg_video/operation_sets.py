"""What policies draw from for clips, and what speaks for each; facts only, nothing heavy is imported.

A set stays what it is for good, so that a run can be repeated: a better one gets the next number.
"""

from __future__ import annotations

from typing import Final

import augreg

_SPACE: Final = "of RandAugment's operations, alike on all frames, as PyTorchVideo's RandAugment applies them"
_ROBUST: Final = "what cameras do, alike on all frames"

VIDEO_1: Final = (
    augreg.Operation(name="image.rotate", why=_SPACE),
    augreg.Operation(name="image.shear", why=_SPACE),
    augreg.Operation(name="image.translate", level=(0.0, 0.66), why=f"{_SPACE}; 0.3 of the sides at most"),
    augreg.Operation(name="image.zoom", why="the size that random resized crops vary, alike on all frames"),
    augreg.Operation(name="image.brightness", why=_SPACE),
    augreg.Operation(name="image.contrast", why=_SPACE),
    augreg.Operation(name="image.saturation", why=f"{_SPACE}; leaves gray clips as they are"),
    augreg.Operation(name="image.sharpen", why=_SPACE),
    augreg.Operation(
        name="image.posterize",
        level=(0.0, 4 / 7),
        weight=0.5,
        why=f"{_SPACE}; to 4 bits; half as often, as five strengths are all",
    ),
    augreg.Operation(name="image.solarize", why=_SPACE),
    augreg.Operation(name="image.gaussian_blur", level=(0.2, 1.0), why=f"{_ROBUST}; less cannot be seen in small ones"),
    augreg.Operation(
        name="image.coarse_dropout",
        level=(0.1, 1.0),
        why="Cutout (DeVries and Taylor 2017), the same holes in all frames",
    ),
    augreg.Operation(name="video.noise", why="what sensors do: noise of its own in every frame"),
    augreg.Operation(
        name="video.freeze",
        weight=0.5,
        why="what bad connections do: a stretch stands still; short clips have few stretches",
    ),
    augreg.Operation(name="video.temporal_blur", level=(0.1, 1.0), why="what long exposures do"),
)
"""All take bytes and floats of 1 and 3 channels and all targets, keep shape and length, and stay in step with sound.

Left out: what moves frames in time, since actions are told by their direction and sound has to follow; codecs, which
take bytes only; what the set for pictures leaves out.
"""

VIDEO_MIX_1: Final = (
    augreg.Operation(name="video.mixup", level="own", why="Zhang et al. 2018, arXiv:1710.09412, on clips"),
    augreg.Operation(name="video.cutmix", level="own", why="Yun et al. 2019, arXiv:1905.04899, on clips"),
)

SETS: Final[tuple[augreg.OperationSet, ...]] = (
    augreg.OperationSet(
        name="video/1",
        modality="video",
        operations=VIDEO_1,
        summary="Geometry, tone, blur, noise, holes and freezes that keep the label, the shape and the time.",
    ),
    augreg.OperationSet(
        name="video/mix/1", modality="video", operations=VIDEO_MIX_1, summary="Mixing two clips and their labels."
    ),
)

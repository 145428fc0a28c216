"""The image augmenters that this plugin lists as video augmenters: facts only, nothing heavy is imported."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final


@dataclasses.dataclass(frozen=True, slots=True)
class Listing:
    """A video augmenter made from an image augmenter: its summary, other defaults, whether it renames classes."""

    image: str
    summary: str
    defaults: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    renames: bool = False


LISTED: Final = {
    "HFlip": Listing("image.hflip", "Mirror the frames left and right.", renames=True),
    "ResizedCrop": Listing(
        "image.resized_crop",
        "Cut a rectangle of random area and proportions out of the frames and scale it to a fixed size.",
    ),
    "ColorJitter": Listing(
        "image.color_jitter", "Change brightness, contrast, saturation and hue of the frames by random amounts."
    ),
    "CameraShake": Listing(
        "image.affine",
        "Move and turn the frames along a smooth random path, as a camera held by hand does.",
        {
            "temporal": "smooth",
            "period": 6.0,
            "degrees": (-1.5, 1.5),
            "translate": (-0.03, 0.03),
            "scale": (1.0, 1.03),
            "shear": (0.0, 0.0),
            "border": "reflect",
        },
    ),
    "Flicker": Listing(
        "image.brightness",
        "Let the brightness of the frames waver along a smooth random path.",
        {"temporal": "smooth", "period": 2.0, "factor": (0.7, 1.3)},
    ),
    "MixUp": Listing("image.mixup", "Blend clips with each other, and their labels."),
    "CutMix": Listing(
        "image.cutmix", "Paste a rectangle of another clip into all frames, and weight the labels by area."
    ),
}
"""Class of `augreg_video.spatial`, where they are made on first use -> what it is made of."""

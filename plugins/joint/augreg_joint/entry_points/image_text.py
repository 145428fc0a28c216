"""Joint augmenters of a picture and its caption."""

from collections.abc import Mapping, Sequence

import augreg

AUGREG_API = 1

_OFFERS = {
    "hflip": "mirror:HFlip",
    "color": "color:Color",
    "crop": "crop:Crop",
    "mixgen": "mixgen:MixGen",
}


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this namespace."""
    return [
        augreg.AugmenterSpec(
            f"image_text.{name}",
            f"augreg_joint.{target}",
            modalities=("image", "text"),
            tags=("joint", "caption"),
        )
        for name, target in _OFFERS.items()
    ]


@augreg.hookimpl
def augreg_spoken_of(records: Sequence[Sequence[str]]) -> list[Mapping[str, str]]:
    """Return of which meanings the captions of each record speak, and in which words."""
    from augreg_joint.speaking import spoken_of

    return [spoken_of(texts) for texts in records]

"""Joint augmenters of a picture and its caption."""

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

"""Joint augmenters of a picture and its caption."""

import augreg

AUGREG_API = 1

_OFFERS = {
    "hflip": ("mirror:HFlip", "Mirror the picture, and left and right in its caption."),
    "color": ("color:Color", "Change the colors of the picture so that the color words of its caption stay true."),
    "crop": ("crop:Crop", "Crop the picture so that its caption stays true: what is mentioned stays in sight."),
    "mixgen": ("mixgen:MixGen", "Mix the picture with that of another record and join their captions (MixGen)."),
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
            summary=text,
        )
        for name, (target, text) in _OFFERS.items()
    ]

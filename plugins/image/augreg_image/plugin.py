"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

_GEOMETRY = {
    "hflip": ("geometry:HFlip", "Mirror left and right."),
    "vflip": ("geometry:VFlip", "Mirror top and bottom."),
    "rotate": ("geometry:Rotate", "Rotate about the middle by a random angle."),
    "affine": ("geometry:Affine", "Rotate, scale, shear and move by random amounts."),
}
_SIZE = {
    "resize": ("resize:Resize", "Scale to a fixed size."),
    "resized_crop": ("resize:ResizedCrop", "Cut out a random rectangle and scale it to a fixed size."),
}
_COLOR = {
    "brightness": ("photometric:Brightness", "Multiply all values by a random factor."),
    "contrast": ("photometric:Contrast", "Move values away from or towards the mean grey level."),
    "color_jitter": ("photometric:ColorJitter", "Change brightness, contrast, saturation and hue by random amounts."),
    "normalize": ("photometric:Normalize", "Turn values into floats with a given mean and standard deviation."),
}
_BLUR = {
    "gaussian_blur": ("blur:GaussianBlur", "Blur with a Gaussian of random width."),
}
_NOISE = {
    "gaussian_noise": ("noise:GaussianNoise", "Add Gaussian noise of random strength."),
}
_DROPOUT = {
    "erasing": ("erasing:Erasing", "Cover a random rectangle."),
}
_FAMILIES = {
    "geometry": _GEOMETRY,
    "size": _SIZE,
    "color": _COLOR,
    "blur": _BLUR,
    "noise": _NOISE,
    "dropout": _DROPOUT,
}


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"image.{name}", f"augreg_image.{target}", modalities=("image",), tags=(tag,), summary=summary
        )
        for tag, family in _FAMILIES.items()
        for name, (target, summary) in family.items()
    ]

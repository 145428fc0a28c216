"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            "acme.vignette",
            "augreg_vignette.vignette:Vignette",
            modalities=("image",),
            tags=("light",),
        )
    ]

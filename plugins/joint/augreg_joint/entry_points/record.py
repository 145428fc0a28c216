"""Joint augmenters of whole records."""

import augreg

AUGREG_API = 1


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this namespace."""
    return [
        augreg.AugmenterSpec(
            "record.modality_dropout",
            "augreg_joint.dropout:ModalityDropout",
            modalities=("image", "audio", "video", "text"),
            tags=("joint",),
        )
    ]

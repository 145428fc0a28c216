"""Joint augmenters of video and its sound track."""

import augreg

AUGREG_API = 1

_OFFERS = {
    "speed": ("Speed", "Play film and sound faster or slower together."),
    "temporal_crop": ("TemporalCrop", "Keep one stretch of the film and exactly its sound."),
    "shift": ("Shift", "Move film and sound along the time line together; the record stays as long as it is."),
    "reverse": ("Reverse", "Play film and sound backwards."),
    "offset": ("Offset", "Misalign the sound with the film, on purpose, and say by how much."),
}


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this namespace."""
    return [
        augreg.AugmenterSpec(
            f"av.{name}", f"augreg_joint.av:{cls}", modalities=("video", "audio"), tags=("joint", "time"), summary=text
        )
        for name, (cls, text) in _OFFERS.items()
    ]

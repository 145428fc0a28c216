"""Joint augmenters of video and its sound track."""

import augreg

AUGREG_API = 1

_OFFERS = {
    "speed": "Speed",
    "temporal_crop": "TemporalCrop",
    "shift": "Shift",
    "reverse": "Reverse",
    "offset": "Offset",
}


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this namespace."""
    return [
        augreg.AugmenterSpec(
            f"av.{name}", f"augreg_joint.av:{cls}", modalities=("video", "audio"), tags=("joint", "time")
        )
        for name, cls in _OFFERS.items()
    ]

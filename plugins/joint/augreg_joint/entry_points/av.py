"""Joint augmenters of video and its sound track."""

import augreg

AUGREG_API = 1

_OFFERS = {
    "speed": "av:Speed",
    "temporal_crop": "av:TemporalCrop",
    "shift": "av:Shift",
    "reverse": "av:Reverse",
    "offset": "av:Offset",
    "hflip": "av_mirror:HFlip",
}


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this namespace."""
    return [
        augreg.AugmenterSpec(
            f"av.{name}",
            f"augreg_joint.{place}",
            modalities=("video", "audio"),
            tags=("joint", "geometry" if name == "hflip" else "time"),
        )
        for name, place in _OFFERS.items()
    ]

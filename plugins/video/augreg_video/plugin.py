"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg
from augreg_video import operation_sets
from augreg_video.aliases import ALIASES
from augreg_video.listed import LISTED

AUGREG_API = 1

_TIME = {
    "temporal_crop": "TemporalCrop",
    "subsample": "Subsample",
    "reverse": "Reverse",
    "speed": "Speed",
}
_SEQUENCE = {
    "shift": "Shift",
    "frame_drop": "FrameDrop",
    "duplicate": "Duplicate",
    "freeze": "Freeze",
    "clip_shuffle": "ClipShuffle",
    "fit_length": "FitLength",
}
_RATE = {
    "frame_rate": "FrameRate",
}
_QUALITY = {
    "noise": "noise:Noise",
    "temporal_blur": "blur:TemporalBlur",
    "compression": "compression:Compression",
}
_OVERLAYS = {
    "letterbox": "Letterbox",
    "text_overlay": "TextOverlay",
    "logo": "Logo",
}
_SPACE = {
    "hflip": "HFlip",
    "resized_crop": "ResizedCrop",
    "color_jitter": "ColorJitter",
    "camera_shake": "CameraShake",
    "flicker": "Flicker",
    "mixup": "MixUp",
    "cutmix": "CutMix",
}


def _summary(cls: str) -> str:
    """Return what a class does that is made on first use; those with source say it in their docstrings."""
    return LISTED[cls].summary if cls in LISTED else ""


def _specs(table: dict[str, str], tag: str, module: str = "") -> list[augreg.AugmenterSpec]:
    where = f"augreg_video.{module}:" if module else "augreg_video."
    return [
        augreg.AugmenterSpec(
            f"video.{name}",
            where + cls,
            ("video",),
            (tag,),
            _summary(cls),
            aliases=tuple(ALIASES.get(name, "").split()),
        )
        for name, cls in table.items()
    ]


@augreg.hookimpl
def augreg_lifts() -> list[augreg.LiftSpec]:
    """Every image augmenter is a video augmenter."""
    return [augreg.LiftSpec(source="image", modality="video", target="augreg_video.frames:Frames")]


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        *_specs(_TIME, "time", "temporal"),
        *_specs(_SEQUENCE, "time", "sequence"),
        *_specs(_RATE, "time", "framerate"),
        *_specs(_SPACE, "frames", "spatial"),
        *_specs(_QUALITY, "quality"),
        *_specs(_OVERLAYS, "overlay", "overlay"),
    ]


@augreg.hookimpl
def augreg_policies() -> list[augreg.OperationSet]:
    """Return the sets of operations that policies draw from for clips."""
    return list(operation_sets.SETS)

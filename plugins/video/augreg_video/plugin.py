"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

_TIME = {
    "temporal_crop": ("TemporalCrop", "Keep one stretch of consecutive frames."),
    "subsample": ("Subsample", "Keep a fixed number of frames, spread over the whole clip."),
    "reverse": ("Reverse", "Play the clip backwards."),
    "speed": ("Speed", "Play the clip faster or slower at the same frame rate."),
}
_SEQUENCE = {
    "shift": ("Shift", "Move the frames along the time line of the clip, which stays as long as it is."),
    "frame_drop": ("FrameDrop", "Lose random frames, as a bad connection does."),
    "duplicate": ("Duplicate", "Show random frames twice, which makes the clip longer and lets it stutter."),
    "freeze": ("Freeze", "Let the picture stand still for a while; the time line goes on."),
    "clip_shuffle": ("ClipShuffle", "Cut the clip into equal segments and play them in random order."),
    "fit_length": (
        "FitLength",
        "Bring every clip to one number of frames: cut longer ones, continue shorter ones.",
    ),
}
_RATE = {"frame_rate": ("FrameRate", "Show the clip at another frame rate, as long and as fast as before.")}
_QUALITY = {
    "noise": ("noise:Noise", "Add Gaussian noise that is correlated along time as strongly as you choose."),
    "temporal_blur": ("blur:TemporalBlur", "Average every frame with its neighbors in time, with Gaussian weights."),
    "compression": (
        "compression:Compression",
        "Send the clip through a video codec, in memory, with the losses of a low bit rate.",
    ),
}
_OVERLAYS = {
    "letterbox": (
        "Letterbox",
        "Cover two opposite edges of the frames with bars, as a film on a screen of another shape has them.",
    ),
    "text_overlay": ("TextOverlay", "Write a line of text over all frames, at a random place, in a random gray."),
    "logo": ("Logo", "Put a picture from a file over all frames, at a random place."),
}
_SPACE = {
    "hflip": ("HFlip", "Mirror the frames left and right."),
    "resized_crop": (
        "ResizedCrop",
        "Cut a rectangle of random area and proportions out of the frames and scale it to a fixed size.",
    ),
    "color_jitter": (
        "ColorJitter",
        "Change brightness, contrast, saturation and hue of the frames by random amounts.",
    ),
    "camera_shake": (
        "CameraShake",
        "Move and turn the frames along a smooth random path, as a camera held by hand does.",
    ),
    "flicker": ("Flicker", "Let the brightness of the frames waver along a smooth random path."),
    "mixup": ("MixUp", "Blend clips with each other, and their labels."),
    "cutmix": ("CutMix", "Paste a rectangle of another clip into all frames, and weight the labels by area."),
}


def _specs(table: dict[str, tuple[str, str]], tag: str, module: str = "") -> list[augreg.AugmenterSpec]:
    where = f"augreg_video.{module}:" if module else "augreg_video."
    return [
        augreg.AugmenterSpec(f"video.{name}", where + cls, modalities=("video",), tags=(tag,), summary=summary)
        for name, (cls, summary) in table.items()
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

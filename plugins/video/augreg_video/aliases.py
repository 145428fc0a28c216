"""What other libraries call our augmenters: people search by the names that they know.

`library.Name` does the same thing, though its parameters may be other ones and in other units; `~library.Name` is only
like it.
"""

from typing import Final

ALIASES: Final = {
    "temporal_crop": "augly.Trim augly.TimeCrop",
    "subsample": "torchvision.UniformTemporalSubsample pytorchvideo.UniformTemporalSubsample "
    "albumentationsx.UniformTemporalSubsample",
    "speed": "augly.ChangeVideoSpeed",
    "frame_drop": "~augly.TimeDecimate ~augly.ReplaceWithColorFrames",
    "fit_length": "~augly.Loop",
    "frame_rate": "augly.FPS",
    "compression": "augly.EncodingQuality",
    "text_overlay": "augly.OverlayText",
    "logo": "augly.Overlay ~augly.OverlayEmoji",
    "hflip": "augly.HFlip",
    "resized_crop": "pytorchvideo.RandomResizedCrop",
    "color_jitter": "augly.ColorJitter",
    "camera_shake": "~augly.PerspectiveTransformAndShake",
    "mixup": "pytorchvideo.MixUp",
    "cutmix": "pytorchvideo.CutMix",
    "temporal_blur": "~kornia.RandomMotionBlur3D",
}
"""Name without its namespace -> what others call it."""

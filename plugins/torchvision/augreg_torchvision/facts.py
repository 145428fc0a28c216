"""What the index says of torchvision's transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

LEFT_OUT: Final = {
    **dict.fromkeys(
        ("Compose", "RandomApply", "RandomChoice", "RandomOrder"),
        "it takes transforms; a pipeline has p, one_of and some_of",
    ),
    **dict.fromkeys(
        ("ConvertImageDtype", "PILToTensor", "ToDtype", "ToImage", "ToPILImage", "ToPureTensor", "ToTensor"),
        "it changes what holds a picture; samples come back as they came, and image.to_tensor gives tensors",
    ),
    **dict.fromkeys(
        ("ClampBoundingBoxes", "ClampKeyPoints", "ConvertBoundingBoxFormat", "SetClampingMode"),
        "it changes how boxes and points are held; here they are always clipped, and keep their format",
    ),
    **dict.fromkeys(("SanitizeBoundingBoxes", "SanitizeKeyPoints"), "image.sanitize does so, without functions"),
    **dict.fromkeys(("CutMix", "MixUp"), "it takes batches; image.cutmix and image.mixup mix by key"),
    **dict.fromkeys(("FiveCrop", "TenCrop"), "it makes several pictures of one; see views in docs/views.md"),
    "Lambda": "it takes functions, which no pipeline file can hold; write an augmenter, see docs/plugins.md",
    "LinearTransformation": "it takes tensors, which no pipeline file can hold",
    "Transform": "it is the base of the others",
    "UniformTemporalSubsample": "it takes clips; video.subsample does so",
}
"""What is not offered, and why."""

_MOVES = ("chirality", "orientation", "position", "size", "proportions", "completeness", "content")
_LOOKS = (
    "hue", "saturation", "brightness", "contrast", "sharpness", "noise", "artifacts", "weather", "legibility",
    "completeness", "content",
)  # fmt: skip
UNKNOWN: Final = tuple(sorted({*_MOVES, *_LOOKS}))
"""What a transform that stands in no line below may alter: all that one can."""

_GEOMETRY: Final = {
    "position size completeness": ("CenterCrop", "RandomCrop"),
    "position size proportions completeness": ("ElasticTransform", "RandomIoUCrop", "RandomResizedCrop"),
    "position size content": ("Pad", "RandomZoomOut"),
    "orientation position size proportions completeness": ("RandomAffine", "RandomPerspective"),
    "orientation position size completeness": ("RandomRotation",),
    "chirality position": ("RandomHorizontalFlip",),
    "chirality orientation position": ("RandomVerticalFlip",),
    "size proportions sharpness": ("RandomResize", "Resize"),
    "size sharpness": ("RandomShortestSize", "ScaleJitter"),
}
_COLOR: Final = {
    "": ("Identity", "Normalize", "RGB"),
    "brightness contrast hue saturation": ("ColorJitter", "RandomAutocontrast", "RandomEqualize", "RandomPosterize"),
    "brightness contrast hue saturation ": ("RandomInvert", "RandomPhotometricDistort", "RandomSolarize"),
    "hue saturation": ("Grayscale", "RandomChannelPermutation", "RandomGrayscale"),
    "sharpness legibility": ("GaussianBlur",),
    "sharpness contrast": ("RandomAdjustSharpness",),
    "noise hue": ("GaussianNoise",),
    "artifacts sharpness hue": ("JPEG",),
    "completeness": ("RandomErasing",),
}
_POLICIES: Final = ("AugMix", "AutoAugment", "RandAugment", "TrivialAugmentWide")

MOVES: Final = frozenset(name for names in _GEOMETRY.values() for name in names)
"""Transforms that move boxes, masks and points."""
REFUSES: Final = frozenset(_POLICIES)
"""Transforms that move pictures and not what is in them."""
ALTERS: Final = {
    **{name: tuple(words.split()) for group in (_GEOMETRY, _COLOR) for words, names in group.items() for name in names},
    **dict.fromkeys(
        _POLICIES,
        (
            "orientation",
            "position",
            "proportions",
            "completeness",
            "hue",
            "saturation",
            "brightness",
            "contrast",
            "sharpness",
        ),
    ),
}
"""Transform -> meanings that it may alter."""
TAGS: Final = {"crop": ("Crop",), "flip": ("Flip",), "blur": ("Blur",), "noise": ("Noise",), "compression": ("JPEG",)}

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "CenterCrop": ({"size": [24, 30]},),
    "ColorJitter": ({"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.1},),
    "ElasticTransform": ({"alpha": 8.0},),
    "GaussianBlur": ({"kernel_size": 3},),
    "JPEG": ({"quality": [20, 90]},),
    "Normalize": ({"mean": [0.4, 0.5, 0.4], "std": [0.2, 0.2, 0.2]},),
    "Pad": ({"padding": 4},),
    "RandomAdjustSharpness": ({"sharpness_factor": 2.0},),
    "RandomAffine": ({"degrees": 20, "translate": [0.1, 0.1], "scale": [0.9, 1.2]},),
    "RandomCrop": ({"size": [24, 30]},),
    "RandomPosterize": ({"bits": 3},),
    "RandomResize": ({"min_size": 30, "max_size": 60},),
    "RandomResizedCrop": ({"size": [32, 40], "scale": [0.5, 1.0]},),
    "RandomRotation": ({"degrees": 20},),
    "RandomShortestSize": ({"min_size": [30, 40, 50]},),
    "RandomSolarize": ({"threshold": 0.5},),
    "Resize": ({"size": [32, 40]},),
    "ScaleJitter": ({"target_size": [60, 70], "scale_range": [0.5, 1.2]},),
}
"""Configurations that fit small pictures, for transforms that need parameters, or do little by default."""

CHANGES_SHAPE: Final = ("Grayscale", "RGB")
CHANGES_RANGE: Final = ("Normalize",)
CHANNELS: Final = {"RGB": (1, 3)}
"""Transform -> numbers of channels for which it is meant, of those that it does not refuse."""
ANY_CHANNELS: Final = ("Normalize",)
"""Transforms that take as many channels as their parameters say."""
WANTS: Final = {"RandomIoUCrop": "boxes"}
"""Transform -> a target that it cannot do without: samples that have none are given an empty one."""
CHOICES: Final = {
    "interpolation": ["nearest", "nearest-exact", "bilinear", "bicubic"],
    "policy": ["imagenet", "cifar10", "svhn"],
    "clamping_mode": ["soft", "hard", "auto"],
}
"""Parameter -> the texts that stand for torchvision's constants."""
DROPPED: Final = ("clip", "inplace", "labels_getter", "p")
"""Parameters that are not offered: noise is always clipped, since pictures have values from 0 to 1."""
MEMORY: Final[dict[str, float]] = {
    "AugMix": 57, "GaussianBlur": 49, "RandomAdjustSharpness": 49, "RandomPhotometricDistort": 37,
}  # fmt: skip
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""
MEMORY_OF_MOST: Final = 24.0

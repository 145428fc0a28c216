"""What the index says of kornia's transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

_MIXES: Final = "it mixes the pictures of a batch; {} does so by key"

LEFT_OUT: Final = {
    **dict.fromkeys(
        (
            "CenterCrop3D", "RandomAffine3D", "RandomCrop3D", "RandomDepthicalFlip3D", "RandomEqualize3D",
            "RandomHorizontalFlip3D", "RandomMotionBlur3D", "RandomPerspective3D", "RandomRotation3D",
            "RandomTransplantation3D", "RandomVerticalFlip3D",
        ),
        "it takes volumes, which are no kind of sample of augreg",
    ),
    **dict.fromkeys(
        (
            "AugmentationSequential", "ImageSequential", "ManyToManyAugmentationDispather",
            "ManyToOneAugmentationDispather", "PatchSequential", "VideoSequential",
        ),
        "it takes transforms; a pipeline has p, sequential, one_of and some_of, and video.* move whole clips",
    ),
    **dict.fromkeys(
        ("AutoAugment", "TrivialAugment"),
        "it draws one operation for a whole batch; augreg.policies.from_kornia reads it, and draws for each picture",
    ),
    "RandAugment": "it draws one operation for a whole batch; policy.rand draws for each picture",
    "PatchMix": _MIXES.format("image.cutmix"),
    "RandomCutMixV2": _MIXES.format("image.cutmix"),
    "RandomMixUpV2": _MIXES.format("image.mixup"),
    "RandomMosaic": _MIXES.format("image.mosaic"),
    "RandomTransplantation": _MIXES.format("image.copy_paste"),
    "RandomJigsaw": "it moves parts of pictures and nothing of what they show; image.grid_shuffle moves masks along",
    "RandomDissolving": "it fetches a diffusion model when it is made",
}  # fmt: skip
"""What is not offered, and why."""

_MOVES = ("chirality", "orientation", "position", "size", "proportions", "completeness", "content")
_LOOKS = (
    "hue", "saturation", "brightness", "contrast", "sharpness", "noise", "artifacts", "weather", "legibility",
    "completeness", "content",
)  # fmt: skip
UNKNOWN: Final = tuple(sorted({*_MOVES, *_LOOKS}))
"""What a transform that stands in no line below may alter: all that one can."""

_RIGID: Final = {
    "position size completeness": ("CenterCrop", "RandomCrop"),
    "position size proportions completeness": ("RandomResizedCrop",),
    "position size completeness content": ("PadTo",),
    "orientation position size proportions completeness chirality": ("RandomAffine", "RandomPerspective"),
    "orientation position size completeness": ("RandomRotation", "RandomRotation90"),
    "orientation position proportions completeness": ("RandomShear",),
    "position completeness": ("RandomTranslate",),
    "chirality position": ("RandomHorizontalFlip",),
    "chirality orientation position": ("RandomVerticalFlip",),
    "size proportions sharpness": ("Resize",),
    "size sharpness": ("LongestMaxSize", "SmallestMaxSize"),
}
_BENDS: Final = {
    "position size proportions completeness": ("RandomElasticTransform", "RandomFisheye", "RandomThinPlateSpline"),
}
_COLOR: Final = {
    "": ("Denormalize", "Normalize"),
    "brightness": ("RandomBrightness", "RandomGaussianIllumination", "RandomLinearCornerIllumination"),
    "brightness ": ("RandomLinearIllumination",),
    "brightness content": ("RandomPlasmaShadow",),
    "brightness contrast": ("RandomContrast", "RandomGamma"),
    "brightness contrast hue saturation": (
        "ColorJiggle", "ColorJitter", "RandomAutoContrast", "RandomClahe", "RandomEqualize", "RandomInvert",
        "RandomPlasmaBrightness", "RandomPlasmaContrast", "RandomPosterize", "RandomSolarize",
    ),
    "hue saturation": ("RandomChannelShuffle", "RandomGrayscale", "RandomHue", "RandomSaturation"),
    "hue saturation brightness": ("RandomChannelDropout", "RandomPlanckianJitter", "RandomRGBShift"),
    "sharpness legibility": ("RandomBoxBlur", "RandomGaussianBlur", "RandomMedianBlur", "RandomMotionBlur"),
    "sharpness contrast": ("RandomSharpness",),
    "noise hue brightness": ("RandomGaussianNoise",),
    "noise hue": ("RandomSaltAndPepperNoise",),
    "artifacts sharpness hue": ("RandomJPEG",),
    "completeness": ("RandomErasing",),
    "weather brightness contrast content saturation hue sharpness": ("RandomRain", "RandomSnow"),
}  # fmt: skip

RIGID: Final = frozenset(name for names in _RIGID.values() for name in names)
"""Transforms that have a matrix, by which boxes, masks and points move."""
BENDS: Final = frozenset(name for names in _BENDS.values() for name in names)
"""Transforms that move pictures by no matrix: boxes and points cannot follow."""
MASKS_ALONE: Final = ("RandomElasticTransform",)
"""Of these, what moves masks all the same."""
ALTERS: Final = {
    name: tuple(words.split()) for group in (_RIGID, _BENDS, _COLOR) for words, names in group.items() for name in names
}
"""Transform -> meanings that it may alter."""
TAGS: Final = {
    "crop": ("Crop",), "flip": ("Flip",), "blur": ("Blur",), "noise": ("Noise",), "compression": ("JPEG",),
    "weather": ("Rain", "Snow", "Shadow"),
}  # fmt: skip

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "CenterCrop": ({"size": [24, 30]},),
    "ColorJiggle": ({"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.1},),
    "ColorJitter": ({"brightness": 0.3, "contrast": 0.3, "saturation": 0.3, "hue": 0.1},),
    "Denormalize": ({"mean": [0.4, 0.5, 0.4], "std": [0.2, 0.2, 0.2]},),
    "LongestMaxSize": ({"max_size": 40},),
    "Normalize": ({"mean": [0.4, 0.5, 0.4], "std": [0.2, 0.2, 0.2]},),
    "PadTo": ({"size": [70, 90]},),
    "RandomAffine": ({"degrees": 20.0, "translate": [0.1, 0.1], "scale": [0.9, 1.2]},),
    "RandomBrightness": ({"brightness": [0.7, 1.3]},),
    "RandomClahe": ({"clip_limit": [2.0, 20.0], "grid_size": [4, 4]},),
    "RandomContrast": ({"contrast": [0.6, 1.4]},),
    "RandomCrop": ({"size": [24, 30]},),
    "RandomElasticTransform": ({"kernel_size": [13, 13], "sigma": [4.0, 4.0], "alpha": [0.4, 0.4]},),
    "RandomFisheye": ({"center_x": [-0.2, 0.2], "center_y": [-0.2, 0.2], "gamma": [0.8, 1.5]},),
    "RandomGamma": ({"gamma": [0.6, 1.6]},),
    "RandomGaussianBlur": ({"kernel_size": 3, "sigma": [0.3, 1.5]},),
    "RandomGaussianNoise": ({"std": 0.1},),
    "RandomHue": ({"hue": [-0.3, 0.3]},),
    "RandomJPEG": ({"jpeg_quality": [20.0, 90.0]},),
    "RandomMotionBlur": ({"kernel_size": [3, 7], "angle": 45.0, "direction": 0.5},),
    "RandomPosterize": ({"bits": [2.0, 5.0]},),
    "RandomRain": ({"number_of_drops": [20, 60], "drop_height": [3, 8], "drop_width": [-3, 3]},),
    "RandomResizedCrop": ({"size": [32, 40], "scale": [0.5, 1.0]},),
    "RandomRotation": ({"degrees": 20.0},),
    "RandomRotation90": ({"times": [0, 3]},),
    "RandomSaturation": ({"saturation": [0.4, 1.6]},),
    "RandomSharpness": ({"sharpness": [0.0, 1.0]},),
    "RandomShear": ({"shear": 15.0},),
    "RandomSnow": ({"snow_coefficient": [0.2, 0.6], "brightness": [1.2, 2.0]},),
    "RandomSolarize": ({"thresholds": [0.2, 0.8]},),
    "RandomTranslate": ({"translate_x": [-0.1, 0.1], "translate_y": [-0.1, 0.1]},),
    "Resize": ({"size": [32, 40]},),
    "SmallestMaxSize": ({"max_size": 40},),
}
"""Configurations that fit small pictures, for transforms that need parameters, or do little by default."""

CHANGES_SHAPE: Final = ("PadTo",)
CHANGES_RANGE: Final = ("Denormalize", "Normalize")
"""What brings values to another scale, and so takes no pictures of 8 bits; all others are cut off at 0 and 1."""
ANY_CHANNELS: Final = CHANGES_RANGE
"""Transforms that take as many channels as their parameters say."""
TENSORS: Final = {"RandomFisheye": ("center_x", "center_y", "gamma"), "RandomGrayscale": ("rgb_weights",)}
"""Transform -> parameters that kornia takes as tensors; here they are lists of numbers."""

_BORDERS: Final = ["constant", "reflect", "replicate", "circular"]
_SAMPLED: Final = ["zeros", "border", "reflection"]
CHOICES: Final = {
    "border_type": _BORDERS,
    "cropping_mode": ["slice", "resample"],
    "mode": ["blackbody", "cied"],
    "pad_mode": _BORDERS,
    "padding_mode": _SAMPLED,
    "resample": ["nearest", "bilinear", "bicubic"],
    "sampling_method": ["basic", "area_preserving"],
    "side": ["short", "long", "vert", "horz"],
    "RandomAffine.padding_mode": [*_SAMPLED, "fill"],
    "RandomCrop.padding_mode": _BORDERS,
}
"""Parameter, of one transform or of all -> the texts that kornia takes for it."""
DROPPED: Final = ("clip_output", "keepdim", "max_val", "p", "p_batch", "same_on_batch", "slow_and_differentiable")
"""Parameters that are not offered: what the step says, what is about batches, and scales other than from 0 to 1."""

MEMORY: Final[dict[str, float]] = {"RandomPlasmaBrightness": 165, "RandomPlasmaContrast": 165}
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""
MEMORY_OF_MOST: Final = 48.0

"""What the index says of MONAI's transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

LEFT_OUT: Final = {
    **dict.fromkeys(
        ("Compose", "OneOf", "RandomOrder", "SomeOf"), "it takes transforms; a pipeline has p, one_of and some_of"
    ),
    **dict.fromkeys(("CutMix", "CutOut", "MixUp"), "it takes batches; image.mixup and image.cutmix mix by key"),
    **dict.fromkeys(
        ("RandCropByLabelClasses", "RandCropByPosNegLabel", "RandWeightedCrop", "RandSpatialCropSamples"),
        "it makes several pictures of one, some by a map of labels that it wants beside; image.mask_crop crops around "
        "masks",
    ),
    **dict.fromkeys(
        ("RandSmoothDeform", "RandSmoothFieldAdjustContrast", "RandSmoothFieldAdjustIntensity"),
        "it takes pictures of one size, told when it is made; image.elastic and image.illumination take any",
    ),
    **dict.fromkeys(("Rand3DElastic",), "it takes volumes, which are no kind of sample of augreg"),
    **dict.fromkeys(
        (
            "SignalRandAddGaussianNoise", "SignalRandAddSine", "SignalRandAddSinePartial", "SignalRandAddSquarePulse",
            "SignalRandAddSquarePulsePartial", "SignalRandDrop", "SignalRandScale", "SignalRandShift",
        ),
        "it takes signals; audio.* does the like to sounds",
    ),
    **dict.fromkeys(
        ("IntensityRemap", "RandIntensityRemap"),
        "it draws from a generator that all of MONAI shares, where no seed reaches; image.histogram_shift shifts tones",
    ),
    **dict.fromkeys(
        ("RandCuCIM", "RandTorchIO", "RandTorchVision"),
        "it calls a transform of another library, which draws where no seed reaches",
    ),
    **dict.fromkeys(("RandMark", "RandRangePop", "RandRangePush"), "it marks times for a profiler, and does nothing"),
    "RandIdentity": "it does nothing",
    **dict.fromkeys(
        ("RandAffineGrid", "RandDeformGrid", "SmoothField"), "it makes grids or fields, not pictures; others use them"
    ),
    "AddExtremePointsChannel": "it wants a map of labels beside the picture",
    "RandCoarseTransform": "it is the base of others",
    "RandGridPatch": "it makes several pictures of one; see views in docs/views.md",
    "RandImageFilter": "its filters are image.box_blur, image.median_blur, image.sharpen and kin",
    "RandLambda": "it takes functions, which no pipeline file can hold; write an augmenter, see docs/plugins.md",
    "RandomizableTransform": "it is the base of others",
}  # fmt: skip
"""What is not offered, and why; dictionary transforms (`RandFlipd`) do what those of arrays do."""

_MOVES = ("chirality", "orientation", "position", "size", "proportions", "completeness", "content")
_LOOKS = (
    "hue", "saturation", "brightness", "contrast", "sharpness", "noise", "artifacts", "weather", "legibility",
    "completeness", "content",
)  # fmt: skip
UNKNOWN: Final = tuple(sorted({*_MOVES, *_LOOKS}))
"""What a transform that stands in no line below may alter: all that one can."""

_GEOMETRY: Final = {
    "position size completeness": ("RandScaleCrop", "RandSpatialCrop"),
    "position size proportions completeness content": ("RandZoom",),
    "position size proportions completeness content ": ("RandGridDistortion",),
    "orientation position size proportions completeness chirality content": ("Rand2DElastic", "RandAffine"),
    "orientation position size completeness content": ("RandRotate",),
    "orientation position": ("RandRotate90",),
    "chirality orientation position": ("RandAxisFlip", "RandFlip"),
}
_VALUES: Final = {
    "brightness contrast hue saturation": (
        "RandAdjustContrast", "RandBiasField", "RandHistogramShift", "RandScaleIntensity",
        "RandScaleIntensityFixedMean", "RandShiftIntensity", "RandStdShiftIntensity",
    ),
    "completeness": ("RandCoarseDropout",),
    "completeness artifacts": ("RandCoarseShuffle",),
    "noise hue brightness": ("RandGaussianNoise", "RandRicianNoise"),
    "sharpness legibility": ("RandGaussianSmooth",),
    "sharpness legibility artifacts": ("RandSimulateLowResolution",),
    "sharpness contrast brightness hue saturation artifacts": ("RandGaussianSharpen",),
    "artifacts sharpness legibility hue brightness contrast": ("RandGibbsNoise",),
    "artifacts noise brightness contrast hue saturation": ("RandKSpaceSpikeNoise",),
}  # fmt: skip

MOVES: Final = frozenset(name for names in _GEOMETRY.values() for name in names)
"""Transforms that move masks."""
ALTERS: Final = {
    name: tuple(words.split()) for group in (_GEOMETRY, _VALUES) for words, names in group.items() for name in names
}
"""Transform -> meanings that it may alter."""
TAGS: Final = {
    "crop": ("Crop",), "flip": ("Flip",), "blur": ("Smooth", "LowResolution"), "noise": ("Noise",),
    "dropout": ("CoarseDropout",),
}  # fmt: skip

FOR_MASKS: Final = {
    "Rand2DElastic": {"mode": "nearest"},
    "RandAffine": {"mode": "nearest"},
    "RandGridDistortion": {"mode": "nearest"},
    "RandRotate": {"mode": "nearest"},
    "RandZoom": {"mode": "nearest-exact"},
}
"""Transform -> how it is called for masks, whose labels are not to be blended; others move whole pixels."""

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "Rand2DElastic": ({"spacing": [12, 12], "magnitude_range": [0.5, 1.5]},),
    "RandAffine": ({"rotate_range": 0.3, "translate_range": [4, 4], "scale_range": [0.1, 0.1]},),
    "RandCoarseDropout": ({"holes": 2, "spatial_size": [8, 8]},),
    "RandCoarseShuffle": ({"holes": 2, "spatial_size": [8, 8]},),
    "RandGridDistortion": ({"num_cells": 4, "distort_limit": [-0.2, 0.2]},),
    "RandKSpaceSpikeNoise": ({"intensity_range": [7.0, 9.0]},),
    "RandRicianNoise": ({"std": 0.1},),
    "RandRotate": ({"range_x": 0.3},),
    "RandScaleCrop": ({"roi_scale": [0.6, 0.7]},),
    "RandScaleIntensity": ({"factors": 0.3},),
    "RandScaleIntensityFixedMean": ({"factors": 0.3},),
    "RandShiftIntensity": ({"offsets": 0.2},),
    "RandSimulateLowResolution": ({"zoom_range": [0.3, 0.8]},),
    "RandSpatialCrop": ({"roi_size": [24, 30]},),
    "RandStdShiftIntensity": ({"factors": 0.5},),
    "RandZoom": ({"min_zoom": 0.8, "max_zoom": 1.3},),
}
"""Configurations that fit small pictures, for transforms that need parameters, or do little by default."""

DEFAULTS: Final = {"RandSimulateLowResolution.upsample_mode": "bilinear"}
"""Parameter -> the default here, where MONAI's is for volumes."""
CHANGES_SHAPE: Final = ("Rand2DElastic", "RandAffine", "RandRotate", "RandRotate90", "RandZoom")
"""What changes shapes by a parameter or by chance."""
CHANGES_RANGE: Final = ("RandCoarseDropout",)
"""What leads out of the range from 0 to 1 by a parameter, beside what is measured to."""

_SAMPLED: Final = ["zeros", "border", "reflection"]
_RESIZED: Final = ["nearest", "nearest-exact", "bilinear", "area"]
CHOICES: Final = {
    "approx": ["erf", "sampled", "scalespace"],
    "downsample_mode": _RESIZED,
    "mode": ["nearest", "bilinear"],
    "padding_mode": _SAMPLED,
    "upsample_mode": _RESIZED,
    "RandZoom.mode": _RESIZED,
    "RandZoom.padding_mode": ["constant", "edge", "reflect", "symmetric", "wrap"],
}
"""Parameter, of one transform or of all -> the texts that MONAI takes for it; cubic ones would leave the range."""
DROPPED: Final = (
    "RandZoom.align_corners", "cache_grid", "device", "dtype", "lazy", "prob", "range_y", "range_z", "sigma1_z",
    "sigma2_z", "sigma_z",
)  # fmt: skip
"""Parameters that are not offered: what the step says, what is about volumes, and how MONAI works inside."""

MEMORY: Final[dict[str, float]] = {}
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""
MEMORY_OF_MOST: Final = 40.0

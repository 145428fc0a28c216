"""What the index says of albumentations' transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

LEFT_OUT: Final = {
    **dict.fromkeys(
        ("CenterCrop3D", "CoarseDropout3D", "CubicSymmetry", "Pad3D", "PadIfNeeded3D", "RandomCrop3D"),
        "it takes volumes, which are no kind of sample of augreg",
    ),
    **dict.fromkeys(
        ("ToTensorV2", "ToTensor3D"), "it gives tensors, which samples are already; image.to_tensor does so at the end"
    ),
    **dict.fromkeys(
        ("FDA", "HistogramMatching", "PixelDistributionAdaptation"),
        "it needs other pictures as arrays, which no pipeline file can hold; image.fda and image.histogram_match "
        "take them from the batch",
    ),
    "Lambda": "it takes functions, which no pipeline file can hold; write an augmenter, see docs/plugins.md",
    "Mosaic": "it needs other pictures in its metadata; image.mosaic takes them from the batch",
    "OverlayElements": "it needs pictures in the metadata of each sample; image.overlay lays files over pictures",
    "RandomCropNearBBox": "it needs a box in the metadata of each sample; image.box_crop takes those of the sample",
    "TextImage": "it needs a text and a place in the metadata of each sample",
}
"""What is not offered, and why."""

_MOVES = ("chirality", "orientation", "position", "size", "proportions", "completeness", "content")
_LOOKS = (
    "hue", "saturation", "brightness", "contrast", "sharpness", "noise", "artifacts", "weather", "legibility",
    "completeness", "content",
)  # fmt: skip

UNKNOWN: Final = {"dual": tuple(sorted({*_MOVES, *_LOOKS})), "image": _LOOKS}
"""What a transform that stands in no line below may alter: all that one of its kind can."""

_ALTERS: Final = {
    "": ("NoOp", "Normalize", "ToFloat", "FromFloat", "ToRGB"),
    "chirality position": ("HorizontalFlip",),
    "chirality position time_order": ("TimeReverse",),
    "chirality orientation position": ("VerticalFlip", "Transpose", "D4", "SquareSymmetry"),
    "orientation position": ("RandomRotate90",),
    "orientation position size completeness": ("Rotate", "SafeRotate", "ShiftScaleRotate"),
    "orientation position size proportions completeness chirality": ("Affine",),
    "position size proportions completeness orientation": ("Perspective",),
    "position size proportions completeness": (
        "CropAndPad", "ElasticTransform", "GridDistortion", "GridElasticDeform", "OpticalDistortion", "PiecewiseAffine",
        "RandomResizedCrop", "RandomSizedBBoxSafeCrop", "RandomSizedCrop", "ThinPlateSpline",
    ),
    "position size completeness": (
        "AtLeastOneBBoxRandomCrop", "BBoxSafeRandomCrop", "CenterCrop", "Crop", "CropNonEmptyMaskIfExists",
        "RandomCrop", "RandomCropFromBorders",
    ),
    "position size content": ("Pad", "PadIfNeeded"),
    "size proportions sharpness": ("Resize",),
    "size sharpness": ("LongestMaxSize", "RandomScale", "SmallestMaxSize"),
    "position completeness": ("RandomGridShuffle",),
    "completeness": (
        "CoarseDropout", "ConstrainedCoarseDropout", "Erasing", "FrequencyMasking", "GridDropout", "MaskDropout",
        "TimeMasking", "XYMasking",
    ),
    "noise hue completeness": ("PixelDropout",),
    "size sharpness legibility": ("Morphological",),
    "sharpness legibility": (
        "AdvancedBlur", "Blur", "Defocus", "Downscale", "GaussianBlur", "GlassBlur", "MedianBlur", "MotionBlur",
        "ZoomBlur",
    ),
    "sharpness artifacts": ("RingingOvershoot",),
    "sharpness contrast brightness": ("Emboss", "Sharpen", "UnsharpMask"),
    "sharpness completeness": ("Superpixels",),
    "artifacts hue": ("ChromaticAberration",),
    "artifacts sharpness hue": ("ImageCompression",),
    "noise hue brightness": ("AdditiveNoise", "GaussNoise", "ISONoise", "MultiplicativeNoise", "ShotNoise"),
    "noise": ("SaltAndPepper",),
    "weather contrast saturation sharpness brightness": ("RandomFog",),
    "weather brightness sharpness contrast content saturation hue": ("RandomRain", "RandomSnow"),
    "weather brightness content hue": ("RandomSunFlare",),
    "weather content hue": ("RandomGravel",),
    "weather artifacts completeness hue content": ("Spatter",),
    "brightness content": ("PlasmaShadow", "RandomShadow"),
    "brightness": ("Illumination",),
    "brightness contrast": ("PlasmaBrightnessContrast", "RandomGamma"),
    "brightness contrast hue saturation": (
        "AutoContrast", "CLAHE", "Equalize", "FancyPCA", "Posterize", "RandomBrightnessContrast", "RandomToneCurve",
    ),
    "hue saturation": ("ChannelShuffle", "ToGray", "ToSepia"),
    "hue saturation brightness": ("ChannelDropout", "ColorJitter", "HEStain", "HueSaturationValue", "RGBShift"),
    "hue brightness contrast saturation": ("InvertImg", "Solarize"),
    "hue": ("PlanckianJitter",),
}  # fmt: skip

ALTERS: Final = {name: tuple(words.split()) for words, names in _ALTERS.items() for name in names}
"""Transform -> meanings that it may alter."""

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "AtLeastOneBBoxRandomCrop": ({"height": 24, "width": 30},),
    "CenterCrop": ({"height": 24, "width": 30},),
    "ConstrainedCoarseDropout": ({"mask_indices": [1, 2]},),
    "Crop": ({"x_min": 3, "y_min": 4, "x_max": 33, "y_max": 28},),
    "CropAndPad": ({"percent": 0.1},),
    "CropNonEmptyMaskIfExists": ({"height": 24, "width": 30},),
    "GridElasticDeform": ({"num_grid_xy": [4, 4], "magnitude": 4},),
    "LongestMaxSize": ({"max_size": 40},),
    "RandomCrop": ({"height": 24, "width": 30},),
    "RandomResizedCrop": ({"size": [32, 40]},),
    "RandomSizedBBoxSafeCrop": ({"height": 32, "width": 40},),
    "RandomSizedCrop": ({"min_max_height": [38, 46], "size": [32, 40]},),
    "Resize": ({"height": 32, "width": 40},),
    "SmallestMaxSize": ({"max_size": 40},),
    "FrequencyMasking": ({"freq_mask_param": 12},),
    "Pad": ({"padding": 4},),
    "PadIfNeeded": ({"min_height": 70, "min_width": 90},),
    "TimeMasking": ({"time_mask_param": 12},),
    "XYMasking": ({"num_masks_x": [1, 3], "num_masks_y": [1, 3], "mask_x_length": [4, 12], "mask_y_length": [4, 12]},),
}
"""Configurations that fit small pictures, for transforms that need parameters, or do nothing by default."""

REQUIRED: Final = {
    "ConstrainedCoarseDropout": ("mask_indices",),
    "Crop": ("x_max", "y_max"),
    "CropAndPad": ("percent",),
    "LongestMaxSize": ("max_size",),
    "SmallestMaxSize": ("max_size",),
}
"""Of transforms whose constructor takes no argument, and that then refuse most pictures: what has to be given."""

CHANGES_SHAPE: Final = ("Pad", "RandomRotate90", "ToGray", "ToRGB")
"""What changes a shape by a number or by chance, which no probe of flags may find."""

CHANGES_RANGE: Final = ("FromFloat", "Normalize", "ToFloat")
"""What brings values to another scale, which a parameter decides about."""

DTYPES: Final = {"FromFloat": ("float32",)}
"""Transform -> dtypes for which it is meant, of those that it does not refuse."""

CHANNELS: Final = {"ToRGB": (1,)}
"""Transform -> numbers of channels for which it is meant, of those that it does not refuse."""

DROPPED: Final = {"Equalize": ("mask", "mask_params")}
"""Transform -> parameters that hold arrays or functions, which no pipeline file can hold."""

TAGS: Final = {
    "weather": ("Fog", "Rain", "Snow", "SunFlare", "Shadow", "Gravel", "Spatter"),
    "noise": ("Noise", "SaltAndPepper"),
    "flip": ("Flip", "D4", "Symmetry", "Transpose"),
    "compression": ("Compression", "Downscale"),
}
"""Tag -> parts of names, beside the tag that the module of albumentations gives."""

MODULES: Final = {
    "blur": "blur", "crops": "crop", "dropout": "dropout", "geometric": "geometry", "spectrogram": "spectrogram",
    "pixel": "color", "other": "values", "core": "nothing",
}  # fmt: skip

MEMORY: Final[dict[str, float]] = {
    "FancyPCA": 26, "GlassBlur": 27, "HEStain": 43, "ISONoise": 22, "PlasmaBrightnessContrast": 32, "ShotNoise": 31,
    "Spatter": 29, "ThinPlateSpline": 83, "UnsharpMask": 43,
}  # fmt: skip
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""

MEMORY_OF_MOST: Final = 16.0

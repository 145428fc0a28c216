"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg
from augreg_image import operation_sets
from augreg_image.aliases import ALIASES

AUGREG_API = 1

_OFFERS = {
    "geometry": {
        "hflip": "geometry:HFlip",
        "vflip": "geometry:VFlip",
        "transpose": "symmetry:Transpose",
        "rot90": "symmetry:Rot90",
        "d4": "symmetry:D4",
        "rotate": "geometry:Rotate",
        "affine": "geometry:Affine",
        "shear": "projective:Shear",
        "translate": "projective:Translate",
        "zoom": "projective:Zoom",
        "perspective": "projective:Perspective",
        "elastic": "distortion:Elastic",
        "grid_distortion": "distortion:GridDistortion",
        "optical_distortion": "distortion:OpticalDistortion",
        "piecewise_affine": "distortion:PiecewiseAffine",
        "grid_shuffle": "shuffles:GridShuffle",
        "thin_plate_spline": "distortion:ThinPlateSpline",
    },
    "size": {
        "resize": "resize:Resize",
        "scale": "padding:Scale",
        "longest_side": "padding:LongestSide",
        "smallest_side": "padding:SmallestSide",
        "letterbox": "padding:Letterbox",
        "pad": "padding:Pad",
        "zoom_out": "zoom_out:ZoomOut",
        "crop": "crops:Crop",
        "center_crop": "crops:CenterCrop",
        "resized_crop": "resize:ResizedCrop",
        "iou_crop": "crops:IoUCrop",
        "box_safe_crop": "crops:BoxSafeCrop",
        "box_crop": "margins:BoxCrop",
        "mask_crop": "margins:MaskCrop",
        "crop_and_pad": "margins:CropAndPad",
    },
    "color": {
        "brightness": "photometric:Brightness",
        "contrast": "photometric:Contrast",
        "saturation": "color:Saturation",
        "hue": "color:Hue",
        "color_jitter": "photometric:ColorJitter",
        "photometric_distort": "color:PhotometricDistort",
        "grayscale": "color:Grayscale",
        "rgb_shift": "color:RGBShift",
        "channel_shuffle": "color:ChannelShuffle",
        "channel_dropout": "color:ChannelDropout",
        "hsv": "hsv:HSV",
        "sepia": "tints:Sepia",
        "planckian_jitter": "tints:PlanckianJitter",
        "fancy_pca": "tints:FancyPCA",
        "he_stain": "tints:HEStain",
        "to_tensor": "tensors:ToTensor",
        "normalize": "photometric:Normalize",
        "denormalize": "photometric:Denormalize",
    },
    "tone": {
        "gamma": "tone:Gamma",
        "invert": "tone:Invert",
        "solarize": "tone:Solarize",
        "solarize_add": "tone:SolarizeAdd",
        "posterize": "tone:Posterize",
        "tone_curve": "tone:ToneCurve",
        "histogram_shift": "curves:HistogramShift",
        "equalize": "histogram:Equalize",
        "autocontrast": "histogram:Autocontrast",
        "clahe": "histogram:CLAHE",
    },
    "blur": {
        "gaussian_blur": "blur:GaussianBlur",
        "box_blur": "blur:BoxBlur",
        "median_blur": "blur:MedianBlur",
        "motion_blur": "blur:MotionBlur",
    },
    "focus": {
        "defocus_blur": "focus:DefocusBlur",
        "zoom_blur": "focus:ZoomBlur",
        "anisotropic_blur": "focus:AnisotropicBlur",
        "superpixels": "superpixels:Superpixels",
        "ringing": "focus:Ringing",
        "chromatic_aberration": "lens:ChromaticAberration",
        "glass_blur": "focus:GlassBlur",
    },
    "weather": {
        "fog": "weather:Fog",
        "rain": "weather:Rain",
        "snow": "weather:Snow",
        "spatter": "weather:Spatter",
        "gravel": "weather:Gravel",
        "sun_flare": "lens:SunFlare",
        "plasma_brightness": "light:PlasmaBrightness",
        "plasma_contrast": "light:PlasmaContrast",
        "plasma_shadow": "light:PlasmaShadow",
        "shadow": "light:Shadow",
        "illumination": "light:Illumination",
    },
    "sharpen": {
        "sharpen": "sharpen:Sharpen",
        "unsharp_mask": "sharpen:UnsharpMask",
        "emboss": "sharpen:Emboss",
    },
    "noise": {
        "gaussian_noise": "noise:GaussianNoise",
        "additive_noise": "noise:AdditiveNoise",
        "multiplicative_noise": "noise:MultiplicativeNoise",
        "shot_noise": "noise:ShotNoise",
        "iso_noise": "noise:ISONoise",
        "salt_and_pepper": "noise:SaltAndPepper",
    },
    "compression": {
        "jpeg": "compression:JPEG",
        "webp": "compression:WebP",
        "downscale": "compression:Downscale",
    },
    "dropout": {
        "erasing": "erasing:Erasing",
        "coarse_dropout": "erasing:CoarseDropout",
        "pixel_dropout": "dropouts:PixelDropout",
        "strip_dropout": "dropouts:StripDropout",
        "mask_dropout": "dropouts:MaskDropout",
        "overlay_text": "overlay:OverlayText",
        "grid_mask": "erasing:GridMask",
    },
    "corruption": {
        "corruption": "corruptions.augmenter:Corruption",
    },
    "targets": {
        "sanitize": "sanitize:Sanitize",
        "masks_to_boxes": "refit:MasksToBoxes",
    },
    "mixing": {
        "mixup": "mixing.pairs:MixUp",
        "cutmix": "mixing.pairs:CutMix",
        "fmix": "mixing.fmix:FMix",
        "resizemix": "mixing.resizemix:ResizeMix",
        "mosaic": "mixing.collage:Mosaic",
        "histogram_match": "mixing.styles:HistogramMatch",
        "fourier_style": "mixing.styles:FourierStyle",
        "copy_paste": "mixing.pasting:CopyPaste",
    },
}
"""Tag -> name -> class, whose docstring says what it does."""


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"image.{name}",
            f"augreg_image.{target}",
            modalities=("image",),
            tags=(tag,),
            aliases=tuple(ALIASES.get(name, "").split()),
        )
        for tag, family in _OFFERS.items()
        for name, target in family.items()
    ]


@augreg.hookimpl
def augreg_policies() -> list[augreg.OperationSet]:
    """Return the sets of operations that policies draw from for pictures."""
    return list(operation_sets.SETS)

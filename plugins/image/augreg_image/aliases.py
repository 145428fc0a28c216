"""What other libraries call our augmenters: people search by the names that they know.

`library.Name` does the same thing, though its parameters may be other ones and in other units; `~library.Name` is only
like it, and no `augreg convert` writes ours for it without saying so.
"""

from typing import Final

ALIASES: Final = {
    "hflip": "torchvision.RandomHorizontalFlip albumentations.HorizontalFlip kornia.RandomHorizontalFlip imgaug.Fliplr "
    "augly.HFlip ultralytics.fliplr mmdet.RandomFlip ~monai.RandFlip ~keras.RandomFlip",
    "vflip": "torchvision.RandomVerticalFlip albumentations.VerticalFlip kornia.RandomVerticalFlip imgaug.Flipud "
    "augly.VFlip ultralytics.flipud",
    "transpose": "albumentations.Transpose",
    "rot90": "albumentations.RandomRotate90 kornia.RandomRotation90 imgaug.Rot90 monai.RandRotate90",
    "d4": "albumentations.D4 albumentations.SquareSymmetry",
    "rotate": "torchvision.RandomRotation albumentations.Rotate kornia.RandomRotation imgaug.Rotate augly.Rotate "
    "ultralytics.degrees mmdet.Rotate monai.RandRotate keras.RandomRotation ~albumentations.SafeRotate",
    "affine": "torchvision.RandomAffine albumentations.Affine albumentations.ShiftScaleRotate kornia.RandomAffine "
    "imgaug.Affine mmdet.RandomAffine monai.RandAffine ~ultralytics.RandomPerspective",
    "shear": "kornia.RandomShear imgaug.ShearX imgaug.ShearY mmdet.ShearX mmdet.ShearY ultralytics.shear ~augly.Skew",
    "translate": "kornia.RandomTranslate imgaug.TranslateX imgaug.TranslateY mmdet.TranslateX mmdet.TranslateY "
    "ultralytics.translate keras.RandomTranslation ~mmdet.RandomShift",
    "zoom": "ultralytics.scale monai.RandZoom keras.RandomZoom ~imgaug.ScaleX ~imgaug.ScaleY",
    "perspective": "torchvision.RandomPerspective albumentations.Perspective kornia.RandomPerspective "
    "imgaug.PerspectiveTransform augly.PerspectiveTransform ~ultralytics.perspective",
    "elastic": "torchvision.ElasticTransform albumentations.ElasticTransform kornia.RandomElasticTransform "
    "imgaug.ElasticTransformation monai.Rand2DElastic ~albumentations.GridElasticDeform",
    "grid_distortion": "albumentations.GridDistortion monai.RandGridDistortion",
    "optical_distortion": "albumentations.OpticalDistortion ~kornia.RandomFisheye",
    "piecewise_affine": "albumentations.PiecewiseAffine imgaug.PiecewiseAffine",
    "grid_shuffle": "albumentations.RandomGridShuffle imgaug.Jigsaw ~kornia.RandomJigsaw ~augly.ShufflePixels",
    "thin_plate_spline": "albumentations.ThinPlateSpline kornia.RandomThinPlateSpline",
    "resize": "torchvision.Resize albumentations.Resize kornia.Resize imgaug.Resize augly.Resize mmdet.Resize "
    "keras.Resizing monai.Resize",
    "scale": "albumentations.RandomScale augly.Scale ~torchvision.ScaleJitter",
    "longest_side": "albumentations.LongestMaxSize kornia.LongestMaxSize ~torchvision.RandomResize",
    "smallest_side": "torchvision.RandomShortestSize albumentations.SmallestMaxSize kornia.SmallestMaxSize",
    "letterbox": "ultralytics.LetterBox albumentationsx.LetterBox",
    "pad": "torchvision.Pad albumentations.Pad albumentations.PadIfNeeded kornia.PadTo imgaug.PadToFixedSize augly.Pad "
    "mmdet.Pad ~imgaug.Pad ~augly.PadSquare ~monai.SpatialPad",
    "zoom_out": "torchvision.RandomZoomOut mmdet.Expand",
    "crop": "torchvision.RandomCrop albumentations.RandomCrop kornia.RandomCrop imgaug.CropToFixedSize "
    "mmdet.RandomCrop keras.RandomCrop "
    "monai.RandSpatialCrop ~albumentations.Crop ~albumentations.RandomCropFromBorders ~augly.Crop",
    "center_crop": "torchvision.CenterCrop albumentations.CenterCrop kornia.CenterCrop imgaug.CenterCropToFixedSize "
    "keras.CenterCrop monai.CenterSpatialCrop ~torchvision.FiveCrop ~torchvision.TenCrop",
    "resized_crop": "torchvision.RandomResizedCrop albumentations.RandomResizedCrop kornia.RandomResizedCrop "
    "~albumentations.RandomSizedCrop ~ultralytics.crop_fraction",
    "iou_crop": "torchvision.RandomIoUCrop mmdet.MinIoURandomCrop ~albumentations.AtLeastOneBBoxRandomCrop",
    "box_safe_crop": "albumentations.BBoxSafeRandomCrop ~albumentations.RandomSizedBBoxSafeCrop",
    "box_crop": "albumentations.RandomCropNearBBox",
    "mask_crop": "albumentations.CropNonEmptyMaskIfExists",
    "crop_and_pad": "albumentations.CropAndPad imgaug.CropAndPad ~imgaug.Crop",
    "brightness": "kornia.RandomBrightness imgaug.Multiply augly.Brightness mmdet.Brightness "
    "~imgaug.MultiplyBrightness ~keras.RandomBrightness ~ultralytics.hsv_v",
    "contrast": "kornia.RandomContrast augly.Contrast mmdet.Contrast ~imgaug.LinearContrast ~keras.RandomContrast",
    "saturation": "kornia.RandomSaturation imgaug.MultiplySaturation augly.Saturation mmdet.Color ~ultralytics.hsv_s",
    "hue": "kornia.RandomHue imgaug.AddToHue ~ultralytics.hsv_h",
    "color_jitter": "torchvision.ColorJitter albumentations.ColorJitter kornia.ColorJitter kornia.ColorJiggle "
    "augly.ColorJitter ~albumentations.RandomBrightnessContrast",
    "photometric_distort": "torchvision.RandomPhotometricDistort mmdet.PhotoMetricDistortion",
    "grayscale": "torchvision.RandomGrayscale torchvision.Grayscale albumentations.ToGray kornia.RandomGrayscale "
    "imgaug.Grayscale augly.Grayscale keras.RandomGrayscale ~imgaug.RemoveSaturation",
    "rgb_shift": "albumentations.RGBShift kornia.RandomRGBShift ~imgaug.Add",
    "channel_shuffle": "torchvision.RandomChannelPermutation albumentations.ChannelShuffle kornia.RandomChannelShuffle "
    "imgaug.ChannelShuffle",
    "channel_dropout": "albumentations.ChannelDropout kornia.RandomChannelDropout imgaug.Dropout2d",
    "hsv": "albumentations.HueSaturationValue ultralytics.RandomHSV ultralytics.hsv_h ultralytics.hsv_s "
    "ultralytics.hsv_v mmdet.YOLOXHSVRandomAug imgaug.MultiplyHueAndSaturation ~imgaug.AddToHueAndSaturation",
    "sepia": "albumentations.ToSepia",
    "planckian_jitter": "albumentations.PlanckianJitter kornia.RandomPlanckianJitter ~imgaug.ChangeColorTemperature",
    "fancy_pca": "albumentations.FancyPCA",
    "he_stain": "albumentations.HEStain",
    "to_tensor": "torchvision.ToTensor torchvision.PILToTensor torchvision.ToImage torchvision.ToDtype "
    "torchvision.ConvertImageDtype albumentations.ToTensorV2 ~mmdet.PackDetInputs ~albumentations.ToFloat",
    "normalize": "torchvision.Normalize albumentations.Normalize kornia.Normalize mmdet.Normalize",
    "denormalize": "kornia.Denormalize",
    "gamma": "albumentations.RandomGamma kornia.RandomGamma imgaug.GammaContrast monai.RandAdjustContrast",
    "invert": "torchvision.RandomInvert albumentations.InvertImg kornia.RandomInvert imgaug.Invert mmdet.Invert",
    "solarize": "torchvision.RandomSolarize albumentations.Solarize kornia.RandomSolarize imgaug.Solarize "
    "mmdet.Solarize",
    "solarize_add": "mmdet.SolarizeAdd",
    "posterize": "torchvision.RandomPosterize albumentations.Posterize kornia.RandomPosterize imgaug.Posterize "
    "mmdet.Posterize",
    "tone_curve": "albumentations.RandomToneCurve",
    "histogram_shift": "monai.RandHistogramShift",
    "equalize": "torchvision.RandomEqualize albumentations.Equalize kornia.RandomEqualize "
    "imgaug.AllChannelsHistogramEqualization mmdet.Equalize ~imgaug.HistogramEqualization",
    "autocontrast": "torchvision.RandomAutocontrast albumentations.AutoContrast kornia.RandomAutoContrast "
    "imgaug.Autocontrast mmdet.AutoContrast",
    "clahe": "albumentations.CLAHE kornia.RandomClahe imgaug.CLAHE imgaug.AllChannelsCLAHE",
    "gaussian_blur": "torchvision.GaussianBlur albumentations.GaussianBlur kornia.RandomGaussianBlur "
    "imgaug.GaussianBlur augly.Blur keras.RandomGaussianBlur monai.RandGaussianSmooth",
    "box_blur": "albumentations.Blur kornia.RandomBoxBlur imgaug.AverageBlur",
    "median_blur": "albumentations.MedianBlur kornia.RandomMedianBlur imgaug.MedianBlur monai.MedianSmooth",
    "motion_blur": "albumentations.MotionBlur kornia.RandomMotionBlur imgaug.MotionBlur",
    "defocus_blur": "albumentations.Defocus imgaug.DefocusBlur",
    "zoom_blur": "albumentations.ZoomBlur imgaug.ZoomBlur",
    "anisotropic_blur": "albumentations.AdvancedBlur",
    "superpixels": "albumentations.Superpixels imgaug.Superpixels ~imgaug.Voronoi",
    "ringing": "albumentations.RingingOvershoot ~monai.RandGibbsNoise",
    "chromatic_aberration": "albumentations.ChromaticAberration",
    "glass_blur": "albumentations.GlassBlur imgaug.GlassBlur",
    "fog": "albumentations.RandomFog imgaug.Fog ~imgaug.Clouds",
    "rain": "albumentations.RandomRain kornia.RandomRain imgaug.Rain",
    "snow": "albumentations.RandomSnow kornia.RandomSnow imgaug.Snowflakes imgaug.Snow ~imgaug.FastSnowyLandscape",
    "spatter": "albumentations.Spatter imgaug.Spatter",
    "gravel": "albumentations.RandomGravel",
    "sun_flare": "albumentations.RandomSunFlare ~albumentationsx.LensFlare",
    "plasma_brightness": "kornia.RandomPlasmaBrightness ~albumentations.PlasmaBrightnessContrast",
    "plasma_contrast": "kornia.RandomPlasmaContrast ~albumentations.PlasmaBrightnessContrast",
    "plasma_shadow": "albumentations.PlasmaShadow kornia.RandomPlasmaShadow",
    "shadow": "albumentations.RandomShadow",
    "illumination": "albumentations.Illumination kornia.RandomLinearIllumination ~kornia.RandomGaussianIllumination "
    "~kornia.RandomLinearCornerIllumination ~monai.RandBiasField ~albumentationsx.Vignetting",
    "sharpen": "torchvision.RandomAdjustSharpness kornia.RandomSharpness augly.Sharpen mmdet.Sharpness imgaug.Sharpen "
    "keras.RandomSharpness ~albumentations.Sharpen",
    "unsharp_mask": "albumentations.UnsharpMask monai.RandGaussianSharpen",
    "emboss": "albumentations.Emboss imgaug.Emboss",
    "gaussian_noise": "torchvision.GaussianNoise albumentations.GaussNoise kornia.RandomGaussianNoise "
    "imgaug.AdditiveGaussianNoise augly.RandomNoise monai.RandGaussianNoise",
    "additive_noise": "albumentations.AdditiveNoise imgaug.AdditiveLaplaceNoise ~imgaug.AddElementwise",
    "multiplicative_noise": "albumentations.MultiplicativeNoise imgaug.MultiplyElementwise",
    "shot_noise": "albumentations.ShotNoise imgaug.AdditivePoissonNoise imgaug.ShotNoise",
    "iso_noise": "albumentations.ISONoise",
    "salt_and_pepper": "albumentations.SaltAndPepper kornia.RandomSaltAndPepperNoise imgaug.SaltAndPepper "
    "imgaug.ImpulseNoise ~imgaug.Salt ~imgaug.Pepper",
    "jpeg": "torchvision.JPEG albumentations.ImageCompression kornia.RandomJPEG imgaug.JpegCompression "
    "augly.EncodingQuality",
    "webp": "~albumentations.ImageCompression",
    "downscale": "albumentations.Downscale augly.Pixelization monai.RandSimulateLowResolution imgaug.Pixelate "
    "~imgaug.KMeansColorQuantization",
    "erasing": "torchvision.RandomErasing albumentations.Erasing kornia.RandomErasing keras.RandomErasing "
    "ultralytics.erasing timm.RandomErasing",
    "coarse_dropout": "albumentations.CoarseDropout imgaug.Cutout mmdet.CutOut monai.RandCoarseDropout "
    "~albumentations.ConstrainedCoarseDropout ~imgaug.CoarseDropout ~augly.OverlayShapes",
    "pixel_dropout": "albumentations.PixelDropout imgaug.Dropout kornia.RandomDissolving",
    "strip_dropout": "albumentations.XYMasking ~augly.OverlayStripes",
    "mask_dropout": "albumentations.MaskDropout",
    "overlay_text": "albumentations.TextImage augly.OverlayText ~augly.MemeFormat",
    "grid_mask": "albumentations.GridDropout albumentationsx.GridMask",
    "corruption": "mmdet.Corrupt ~imgaug.imgcorruptlike",
    "sanitize": "torchvision.SanitizeBoundingBoxes mmdet.FilterAnnotations ~torchvision.ClampBoundingBoxes",
    "mixup": "torchvision.MixUp kornia.RandomMixUpV2 ultralytics.mixup mmdet.MixUp timm.mixup monai.MixUp keras.MixUp",
    "cutmix": "torchvision.CutMix kornia.RandomCutMixV2 ultralytics.cutmix timm.cutmix monai.CutMix keras.CutMix",
    "mosaic": "albumentations.Mosaic kornia.RandomMosaic ultralytics.mosaic mmdet.Mosaic",
    "histogram_match": "albumentations.HistogramMatching ~albumentations.PixelDistributionAdaptation",
    "fourier_style": "albumentations.FDA",
    "copy_paste": "ultralytics.copy_paste mmdet.CopyPaste albumentationsx.CopyAndPaste kornia.RandomTransplantation "
    "~albumentations.OverlayElements",
}
"""Name without its namespace -> what others call it."""

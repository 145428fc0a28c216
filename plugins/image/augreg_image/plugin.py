"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

_OFFERS = {
    "geometry": {
        "hflip": ("geometry:HFlip", "Mirror left and right."),
        "vflip": ("geometry:VFlip", "Mirror top and bottom."),
        "transpose": ("symmetry:Transpose", "Mirror about the main diagonal: rows become columns."),
        "rot90": ("symmetry:Rot90", "Rotate counter-clockwise by a random number of quarter turns."),
        "d4": ("symmetry:D4", "Apply one of the eight symmetries of the square."),
        "rotate": ("geometry:Rotate", "Rotate about the middle by a random angle."),
        "affine": ("geometry:Affine", "Rotate, scale, shear and move by random amounts."),
        "shear": ("projective:Shear", "Slant the picture by a random angle."),
        "translate": ("projective:Translate", "Move the picture by random shares of its sides."),
        "zoom": ("projective:Zoom", "Enlarge or shrink the picture on its canvas by a random factor."),
        "perspective": ("projective:Perspective", "Look at the picture from a random angle."),
        "elastic": ("distortion:Elastic", "Stretch and squeeze the picture like a sheet of rubber."),
        "grid_distortion": (
            "distortion:GridDistortion",
            "Stretch and squeeze the cells of a grid, rows and columns each by random amounts.",
        ),
        "optical_distortion": ("distortion:OpticalDistortion", "Bend the picture like a lens."),
        "piecewise_affine": (
            "distortion:PiecewiseAffine",
            "Pull the points of a grid to random places and stretch the cells between them.",
        ),
        "grid_shuffle": ("shuffles:GridShuffle", "Let the cells of a grid trade places, as in a jigsaw puzzle."),
        "thin_plate_spline": (
            "distortion:ThinPlateSpline",
            "Pull the points of a grid to random places and bend the picture smoothly between them.",
        ),
    },
    "size": {
        "resize": ("resize:Resize", "Scale to a fixed size."),
        "scale": ("padding:Scale", "Scale the picture, and its size with it, by a random factor."),
        "longest_side": ("padding:LongestSide", "Scale so that the longer side has a given length."),
        "smallest_side": ("padding:SmallestSide", "Scale so that the shorter side has a given length."),
        "letterbox": ("padding:Letterbox", "Scale to fit into a fixed size, and fill up the rest evenly."),
        "pad": ("padding:Pad", "Add a margin."),
        "crop": ("crops:Crop", "Cut out a rectangle of fixed size at a random place."),
        "center_crop": ("crops:CenterCrop", "Cut out the middle."),
        "resized_crop": ("resize:ResizedCrop", "Cut out a random rectangle and scale it to a fixed size."),
        "iou_crop": ("crops:IoUCrop", "Cut out a rectangle that overlaps with a box as much as drawn."),
        "box_safe_crop": ("crops:BoxSafeCrop", "Cut out a random rectangle that holds every box whole."),
        "box_crop": ("margins:BoxCrop", "Cut out a random box with some margin."),
        "mask_crop": (
            "margins:MaskCrop",
            "Cut out a rectangle of fixed size that shows something of the masks.",
        ),
        "crop_and_pad": ("margins:CropAndPad", "Cut off or add a random margin at each side."),
    },
    "color": {
        "brightness": ("photometric:Brightness", "Multiply all values by a random factor."),
        "contrast": ("photometric:Contrast", "Move values away from or towards the mean gray level."),
        "saturation": ("color:Saturation", "Move colors away from or towards gray by a random factor."),
        "hue": ("color:Hue", "Turn all hues by a random angle."),
        "color_jitter": (
            "photometric:ColorJitter",
            "Change brightness, contrast, saturation and hue by random amounts.",
        ),
        "photometric_distort": (
            "color:PhotometricDistort",
            "Change brightness, contrast, saturation, hue and the order of channels, each with a probability.",
        ),
        "grayscale": ("color:Grayscale", "Take the color away."),
        "rgb_shift": ("color:RGBShift", "Add a random number to each color channel."),
        "channel_shuffle": ("color:ChannelShuffle", "Put the color channels into a random order."),
        "channel_dropout": ("color:ChannelDropout", "Replace some color channels by a constant."),
        "hsv": ("hsv:HSV", "Turn the hue, and multiply saturation and value, of HSV."),
        "sepia": ("tints:Sepia", "Turn the picture towards the brown of old photographs."),
        "planckian_jitter": (
            "tints:PlanckianJitter",
            "Change the color of the light to that of a black body of a random temperature.",
        ),
        "fancy_pca": ("tints:FancyPCA", "Shift all colors along the principal components of natural colors."),
        "he_stain": ("tints:HEStain", "Change how strongly tissue is stained with hematoxylin and eosin."),
        "normalize": ("photometric:Normalize", "Turn values into floats with a given mean and standard deviation."),
        "denormalize": ("photometric:Denormalize", "Turn normalized values back into shares of white."),
    },
    "tone": {
        "gamma": ("tone:Gamma", "Raise values, as shares of white, to a random power."),
        "invert": ("tone:Invert", "Exchange black and white."),
        "solarize": ("tone:Solarize", "Invert all values from a threshold on."),
        "posterize": ("tone:Posterize", "Keep only the highest bits of every value."),
        "tone_curve": ("tone:ToneCurve", "Bend the tone curve: lift or lower dark and light tones by random amounts."),
        "histogram_shift": (
            "curves:HistogramShift",
            "Shift the histogram: each of several evenly spaced tones goes to a random place between its neighbors.",
        ),
        "equalize": ("histogram:Equalize", "Spread the values of each channel so that all are about equally frequent."),
        "autocontrast": ("histogram:Autocontrast", "Stretch every channel to run from black to white."),
        "clahe": ("histogram:CLAHE", "Equalize the histogram within tiles, with limited contrast."),
    },
    "blur": {
        "gaussian_blur": ("blur:GaussianBlur", "Blur with a Gaussian of random width."),
        "box_blur": ("blur:BoxBlur", "Average over a square window of random size."),
        "median_blur": ("blur:MedianBlur", "Take the median over a square window of random size."),
        "motion_blur": ("blur:MotionBlur", "Blur along a line of random length and direction."),
    },
    "focus": {
        "defocus_blur": ("focus:DefocusBlur", "Get out of focus: every point becomes a disc."),
        "zoom_blur": ("focus:ZoomBlur", "Move towards the picture while the shutter is open."),
        "anisotropic_blur": ("focus:AnisotropicBlur", "Blur more along one direction than across it."),
        "superpixels": ("superpixels:Superpixels", "Give every patch of a random mosaic its mean color."),
        "ringing": ("focus:Ringing", "Let edges ring, as sharp low-pass filters and strong sharpening do."),
        "chromatic_aberration": (
            "lens:ChromaticAberration",
            "Enlarge red and shrink blue about the middle, as simple lenses do.",
        ),
        "glass_blur": ("focus:GlassBlur", "Look through frosted glass: every pixel shows a near one."),
    },
    "weather": {
        "fog": ("weather:Fog", "Put fog in front of the scene."),
        "rain": ("weather:Rain", "Let it rain: slanted streaks and duller light."),
        "snow": ("weather:Snow", "Let it snow: flakes of several sizes, and paler ground."),
        "spatter": ("weather:Spatter", "Splash drops of water or mud onto the lens."),
        "gravel": ("weather:Gravel", "Throw gravel onto the picture: stones of random grays."),
        "sun_flare": (
            "lens:SunFlare",
            "Let the sun shine into the lens: a glare, and its reflections along the line through the middle.",
        ),
        "plasma_brightness": ("light:PlasmaBrightness", "Brighten and darken the picture by a random cloud."),
        "plasma_contrast": ("light:PlasmaContrast", "Raise and lower the contrast by a random cloud."),
        "plasma_shadow": ("light:PlasmaShadow", "Throw the shadow of a random cloud."),
        "shadow": ("light:Shadow", "Throw the shadow of a random quadrangle with soft edges."),
        "illumination": (
            "light:Illumination",
            "Light the picture unevenly: brighter to one side, darker to the other.",
        ),
    },
    "sharpen": {
        "sharpen": ("sharpen:Sharpen", "Move the picture away from or towards a smoothed one."),
        "unsharp_mask": ("sharpen:UnsharpMask", "Add what a Gaussian blur takes away."),
        "emboss": ("sharpen:Emboss", "Bring out edges as if lit from the top left."),
    },
    "noise": {
        "gaussian_noise": ("noise:GaussianNoise", "Add Gaussian noise of random strength."),
        "additive_noise": ("noise:AdditiveNoise", "Add noise of a uniform or a Laplace distribution."),
        "multiplicative_noise": ("noise:MultiplicativeNoise", "Multiply every value by its own random factor."),
        "shot_noise": ("noise:ShotNoise", "Count photons: noise that grows with the square root of the light."),
        "iso_noise": ("noise:ISONoise", "Add the noise of a camera at high sensitivity."),
        "salt_and_pepper": ("noise:SaltAndPepper", "Turn random pixels white or black."),
    },
    "compression": {
        "jpeg": ("compression:JPEG", "Compress as JPEG at a random quality."),
        "webp": ("compression:WebP", "Compress as WebP at a random quality."),
        "downscale": ("compression:Downscale", "Shrink and enlarge again, so that detail is lost."),
    },
    "dropout": {
        "erasing": ("erasing:Erasing", "Cover a random rectangle."),
        "coarse_dropout": ("erasing:CoarseDropout", "Cover several random rectangles."),
        "pixel_dropout": ("dropouts:PixelDropout", "Replace random pixels by a constant."),
        "strip_dropout": ("dropouts:StripDropout", "Cover random rows and columns of pixels."),
        "mask_dropout": ("dropouts:MaskDropout", "Cover random objects, and take them out of all targets."),
        "overlay_text": ("overlay:OverlayText", "Write words across the picture."),
        "grid_mask": ("erasing:GridMask", "Cover a regular grid of squares."),
    },
    "corruption": {
        "corruption": ("corruptions.augmenter:Corruption", "Corrupt the picture as ImageNet-C does."),
    },
    "mixing": {
        "mixup": ("mixing.pairs:MixUp", "Blend two samples."),
        "cutmix": ("mixing.pairs:CutMix", "Paste a rectangle of another sample."),
        "mosaic": ("mixing.collage:Mosaic", "Put four samples into the quarters around a random point."),
        "histogram_match": ("mixing.styles:HistogramMatch", "Give every channel the histogram of another sample."),
        "fourier_style": (
            "mixing.styles:FourierStyle",
            "Take over the low frequencies' amplitudes of another sample.",
        ),
        "copy_paste": ("mixing.pasting:CopyPaste", "Paste objects of another sample."),
    },
}
"""Tag -> name -> class and summary."""


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"image.{name}", f"augreg_image.{target}", modalities=("image",), tags=(tag,), summary=summary
        )
        for tag, family in _OFFERS.items()
        for name, (target, summary) in family.items()
    ]

"""The conformance kit over every transform of albumentations that is offered.

All of it takes a minute and a half without what the kit itself calls slow. The short form has every check of every
fourth transform, and of the others whether they load, keep to their keys, and leave their input alone.
"""

import pytest
from short_kit import checks

FAR = "carries light a few pixels away, further than the kit allows for the edges of a small thing"
NOISE = "the noise of a pixel hangs on how bright those before it are, so the picture changes beside the thing, too"
APPROXIMATE = "albumentations finds the new places of points by rounding or approximation, up to two pixels away"
EDGES = "the edges of a small thing lie on pixels four times as large"
FIXED = "draws nothing in this configuration, only in others"
IDLE = "does nothing by default, as in albumentations"
NARROW = "does the same to every picture that is so narrow as that of this check"

EXPECTED = {
    **{f"albumentations.{name}-boxes_follow": FAR for name in ("Defocus", "GlassBlur", "MotionBlur", "ZoomBlur")},
    **{f"albumentations.ShotNoise-{name}_follow": NOISE for name in ("boxes", "masks", "keypoints")},
    **{f"albumentations.Downscale-{name}_follow": EDGES for name in ("boxes", "masks", "keypoints")},
    **{
        f"albumentations.{name}-keypoints_follow": APPROXIMATE
        for name in ("GridDistortion", "PiecewiseAffine", "ThinPlateSpline")
    },
    "albumentations.GlassBlur-masks_follow": FAR,
    "albumentations.MaskDropout-masks_follow": "drops what the mask marks, so that nothing of it can be found",
    "albumentations.MaskDropout-varies": "drops what masks mark, and the picture of this check has none",
    "albumentations.ConstrainedCoarseDropout-varies": "drops what masks mark, and the picture of this check has none",
    "albumentations.Erasing-varies": "albumentations 2.0.8 fails where no hole fits, as in so narrow a picture",
    **{
        f"albumentations.{name}-varies": FIXED
        for name in (
            "CenterCrop", "Crop", "CropAndPad", "LongestMaxSize", "PadIfNeeded", "Posterize", "SmallestMaxSize",
            "Solarize",
        )
    },
    **{f"albumentations.{name}-varies": IDLE for name in ("Affine", "XYMasking")},
    **{f"albumentations.{name}-varies": NARROW for name in ("RandomFog", "RandomResizedCrop")},
    **{
        f"albumentations.{name}-varies": "crops around boxes, and the picture of this check has none"
        for name in ("BBoxSafeRandomCrop", "RandomSizedBBoxSafeCrop")
    },
    "albumentations.Downscale-varies": FIXED,
    "albumentations.FrequencyMasking-varies": "refuses pictures lower than its widest band, as in albumentations",
}  # fmt: skip


# albumentations says so where it can do nothing for want of a mask, and where points lie outside.
@pytest.mark.filterwarnings("ignore::UserWarning:albumentations.*")
@pytest.mark.parametrize("check", list(checks("augreg-albumentations", EXPECTED)))
def test_conforms(check):
    check()

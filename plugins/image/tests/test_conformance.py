"""The conformance kit over everything that this plugin registers."""

import pytest

from augreg.testing import plugin_checks

FAR = "carries light a few pixels away, further than the kit allows for the edges of a small thing"
FIXED = "has a fixed number of pixels, so that the same level changes a large, smooth picture less"
EXPECTED = {
    "image.corruption-level_is_monotone": "glass blur, elastic transform, snow and spatter are published with "
    "severities that do not grow in every measure",
    "image.glass_blur-boxes_follow": f"a pane of glass {FAR}",
    "image.jpeg-level_ignores_size": f"a block of JPEG {FIXED}",
    "image.sharpen-level_ignores_size": f"the window of sharpening {FIXED}",
    "image.superpixels-boxes_follow": f"a patch of one color {FAR}",
    "image.superpixels-masks_follow": f"a patch of one color {FAR}",
    "image.zoom_blur-boxes_follow": f"a zoom {FAR}",
}


NO_LEVEL = {
    **dict.fromkeys(
        ["image.affine", "image.color_jitter", "image.photometric_distort"],
        "draws several things at once, which have levels of their own as augmenters by themselves",
    ),
    **dict.fromkeys(
        [
            "image.box_crop",
            "image.box_safe_crop",
            "image.center_crop",
            "image.crop",
            "image.iou_crop",
            "image.letterbox",
            "image.longest_side",
            "image.mask_crop",
            "image.pad",
            "image.resize",
            "image.resized_crop",
            "image.smallest_side",
        ],
        "brings pictures to a size or a form; there is no less of it",
    ),
    **dict.fromkeys(["image.normalize", "image.denormalize"], "brings values to another scale; there is no less of it"),
    "image.channel_dropout": "drops whole channels, of which there are one to three",
    "image.sanitize": "mends targets, and changes no picture",
}
"""Why these declare no level, where the class does not tell."""


@pytest.mark.parametrize("check", plugin_checks("augreg-image", no_level=NO_LEVEL, expected_failures=EXPECTED))
def test_conforms(check):
    check()

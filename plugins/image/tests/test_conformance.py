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


@pytest.mark.parametrize("check", plugin_checks("augreg-image", expected_failures=EXPECTED))
def test_conforms(check):
    check()

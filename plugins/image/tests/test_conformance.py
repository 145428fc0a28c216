"""The conformance kit over everything that this plugin registers."""

import pytest

from augreg.testing import plugin_checks

# - Glass and zoom blurs and patches carry light a few pixels away, more than the kit allows for the edges of a small
#   rectangle or region.
# - The partners that the kit gives are turns of one picture, and so have its histogram; test_styles.py has
#   others.
# - JPEG's blocks and the window of sharpening have a fixed number of pixels: the same level changes a large, smooth
#   picture less.
# - The kit's pictures for levels hold no objects that mask_dropout could cover.
# - Of the nineteen corruptions some are published with severities that do not grow in every measure: glass_blur,
#   elastic_transform, snow, spatter.
# - Fused with a perspective, a crop of a tenth of the picture lets much of the rest back in: a mean difference of 0.16,
#   where the kit allows 0.15. test_fusion.py compares all pairs on gentle maps.
EXEMPT = {
    "image.corruption-level_is_monotone",
    "image.glass_blur-boxes_follow",
    "image.mask_dropout-level_is_monotone",
    "image.histogram_match-mixing_looks_at_partners",
    "image.jpeg-level_ignores_size",
    "image.resized_crop-fused_like_unfused",
    "image.sharpen-level_ignores_size",
    "image.superpixels-boxes_follow",
    "image.superpixels-masks_follow",
    "image.zoom_blur-boxes_follow",
}
CHECKS = [check for check in plugin_checks("augreg-image") if check.id not in EXEMPT]


@pytest.mark.parametrize("check", CHECKS)
def test_conformance(check):
    check()

"""Every augmenter of this plugin passes the conformance kit."""

import pytest

from augreg.testing import plugin_checks

NO_LEVEL = {
    **dict.fromkeys(
        ["video.camera_shake", "video.color_jitter"],
        "draws several things at once, which have levels of their own as augmenters by themselves",
    ),
    "video.clip_shuffle": "any shuffle of the segments is as far from their order as another",
    **dict.fromkeys(
        ["video.fit_length", "video.resized_crop", "video.subsample"],
        "brings clips to a size or a length; there is no less of it",
    ),
}
"""Why these declare no level, where the class does not tell."""


@pytest.mark.parametrize("check", plugin_checks("augreg-video", no_level=NO_LEVEL))
def test_conforms(check):
    check()

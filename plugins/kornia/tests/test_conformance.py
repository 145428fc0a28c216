"""The conformance kit over every transform of kornia that is offered.

The short form has every check of every tenth transform, and of the others whether they load, keep to their keys, and
leave their input alone; of those that take long, whether they load.
"""

import pytest
from short_kit import checks

IDLE = "does nothing by default, as in kornia"
FIXED = "draws nothing by default, only where ranges are given"

EXPECTED = {
    "kornia.RandomRain-keypoints_follow": "drops cover a part of the dot, and its middle is another then",
    "kornia.RandomSnow-keypoints_follow": "snow covers a part of the dot, and its middle is another then",
    "kornia.LongestMaxSize-varies": "fails, as kornia does, where less than a pixel is left of so narrow a picture",
    **{
        f"kornia.{name}-varies": IDLE
        for name in (
            "ColorJiggle", "ColorJitter", "RandomBrightness", "RandomContrast", "RandomGamma", "RandomHue",
            "RandomSaturation", "RandomTranslate",
        )
    },
    **{f"kornia.{name}-varies": FIXED for name in ("RandomClahe", "RandomSnow")},
}  # fmt: skip

HEAVY = ("ColorJiggle", "ColorJitter", "RandomClahe", "RandomElasticTransform", "RandomJPEG", "RandomPlasma")


@pytest.mark.parametrize("check", list(checks("augreg-kornia", EXPECTED, share=10, heavy=HEAVY)))
def test_conforms(check):
    check()

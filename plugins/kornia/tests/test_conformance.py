"""The conformance kit over every transform of kornia that is offered.

The short form has every check of every tenth transform, and of the others whether they load, keep to their keys, and
leave their input alone; of those that take long, whether they load.
"""

import zlib

import pytest

from augreg.testing import plugin_checks

FEW = "has few outcomes, of which 64 samples get each several times"
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
    **{
        f"kornia.{name}-varies": FEW
        for name in (
            "RandomChannelDropout", "RandomChannelShuffle", "RandomPlanckianJitter", "RandomPosterize",
            "RandomRotation90",
        )
    },
}  # fmt: skip

ALWAYS = ("target_loads", "constructs", "batch_size_independent", "input_unmodified", "dtype_kept")
HEAVY = ("ColorJiggle", "ColorJitter", "RandomClahe", "RandomElasticTransform", "RandomJPEG", "RandomPlasma")
SHARE = 10


def _is_short(name, rule):
    if name.removeprefix("kornia.").startswith(HEAVY):
        return rule in ALWAYS[:2]
    return not rule or rule in ALWAYS or zlib.crc32(name.encode()) % SHARE == 0


def _checks():
    for check in plugin_checks("augreg-kornia", expected_failures=EXPECTED):
        name, _, rule = str(check.id).partition("-")
        marks = [] if _is_short(name, rule) else [pytest.mark.slow]
        yield pytest.param(*check.values, id=check.id, marks=[*check.marks, *marks])


@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

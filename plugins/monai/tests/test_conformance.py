"""The conformance kit over every transform of MONAI that is offered.

The short form has every check of every tenth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import zlib

import pytest

from augreg.testing import plugin_checks

pytest.importorskip("augreg_monai", reason="not installed for the short form, as MONAI takes long to import")

FEW = "has few outcomes, of which 64 samples get each several times"
IDLE = "does nothing by default, or always the same, as in MONAI"
WAVES = "lays waves over the whole picture, brighter than the thing in it"

EXPECTED = {
    **{f"monai.RandKSpaceSpikeNoise-{name}_follow": WAVES for name in ("boxes", "masks", "keypoints")},
    "monai.RandSimulateLowResolution-boxes_follow": "the edges of a small thing lie on pixels three times as large",
    **{f"monai.{name}-varies": IDLE for name in ("RandAffine", "RandRotate", "RandScaleIntensityFixedMean")},
    **{
        f"monai.{name}-varies": FEW
        for name in ("RandAxisFlip", "RandGibbsNoise", "RandRotate90", "RandSimulateLowResolution", "RandZoom")
    },
}

ALWAYS = ("target_loads", "constructs", "batch_size_independent", "input_unmodified", "dtype_kept")
SHARE = 10


def _is_short(name, rule):
    return not rule or rule in ALWAYS or zlib.crc32(name.encode()) % SHARE == 0


def _checks():
    for check in plugin_checks("augreg-monai", expected_failures=EXPECTED):
        name, _, rule = str(check.id).partition("-")
        marks = [] if _is_short(name, rule) else [pytest.mark.slow]
        yield pytest.param(*check.values, id=check.id, marks=[*check.marks, *marks])


@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

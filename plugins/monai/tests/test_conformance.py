"""The conformance kit over every transform of MONAI that is offered.

The short form has every check of every tenth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import pytest
from short_kit import checks

pytest.importorskip("augreg_monai", reason="not installed for the short form, as MONAI takes long to import")

IDLE = "does nothing by default, or always the same, as in MONAI"
WAVES = "lays waves over the whole picture, brighter than the thing in it"

EXPECTED = {
    **{f"monai.RandKSpaceSpikeNoise-{name}_follow": WAVES for name in ("boxes", "masks", "keypoints")},
    "monai.RandSimulateLowResolution-boxes_follow": "the edges of a small thing lie on pixels three times as large",
    **{f"monai.{name}-varies": IDLE for name in ("RandAffine", "RandRotate", "RandScaleIntensityFixedMean")},
}


@pytest.mark.parametrize("check", list(checks("augreg-monai", EXPECTED, share=10)))
def test_conforms(check):
    check()

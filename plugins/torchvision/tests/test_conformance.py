"""The conformance kit over every transform of torchvision that is offered.

The short form has every check of every fourth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import zlib

import pytest

from augreg.testing import plugin_checks

FEW = "has few outcomes, of which 64 samples get each several times"
NARROW = "does the same, or fails, on every picture that is so narrow as that of this check"

EXPECTED = {
    "torchvision.RandomErasing-keypoints_follow": "erases a part of the dot, and its middle is another then",
    "torchvision.ColorJitter-varies": "does nothing by default, as in torchvision",
    "torchvision.RandomIoUCrop-varies": "crops around boxes, and the picture of this check has none",
    **{f"torchvision.{name}-varies": NARROW for name in ("RandomResizedCrop", "ScaleJitter")},
    **{
        f"torchvision.{name}-varies": FEW
        for name in (
            "AutoAugment", "JPEG", "RandAugment", "RandomChannelPermutation", "RandomResize", "RandomShortestSize",
            "TrivialAugmentWide",
        )
    },
}  # fmt: skip

ALWAYS = ("target_loads", "constructs", "batch_size_independent", "input_unmodified", "dtype_kept")
SHARE = 4


def _checks():
    for check in plugin_checks("augreg-torchvision", expected_failures=EXPECTED):
        name, _, rule = str(check.id).partition("-")
        short = not rule or rule in ALWAYS or zlib.crc32(name.encode()) % SHARE == 0
        yield check if short else pytest.param(*check.values, id=check.id, marks=[*check.marks, pytest.mark.slow])


@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

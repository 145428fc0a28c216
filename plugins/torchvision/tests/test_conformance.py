"""The conformance kit over every transform of torchvision that is offered.

The short form has every check of every fourth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import pytest
from short_kit import checks

NARROW = "does the same, or fails, on every picture that is so narrow as that of this check"

EXPECTED = {
    "torchvision.RandomErasing-keypoints_follow": "erases a part of the dot, and its middle is another then",
    "torchvision.ColorJitter-varies": "does nothing by default, as in torchvision",
    "torchvision.RandomIoUCrop-varies": "crops around boxes, and the picture of this check has none",
    **{f"torchvision.{name}-varies": NARROW for name in ("RandomResizedCrop", "ScaleJitter")},
}  # fmt: skip


@pytest.mark.parametrize("check", list(checks("augreg-torchvision", EXPECTED)))
def test_conforms(check):
    check()

"""The conformance kit over every transform of torch-audiomentations that is offered.

The short form has every check of every fourth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import pytest
from short_kit import checks

EXPECTED = {
    "torch_audiomentations.ShuffleChannels-varies": "leaves sounds of one channel as they are",
}


@pytest.mark.parametrize("check", list(checks("augreg-torch-audiomentations", EXPECTED)))
def test_conforms(check):
    check()

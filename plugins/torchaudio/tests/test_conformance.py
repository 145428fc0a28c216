"""The conformance kit over every transform of torchaudio that is offered.

The short form has every check of every fourth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import pytest
from short_kit import checks

EXPECTED = {
    "listing_imports_nothing": "spectrogram augmenters are offered beside augreg-audio only; see test_torchaudio.py",
}


@pytest.mark.parametrize("check", list(checks("augreg-torchaudio", EXPECTED)))
def test_conforms(check):
    check()

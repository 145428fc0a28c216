"""The conformance kit over every transform of audiomentations that is offered.

The short form has every check of every fourth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import pytest
from short_kit import checks

EXPECTED: dict[str, str] = {}


@pytest.mark.parametrize("check", list(checks("augreg-audiomentations", EXPECTED)))
def test_conforms(check):
    check()

"""The conformance kit over everything that this plugin registers."""

import pytest

from augreg.testing import plugin_checks

NO_LEVEL = {
    "image_text.color": "draws several things at once, which have levels of their own as augmenters by themselves",
    "image_text.crop": "brings pictures to a form; there is no less of it",
}
"""Why these declare no level, where the class does not tell."""


@pytest.mark.parametrize("check", plugin_checks("augreg-joint", no_level=NO_LEVEL))
def test_conforms(check):
    check()

"""The conformance kit over everything that this plugin registers."""

import pytest

from augreg.testing import plugin_checks


@pytest.mark.parametrize("check", plugin_checks("augreg-joint"))
def test_conforms(check):
    check()

"""Runs the conformance kit on everything that the plugin registers."""

import pytest

from augreg.testing import plugin_checks


@pytest.mark.parametrize("check", plugin_checks("augreg-series"))
def test_conforms(check):
    check()

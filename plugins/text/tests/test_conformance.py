"""The conformance kit over every augmenter of this plugin."""

import pytest

import augreg.testing


@pytest.mark.parametrize("check", augreg.testing.plugin_checks("augreg-text"), ids=str)
def test_conformance(check):
    check()

"""Every augmenter of this plugin passes the conformance kit."""

import pytest

from augreg.testing import plugin_checks


@pytest.mark.parametrize("check", plugin_checks("augreg-video"))
def test_conforms(check):
    check()

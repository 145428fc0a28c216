"""The plugin passes the conformance kit."""

import pytest

from augreg.testing import plugin_checks


@pytest.mark.parametrize("check", plugin_checks("augreg-nlpaug"))
def test_conforms(check):
    check()

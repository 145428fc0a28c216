"""The conformance kit over everything that this plugin offers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from augreg.testing import plugin_checks


@pytest.mark.parametrize("check", plugin_checks("augreg-audio"))
def test_conforms(check: Callable[[], None]):
    check()

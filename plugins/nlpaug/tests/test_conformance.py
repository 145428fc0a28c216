"""The plugin passes the conformance kit."""

import importlib.util

import pytest

from augreg.testing import plugin_checks

LIBROSA = importlib.util.find_spec("librosa") is not None
NEED_LIBROSA = ("nlpaug.pitch", "nlpaug.speed", "nlpaug.vtlp")


def _checks():
    for check in plugin_checks("augreg-nlpaug"):
        if LIBROSA or not str(check.id).startswith(NEED_LIBROSA):
            yield check
        else:
            yield pytest.param(*check.values, id=check.id, marks=pytest.mark.skip("needs librosa"))


@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

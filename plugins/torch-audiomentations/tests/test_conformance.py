"""The conformance kit over every transform of torch-audiomentations that is offered.

The short form has every check of every fourth transform, and of the others whether they load, keep to their keys, and
leave their input alone.
"""

import zlib

import pytest

from augreg.testing import plugin_checks

EXPECTED = {
    "torch_audiomentations.PitchShift-varies": "has few outcomes, of which 64 samples get each several times",
    "torch_audiomentations.ShuffleChannels-varies": "leaves sounds of one channel as they are",
}

ALWAYS = ("target_loads", "constructs", "batch_size_independent", "input_unmodified", "dtype_kept")
SHARE = 4


def _checks():
    for check in plugin_checks("augreg-torch-audiomentations", expected_failures=EXPECTED):
        name, _, rule = str(check.id).partition("-")
        short = not rule or rule in ALWAYS or zlib.crc32(name.encode()) % SHARE == 0
        yield check if short else pytest.param(*check.values, id=check.id, marks=[*check.marks, pytest.mark.slow])


@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

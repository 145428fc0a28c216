"""The conformance kit over everything that this plugin offers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from augreg.testing import plugin_checks

NO_LEVEL = {
    "audio.channel_drop": "drops whole channels, of which there are one or two",
    **dict.fromkeys(
        [
            "audio.loop",
            "audio.loudness_normalize",
            "audio.pad",
            "audio.peak_normalize",
            "audio.rms_normalize",
            "audio.to_rate",
            "audio.trim",
        ],
        "brings sounds to a length, a rate or a loudness; there is no less of it",
    ),
    **dict.fromkeys(
        ["audio.fade", "audio.gain_transition", "audio.insert_in_background"],
        "draws several things at once, none of which is the strength",
    ),
    "audio.telephone": "is one line with one band",
}
"""Why these declare no level, where the class does not tell."""


@pytest.mark.parametrize("check", plugin_checks("augreg-audio", no_level=NO_LEVEL))
def test_conforms(check: Callable[[], None]):
    check()

"""What this plugin offers: facts only, nothing heavy is imported."""

from __future__ import annotations

from typing import Final

import augreg

AUGREG_API: Final = 1

_OFFERED: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    ("gain", "gain:Gain", ("level", "linear"), "Scale loudness by a random number of decibels."),
    ("polarity", "gain:Polarity", ("linear",), "Turn the waveform upside down."),
    ("delay", "gain:Delay", ("time", "linear"), "Let the sound begin later, in silence, and lose its end."),
    ("lowpass", "filters:Lowpass", ("filter", "linear"), "Damp everything above a random frequency."),
    ("highpass", "filters:Highpass", ("filter", "linear"), "Damp everything below a random frequency."),
    ("bandpass", "filters:Bandpass", ("filter", "linear"), "Keep a random frequency band and damp the rest."),
    ("bandstop", "filters:Bandstop", ("filter", "linear"), "Cut a random frequency band out."),
    (
        "time_mask",
        "masking:TimeMask",
        ("mask",),
        "Silence a random stretch of the sound, with short fades against clicks.",
    ),
    (
        "shift",
        "shift:Shift",
        ("time",),
        "Move the sound along its time axis, wrapping around or leaving silence.",
    ),
    ("reverse", "shift:Reverse", ("time",), "Play the sound backwards."),
    ("speed", "speed:Speed", ("time", "pitch"), "Play faster or slower, changing duration and pitch together."),
)


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"audio.{name}", f"augreg_audio.{target}", modalities=("audio",), tags=tags, summary=summary
        )
        for name, target, tags, summary in _OFFERED
    ]

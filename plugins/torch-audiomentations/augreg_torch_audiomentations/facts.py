"""What the index says of torch-audiomentations' transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

_HIDDEN: Final = "torch-audiomentations does not export it"

LEFT_OUT: Final = {
    "AddBackgroundNoise": "it reads files by path, with a global generator; audio.background_mix does by key",
    "ApplyImpulseResponse": "it reads files by path, with a global generator; audio.impulse_response does by key",
    **dict.fromkeys(
        ("Compose", "OneOf", "SomeOf"), "it takes transforms; a pipeline has p, sequential, one_of and some_of"
    ),
    "Mix": f"{_HIDDEN}, and it mixes what shares a batch, a sound with itself too; audio.batch_mix does by key",
    "Padding": f"{_HIDDEN}, and it blanks a whole sound where it draws the length 0; audio.time_mask does so",
    "RandomCrop": f"{_HIDDEN}, and it fails where a sound is as long as the crop; audio.crop does so",
}
"""What is not offered, and why."""

UNKNOWN: Final = (
    "artifacts", "completeness", "content", "duration", "legibility", "loudness", "noise", "pitch", "position", "room",
    "speaker", "synchrony", "tempo", "timbre", "time_order",
)  # fmt: skip
"""What a transform that stands in no line below may alter: all that one can."""

_ALTERS: Final = {
    "": ("Identity", "PolarityInversion"),
    "noise": ("AddColoredNoise",),
    "loudness": ("Gain", "PeakNormalization"),
    "timbre loudness legibility": ("BandPassFilter", "BandStopFilter", "HighPassFilter", "LowPassFilter"),
    "pitch speaker artifacts": ("PitchShift",),
    "position": ("ShuffleChannels",),
    "position synchrony time_order completeness": ("Shift",),
    "position synchrony completeness content duration artifacts": ("SpliceOut",),
    "position synchrony time_order legibility meaning": ("TimeInversion",),
}
ALTERS: Final = {name: tuple(words.split()) for words, names in _ALTERS.items() for name in names}
"""Transform -> meanings that it may alter."""

MOVES: Final = ("Shift", "SpliceOut", "TimeInversion")
"""What brings sounds to another time, or takes some away: sounds with events are refused."""

DROPPED: Final = ("p", "p_mode", "sample_rate", "target_rate", "output_type")
"""Parameters that are not offered: what the step and the sample say."""
MODES: Final = ("per_example", "per_channel")
"""Of one sound, per_batch is per_example."""
CHOICES: Final = {
    "apply_to": ("all", "only_too_loud_sounds"),
    "shift_unit": ("fraction", "samples", "seconds"),
}
BOUNDS: Final[dict[str, tuple[float | None, float | None]]] = {
    "min_center_frequency": (1.0, None),
    "max_center_frequency": (1.0, None),
    "min_cutoff_freq": (1.0, None),
    "max_cutoff_freq": (1.0, None),
    "min_transpose_semitones": (-60.0, 60.0),
    "max_transpose_semitones": (-60.0, 60.0),
    "num_time_intervals": (1, 10_000),
    "max_width": (1.0, None),
}
UNITS: Final = {
    "db": "dB", "frequency": "Hz", "freq": "Hz", "semitones": "semitones", "max_width": "ms", "fraction": "fraction",
}  # fmt: skip
"""How names of parameters end -> unit."""
WHOLE: Final = ("num_time_intervals",)
"""What counts; other numbers without a type may be fractions, though their defaults are whole."""

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "HighPassFilter": ({"min_cutoff_freq": 200.0},),
    "SpliceOut": ({"num_time_intervals": 3, "max_width": 60},),
}
"""Configurations that fit short sounds."""

TAGS: Final = {
    "noise": ("Noise",),
    "filter": ("Filter",),
    "dynamics": ("Gain", "Normaliz"),
    "pitch": ("Pitch",),
    "polarity": ("Polarity",),
    "channels": ("Channels",),
    "time": ("Shift", "SpliceOut", "TimeInversion"),
}
"""Tag -> parts of names."""
NOT_TAGGED: Final = {("PitchShift", "time")}

MEMORY: Final[dict[str, float]] = {"PitchShift": 310}
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""
MEMORY_OF_MOST: Final = 16.0

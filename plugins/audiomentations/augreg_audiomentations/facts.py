"""What the index says of audiomentations' transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

_FILES: Final = "it reads files when it is made and keeps what it has read; {} takes files by key"

LEFT_OUT: Final = {
    "AddBackgroundNoise": _FILES.format("audio.background_mix"),
    "AddShortNoises": _FILES.format("audio.short_noises"),
    "ApplyImpulseResponse": _FILES.format("audio.impulse_response"),
    **dict.fromkeys(
        ("Compose", "OneOf", "SomeOf"), "it takes transforms; a pipeline has p, sequential, one_of and some_of"
    ),
    "Lambda": "it takes functions, which no pipeline file can hold; write an augmenter, see docs/plugins.md",
    "Mp3Compression": "its encoders are programs and packages that few have; audio.mp3 encodes by FFmpeg",
    "Resample": "its result has another sample rate, which it does not tell; audio.to_rate and audio.resample do so",
    "RoomSimulator": "its ray tracing draws where no seed reaches; audio.room_simulation simulates rooms by key",
}
"""What is not offered, and why."""

UNKNOWN: Final = (
    "artifacts", "completeness", "content", "duration", "legibility", "loudness", "noise", "pitch", "position", "room",
    "speaker", "synchrony", "tempo", "timbre", "time_order",
)  # fmt: skip
"""What a transform that stands in no line below may alter: all that one can."""

_ALTERS: Final = {
    "": ("PolarityInversion",),
    "noise": ("AddColorNoise", "AddGaussianNoise", "AddGaussianSNR"),
    "loudness": ("Gain", "GainTransition", "LoudnessNormalization", "Normalize"),
    "loudness artifacts": ("Limiter",),
    "artifacts timbre loudness": ("Clip", "ClippingDistortion", "TanhDistortion"),
    "artifacts noise": ("BitCrush",),
    "artifacts timbre": ("Aliasing",),
    "timbre loudness legibility": (
        "BandPassFilter", "BandStopFilter", "HighPassFilter", "HighShelfFilter", "LowPassFilter", "LowShelfFilter",
        "PeakingFilter", "SevenBandParametricEQ",
    ),
    "timbre loudness room": ("AirAbsorption",),
    "pitch speaker artifacts": ("PitchShift",),
    "completeness": ("TimeMask",),
    "completeness content time_order": ("Padding",),
    "position synchrony time_order completeness": ("Shift",),
    "position synchrony time_order legibility meaning": ("Reverse",),
    "duration position synchrony completeness content time_order": ("AdjustDuration", "RepeatPart"),
    "duration position synchrony completeness tempo artifacts": ("TimeStretch",),
    "duration position synchrony": ("Trim",),
}  # fmt: skip
ALTERS: Final = {name: tuple(words.split()) for words, names in _ALTERS.items() for name in names}
"""Transform -> meanings that it may alter."""

MOVES: Final = ("AdjustDuration", "Padding", "RepeatPart", "Reverse", "Shift", "TimeStretch", "Trim")
"""What brings sounds to another time, or takes some away: sounds with events are refused."""

CHANGES_SHAPE: Final = ("AdjustDuration", "RepeatPart", "TimeStretch", "Trim")
"""What may change lengths, by a parameter or by what a sound holds."""

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "AdjustDuration": ({"duration_seconds": 0.2},),
    "GainTransition": ({"min_duration": 0.1, "max_duration": 0.9, "duration_unit": "fraction"},),
    "RepeatPart": ({"min_part_duration": 0.02, "max_part_duration": 0.1},),
}
"""Configurations that fit short sounds, for transforms that need parameters, or refuse short sounds by default."""

REQUIRED: Final = {"AdjustDuration": ("duration_seconds",)}
"""What has to be given, as null if another parameter says it, of transforms that refuse to be made without both."""

DROPPED: Final = ("p", "part_transform")
"""Parameters that are not offered: what the step says, and functions."""

TAGS: Final = {
    "noise": ("Noise", "SNR"),
    "filter": ("Filter", "EQ", "Absorption"),
    "dynamics": ("Gain", "Normaliz", "Limiter"),
    "distortion": ("Clip", "Distortion", "BitCrush", "Aliasing"),
    "pitch": ("Pitch",),
    "polarity": ("Polarity",),
}
"""Tag -> parts of names."""

MEMORY: Final[dict[str, float]] = {"AirAbsorption": 32}
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""
MEMORY_OF_MOST: Final = 12.0

"""What the index says of torchaudio's transforms that no signature tells; used when the index is written."""

from __future__ import annotations

from typing import Any, Final

from augreg_torchaudio.left_out import LEFT_OUT as LEFT_OUT

SPECTROGRAMS: Final = ("FrequencyMasking", "SpecAugment", "TimeMasking", "TimeStretch")
"""What takes spectrograms, not sounds."""

_FILTER: Final = "timbre loudness legibility"
_ALTERS: Final = {
    "loudness": ("Fade", "Vol", "gain"),
    "timbre loudness": ("Deemphasis", "Preemphasis", "bass_biquad", "equalizer_biquad", "treble_biquad"),
    "timbre": ("FrequencyMasking", "allpass_biquad"),
    _FILTER: ("band_biquad", "bandpass_biquad", "bandreject_biquad", "highpass_biquad", "lowpass_biquad"),
    "artifacts timbre loudness": ("contrast", "dcshift", "overdrive"),
    "pitch speaker artifacts": ("PitchShift",),
    "duration pitch position speaker synchrony tempo": ("Speed", "SpeedPerturbation"),
    "completeness": ("TimeMasking",),
    "completeness timbre": ("SpecAugment",),
    "duration position synchrony tempo artifacts": ("TimeStretch",),
}
ALTERS: Final = {name: tuple(words.split()) for words, names in _ALTERS.items() for name in names}
"""Transform -> meanings that it may alter."""
UNKNOWN: Final = (
    "artifacts", "completeness", "content", "duration", "legibility", "loudness", "noise", "pitch", "position", "room",
    "speaker", "synchrony", "tempo", "timbre", "time_order",
)  # fmt: skip
"""What a transform that stands in no line above may alter: all that one can."""

MOVES: Final = ("Speed", "SpeedPerturbation", "TimeStretch")
"""What brings sounds to another time: samples with events are refused."""

LEVELS: Final[dict[str, dict[str, Any]]] = {
    "Preemphasis": {"param": "coeff", "low": 0.0, "high": 0.97},
    "bass_biquad": {"param": "gain", "low": 0.0, "high": 12.0, "signed": True},
    "dcshift": {"param": "shift", "low": 0.0, "high": 0.3, "signed": True},
    "equalizer_biquad": {"param": "gain", "low": 0.0, "high": 12.0, "signed": True},
    "gain": {"param": "gain_db", "low": 0.0, "high": 12.0, "signed": True},
    "treble_biquad": {"param": "gain", "low": 0.0, "high": 12.0, "signed": True},
}
"""Transform -> what a strength sets, where one parameter says how much, and 0 leaves a sound as it is."""

_DB: Final = (-120.0, 120.0, "dB")
_HZ: Final = (1.0, None, "Hz")
INTERVALS: Final[dict[str, tuple[float | None, float | None, str]]] = {
    "central_freq": _HZ,
    "center_freq": _HZ,
    "cutoff_freq": _HZ,
    "Q": (0.001, None, ""),
    "gain_db": _DB,
    "gain": _DB,
    "enhancement_amount": (0.0, 100.0, ""),
    "shift": (-2.0, 2.0, "fraction"),
    "coeff": (0.0, 1.0, "fraction"),
    "factor": (0.1, 10.0, "ratio"),
    "fixed_rate": (0.1, 10.0, "ratio"),
    "n_steps": (-60, 60, ""),
    "fade_in_len": (0, None, "samples"),
    "fade_out_len": (0, None, "samples"),
    "colour": (0.0, 100.0, ""),
}
"""Parameters that may be drawn: lowest and highest value (those of torchaudio's documentation) and unit."""
OF_ITS_OWN: Final = {
    ("Vol", "gain"): (None, None, ""),
    ("overdrive", "gain"): (0.0, 100.0, "dB"),
    ("Deemphasis", "coeff"): (0.0, 0.999, "fraction"),
}
"""The same where a transform means something else by the name."""
INTEGRAL: Final = ("n_steps", "fade_in_len", "fade_out_len")

CHOICES: Final = {
    "gain_type": ("amplitude", "power", "db"),
    "fade_shape": ("linear", "exponential", "logarithmic", "quarter_sine", "half_sine"),
}
"""Parameter -> its texts; of unknown ones torchaudio passes over some."""
REQUIRED: Final = ("gain_type",)
"""What has to be given though torchaudio has a default: a gain is not valid or not without it."""
BOUNDS: Final[dict[str, tuple[int, int | None]]] = {
    "bins_per_octave": (1, None),
    "freq_mask_param": (0, None),
    "hop_length": (1, None),
    "n_fft": (16, 65536),
    "n_freq_masks": (0, 1000),
    "n_time_masks": (0, 1000),
    "time_mask_param": (0, None),
    "win_length": (1, None),
}
"""Whole numbers that are not drawn."""
LIMITER: Final = (0.0, 0.99)
DROPPED: Final = ("waveform", "sample_rate", "orig_freq", "n_freq", "window_fn", "wkwargs")
"""What is not offered: what the sample says, and functions."""
RENAMED: Final = {"p": "proportion"}
"""Of masks, p is no probability but the share of a sample that one may cover; in a pipeline p is the step's."""

EXAMPLES: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "Fade": ({"fade_in_len": [0, 400], "fade_out_len": [0, 400], "fade_shape": "half_sine"},),
    "FrequencyMasking": ({"freq_mask_param": 12},),
    "PitchShift": ({"n_steps": [-4, 4], "n_fft": 256},),
    "Preemphasis": ({"coeff": [0.5, 0.97]},),
    "SpecAugment": ({"n_time_masks": 2, "time_mask_param": 10, "n_freq_masks": 2, "freq_mask_param": 8},),
    "Speed": ({"factor": [0.8, 1.25]},),
    "SpeedPerturbation": ({"factors": [0.9, 1.0, 1.1]},),
    "TimeMasking": ({"time_mask_param": 12},),
    "TimeStretch": ({"fixed_rate": [0.8, 1.25]},),
    "Vol": ({"gain": [-12.0, 3.0], "gain_type": "db"},),
    "allpass_biquad": ({"central_freq": [500.0, 2000.0]},),
    "band_biquad": ({"central_freq": [500.0, 2000.0]},),
    "bandpass_biquad": ({"central_freq": [500.0, 2000.0]},),
    "bandreject_biquad": ({"central_freq": [500.0, 2000.0]},),
    "bass_biquad": ({"gain": [-12.0, 12.0]},),
    "dcshift": ({"shift": [-0.2, 0.2]},),
    "equalizer_biquad": ({"center_freq": [500.0, 2000.0], "gain": [-12.0, 12.0]},),
    "highpass_biquad": ({"cutoff_freq": [100.0, 1000.0]},),
    "lowpass_biquad": ({"cutoff_freq": [1000.0, 3000.0]},),
    "treble_biquad": ({"gain": [-12.0, 12.0]},),
}
"""Configurations that fit short sounds, for transforms that need parameters, or that do nothing by default."""

TAGS: Final = {
    "filter": ("biquad", "emphasis"),
    "dynamics": ("Fade", "Vol", "gain", "contrast"),
    "distortion": ("overdrive", "dcshift"),
    "pitch": ("Pitch", "Speed"),
    "time": ("Speed", "TimeStretch"),
    "mask": ("Mask", "SpecAugment"),
}
"""Tag -> parts of names."""
MEMORY: Final[dict[str, float]] = {"PitchShift": 36}
"""Bytes at the peak for each byte of a sample, where above `MEMORY_OF_MOST`; measured by the conformance kit."""
MEMORY_OF_MOST: Final = 22.0

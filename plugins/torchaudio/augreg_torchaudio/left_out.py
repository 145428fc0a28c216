"""What torchaudio offers and the adapter does not, each with the reason; used when the index is written."""

from __future__ import annotations

from typing import Final

_SAME: Final = {
    "add_noise": "AddNoise", "compute_deltas": "ComputeDeltas", "convolve": "Convolve", "deemphasis": "Deemphasis",
    "fftconvolve": "FFTConvolve", "griffinlim": "GriffinLim", "inverse_spectrogram": "InverseSpectrogram",
    "loudness": "Loudness", "mask_along_axis": "TimeMasking", "mask_along_axis_iid": "TimeMasking",
    "mu_law_decoding": "MuLawDecoding", "mu_law_encoding": "MuLawEncoding", "phase_vocoder": "TimeStretch",
    "pitch_shift": "PitchShift", "preemphasis": "Preemphasis", "psd": "PSD", "resample": "Resample",
    "rnnt_loss": "RNNTLoss", "sliding_window_cmn": "SlidingWindowCmn", "spectral_centroid": "SpectralCentroid",
    "spectrogram": "Spectrogram", "speed": "Speed", "vad": "Vad",
}  # fmt: skip
_FEATURES: Final = (
    "AmplitudeToDB", "ComputeDeltas", "LFCC", "MFCC", "MelScale", "MelSpectrogram", "SlidingWindowCmn", "Spectrogram",
    "amplitude_to_DB",
)  # fmt: skip
_BACK: Final = ("DB_to_amplitude", "GriffinLim", "InverseMelScale", "InverseSpectrogram")
_MEASURES: Final = ("Loudness", "SpectralCentroid", "detect_pitch_frequency", "edit_distance", "frechet_distance")
_BEAMS: Final = (
    "MVDR", "PSD", "RTFMVDR", "SoudenMVDR", "apply_beamforming", "mvdr_weights_rtf", "mvdr_weights_souden", "rtf_evd",
    "rtf_power",
)  # fmt: skip
_TABLES: Final = ("create_dct", "linear_fbanks", "melscale_fbanks")
_TRAINING: Final = ("RNNTLoss", "forced_align", "merge_tokens")

LEFT_OUT: Final = {
    **{name: f"it is {other} as a function" for name, other in _SAME.items()},
    **dict.fromkeys(_FEATURES, "it makes features of a sample, and augments nothing"),
    **dict.fromkeys(_BACK, "it turns features back, and augments nothing"),
    **dict.fromkeys(_MEASURES, "it measures, and augments nothing"),
    **dict.fromkeys(_BEAMS, "it is a part of beamforming, which takes masks and several microphones"),
    **dict.fromkeys(_TABLES, "it makes a table"),
    **dict.fromkeys(_TRAINING, "it belongs to the training of a recognizer"),
    **dict.fromkeys(
        ("biquad", "filtfilt", "lfilter"), "it takes coefficients, which drawn by chance are no stable filter"
    ),
    **dict.fromkeys(("Convolve", "FFTConvolve"), "it takes a second sound; audio.impulse_response takes files by key"),
    "AddNoise": "it takes a second sound; audio.background_mix takes files by key, audio.gaussian_snr adds noise",
    "MuLawDecoding": "it takes codes, which no sample of sound holds; audio.mu_law encodes and decodes",
    "MuLawEncoding": "it makes codes, which no sample of sound holds; audio.mu_law encodes and decodes",
    "Resample": "its result has another sample rate, which it does not tell; audio.to_rate and audio.resample do so",
    "Vad": "it makes an empty sound of one in which it hears no voice; audio.trim cuts silence off",
    "deemph_biquad": "it undoes the emphasis of two formats of 44100 and 48000 Hz, and has no parameter",
    "dither": (
        "it adds no noise: a triangle over the length of the sound (TPDF), one value of the sound (RPDF), or a sum of "
        "such, for which it changes its input (GPDF); audio.bit_crush quantizes, audio.gaussian_noise adds noise"
    ),
    "flanger": "its loop in Python takes longer than the sound lasts, at 16 kHz already; audio.chorus does the like",
    "phaser": "its loop keeps an object for each value: a minute of sound takes minutes; audio.chorus does the like",
    "riaa_biquad": "it undoes the emphasis of records at four sample rates, and has no parameter",
}
"""What is not offered, and why."""

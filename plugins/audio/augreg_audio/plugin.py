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
    ("to_rate", "rate:ToRate", ("format",), "Resample to a sample rate, which the result then has."),
    ("gaussian_noise", "noise:GaussianNoise", ("noise",), "Add white Gaussian noise of a random level."),
    ("gaussian_snr", "noise:GaussianSnr", ("noise",), "Add white Gaussian noise at a random signal-to-noise ratio."),
    (
        "colored_noise",
        "noise:ColoredNoise",
        ("noise",),
        "Add noise whose power falls or rises with frequency, at a random signal-to-noise ratio.",
    ),
    ("time_stretch", "stretch:TimeStretch", ("time",), "Play faster or slower at the same pitch."),
    ("tempo", "tempo:Tempo", ("time", "voice"), "Speak faster or slower at the same pitch."),
    ("pitch_shift", "stretch:PitchShift", ("pitch",), "Raise or lower the pitch at the same duration."),
    (
        "gain_transition",
        "envelopes:GainTransition",
        ("level",),
        "Change the loudness from one level to another, once, somewhere in the sound.",
    ),
    ("fade", "envelopes:Fade", ("level",), "Fade the sound in at its start and out at its end."),
    ("clip", "shapers:Clip", ("distortion",), "Cut off the peaks of the waveform, as an overloaded input does."),
    ("tanh", "shapers:Tanh", ("distortion",), "Saturate the waveform softly, keeping its loudness."),
    (
        "overdrive",
        "shapers:Overdrive",
        ("distortion",),
        "Distort like an overdriven valve amplifier, with an uneven curve.",
    ),
    ("bit_crush", "shapers:BitCrush", ("distortion",), "Round the samples to fewer bits."),
    ("low_shelf", "equalizer:LowShelf", ("filter", "linear"), "Raise or lower everything below a random frequency."),
    ("high_shelf", "equalizer:HighShelf", ("filter", "linear"), "Raise or lower everything above a random frequency."),
    ("peaking_eq", "equalizer:PeakingEq", ("filter", "linear"), "Raise or lower a band around a random frequency."),
    (
        "seven_band_eq",
        "equalizer:SevenBandEq",
        ("filter", "linear"),
        "Change the timbre with seven random equaliser bands.",
    ),
    (
        "air_absorption",
        "equalizer:AirAbsorption",
        ("filter", "linear", "room"),
        "Damp high frequencies as a long way through air does.",
    ),
    ("channel_shuffle", "channels:ChannelShuffle", ("channels",), "Put the channels in a random order."),
    ("channel_swap", "channels:ChannelSwap", ("channels",), "Exchange left and right."),
    ("channel_drop", "channels:ChannelDrop", ("channels",), "Silence random channels, but never all of them."),
    ("to_mono", "channels:ToMono", ("channels",), "Mix all channels down to one."),
    ("crop", "cutting:Crop", ("time",), "Cut a random stretch out of the sound and keep that."),
    ("pad", "cutting:Pad", ("time",), "Put silence before and behind the sound."),
    ("loop", "cutting:Loop", ("time",), "Play the sound several times in a row."),
    ("repeat_part", "cutting:RepeatPart", ("time",), "Stutter: repeat a random part of the sound on the spot."),
    ("splice_out", "cutting:SpliceOut", ("time",), "Cut random short stretches out of the sound and close the gaps."),
    ("trim", "trim:Trim", ("time",), "Cut silence off the sound's start and end."),
    (
        "impulse_response",
        "reverb:ImpulseResponse",
        ("room", "linear"),
        "Put the sound into a room whose impulse response was recorded.",
    ),
    ("synthetic_reverb", "reverb:SyntheticReverb", ("room", "linear"), "Add the reverberation of an imaginary room."),
    ("room_simulation", "reverb:RoomSimulation", ("room", "linear"), "Put the sound into a simulated shoebox room."),
    ("echo", "echo:Echo", ("room", "linear"), "Let the sound come back once or several times."),
    (
        "background_mix",
        "background:BackgroundMix",
        ("noise",),
        "Mix a random background sound in, at a random signal-to-noise ratio.",
    ),
    ("short_noises", "bursts:ShortNoises", ("noise",), "Mix short bursts of noise in, here and there."),
    ("clicks", "bursts:Clicks", ("noise",), "Add clicks, like a scratched record or a bad cable."),
    (
        "insert_in_background",
        "background:InsertInBackground",
        ("noise", "time"),
        "Place the sound somewhere in a longer background.",
    ),
    ("mp3", "codecs:Mp3", ("codec",), "Compress to MP3 and back, in memory."),
    ("aac", "codecs:Aac", ("codec",), "Compress to AAC (low complexity) and back, in memory."),
    ("opus", "codecs:Opus", ("codec",), "Compress to Opus and back, in memory, as calls over the internet do."),
    ("vorbis", "codecs:Vorbis", ("codec",), "Compress to Ogg Vorbis and back, in memory."),
    ("g722", "codecs:G722", ("codec",), "Compress with G.722, the wideband codec of telephony, and back, in memory."),
    (
        "gsm",
        "codecs:Gsm",
        ("codec",),
        "Compress with GSM 06.10, the codec of early mobile phones, and back, in memory.",
    ),
    (
        "amr",
        "codecs:Amr",
        ("codec",),
        "Compress with AMR narrowband, the codec of GSM and 3G phones, and back, in memory.",
    ),
    ("mu_law", "codecs:MuLaw", ("codec",), "Round the samples as telephones in North America and Japan do (mu-law)."),
    ("a_law", "codecs:ALaw", ("codec",), "Round the samples as telephones in Europe do (A-law)."),
    (
        "telephone",
        "codecs:Telephone",
        ("codec", "filter"),
        "Make it sound like an old telephone: a narrow band, and rounding.",
    ),
    (
        "packet_loss",
        "transmission:PacketLoss",
        ("codec", "mask"),
        "Lose packets of the sound, as calls over the internet do.",
    ),
    (
        "peak_normalize",
        "dynamics:PeakNormalize",
        ("level",),
        "Scale the sound so that its loudest sample has a given level.",
    ),
    ("rms_normalize", "dynamics:RmsNormalize", ("level",), "Scale the sound so that its RMS has a given level."),
    ("loudness_normalize", "dynamics:LoudnessNormalize", ("level",), "Scale the sound to a given loudness in LUFS."),
    ("limiter", "dynamics:Limiter", ("level",), "Keep peaks below a threshold without cutting them off."),
    ("compressor", "dynamics:Compressor", ("level",), "Make loud parts quieter, as broadcast and phones do."),
    (
        "resample",
        "degrade:Resample",
        ("codec",),
        "Lose the high frequencies by resampling to a random lower rate and back.",
    ),
    ("aliasing", "degrade:Aliasing", ("codec",), "Fold high frequencies down, as sampling without a filter does."),
    (
        "vocal_tract",
        "degrade:VocalTract",
        ("voice",),
        "Move the formants of a voice as a longer or shorter vocal tract does, at the same pitch.",
    ),
    ("tremolo", "modulation:Tremolo", ("level", "modulation"), "Let the loudness swell and sink regularly."),
    (
        "vibrato",
        "modulation:Vibrato",
        ("pitch", "modulation"),
        "Let the pitch swing up and down regularly, as a worn tape or a singer does.",
    ),
    (
        "chorus",
        "modulation:Chorus",
        ("modulation",),
        "Add a copy whose delay swings, so that one voice sounds like two.",
    ),
    ("mixup", "mixing:Mixup", ("mixing",), "Average two sounds of the batch and their labels."),
    (
        "cutmix",
        "mixing:Cutmix",
        ("mixing",),
        "Replace a stretch of the sound by a stretch of another one of the batch.",
    ),
    (
        "batch_mix",
        "mixing:BatchMix",
        ("mixing", "noise"),
        "Mix another sound of the batch in as background, at a random signal-to-noise ratio.",
    ),
    (
        "babble",
        "babble:Babble",
        ("mixing", "noise"),
        "Mix several other sounds of the batch in as a murmur of voices, at a random signal-to-noise ratio.",
    ),
)

_SPECTRA: Final[tuple[tuple[str, str, tuple[str, ...], str], ...]] = (
    ("frequency_mask", "masks:FrequencyMask", ("mask",), "Blank out random bands of frequencies."),
    ("time_mask", "masks:TimeMask", ("mask",), "Blank out random stretches of time."),
    (
        "spec_augment",
        "masks:SpecAugment",
        ("mask", "time"),
        "Warp time, and blank out bands of frequencies and stretches of time.",
    ),
    (
        "time_warp",
        "warps:TimeWarp",
        ("time",),
        "Move a random moment earlier or later, stretching one side of it and squeezing the other.",
    ),
    (
        "frequency_warp",
        "warps:FrequencyWarp",
        ("pitch",),
        "Stretch the frequency axis, as a shorter or longer vocal tract does.",
    ),
    (
        "filter_augment",
        "gains:FilterAugment",
        ("filter",),
        "Raise and lower random frequency bands, like other rooms and microphones do.",
    ),
    ("spec_mixup", "gains:SpecMixup", ("mixing",), "Average two spectrograms of the batch and their labels."),
)


@augreg.hookimpl
def augreg_modalities() -> list[augreg.ModalitySpec]:
    """Return the modality that this plugin adds."""
    target = "augreg_audio.spectra.modality:SpectrogramModality"
    return [augreg.ModalitySpec("spectrogram", target, summary="Complex or real spectrograms, linear or mel.")]


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    waves = [_spec("audio", "", *offer) for offer in _OFFERED]
    return waves + [_spec("spectrogram", "spectra.", *offer) for offer in _SPECTRA]


def _spec(
    modality: str, package: str, name: str, target: str, tags: tuple[str, ...], summary: str
) -> augreg.AugmenterSpec:
    return augreg.AugmenterSpec(
        f"{modality}.{name}", f"augreg_audio.{package}{target}", modalities=(modality,), tags=tags, summary=summary
    )

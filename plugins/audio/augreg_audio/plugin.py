"""What this plugin offers: facts only, nothing heavy is imported."""

from __future__ import annotations

from typing import Final

import augreg
from augreg_audio import operation_sets
from augreg_audio.aliases import ALIASES

AUGREG_API: Final = 1

_OFFERED: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("gain", "gain:Gain", ("level", "linear")),
    ("polarity", "gain:Polarity", ("linear",)),
    ("delay", "gain:Delay", ("time", "linear")),
    ("lowpass", "filters:Lowpass", ("filter", "linear")),
    ("highpass", "filters:Highpass", ("filter", "linear")),
    ("bandpass", "filters:Bandpass", ("filter", "linear")),
    ("bandstop", "filters:Bandstop", ("filter", "linear")),
    ("time_mask", "masking:TimeMask", ("mask",)),
    ("shift", "shift:Shift", ("time",)),
    ("reverse", "shift:Reverse", ("time",)),
    ("speed", "speed:Speed", ("time", "pitch")),
    ("to_rate", "rate:ToRate", ("format",)),
    ("gaussian_noise", "noise:GaussianNoise", ("noise",)),
    ("gaussian_snr", "noise:GaussianSnr", ("noise",)),
    ("colored_noise", "noise:ColoredNoise", ("noise",)),
    ("time_stretch", "stretch:TimeStretch", ("time",)),
    ("tempo", "tempo:Tempo", ("time", "voice")),
    ("pitch_shift", "stretch:PitchShift", ("pitch",)),
    ("gain_transition", "envelopes:GainTransition", ("level",)),
    ("fade", "envelopes:Fade", ("level",)),
    ("clip", "shapers:Clip", ("distortion",)),
    ("tanh", "shapers:Tanh", ("distortion",)),
    ("overdrive", "shapers:Overdrive", ("distortion",)),
    ("bit_crush", "shapers:BitCrush", ("distortion",)),
    ("low_shelf", "equalizer:LowShelf", ("filter", "linear")),
    ("high_shelf", "equalizer:HighShelf", ("filter", "linear")),
    ("peaking_eq", "equalizer:PeakingEq", ("filter", "linear")),
    ("seven_band_eq", "equalizer:SevenBandEq", ("filter", "linear")),
    ("air_absorption", "equalizer:AirAbsorption", ("filter", "linear", "room")),
    ("channel_shuffle", "channels:ChannelShuffle", ("channels",)),
    ("channel_swap", "channels:ChannelSwap", ("channels",)),
    ("channel_drop", "channels:ChannelDrop", ("channels",)),
    ("to_mono", "channels:ToMono", ("channels",)),
    ("crop", "cutting:Crop", ("time",)),
    ("pad", "cutting:Pad", ("time",)),
    ("loop", "cutting:Loop", ("time",)),
    ("repeat_part", "cutting:RepeatPart", ("time",)),
    ("splice_out", "cutting:SpliceOut", ("time",)),
    ("trim", "trim:Trim", ("time",)),
    ("impulse_response", "reverb:ImpulseResponse", ("room", "linear")),
    ("synthetic_reverb", "reverb:SyntheticReverb", ("room", "linear")),
    ("room_simulation", "reverb:RoomSimulation", ("room", "linear")),
    ("echo", "echo:Echo", ("room", "linear")),
    ("background_mix", "background:BackgroundMix", ("noise",)),
    ("short_noises", "bursts:ShortNoises", ("noise",)),
    ("clicks", "bursts:Clicks", ("noise",)),
    ("insert_in_background", "background:InsertInBackground", ("noise", "time")),
    ("mp3", "codecs:Mp3", ("codec",)),
    ("aac", "codecs:Aac", ("codec",)),
    ("opus", "codecs:Opus", ("codec",)),
    ("vorbis", "codecs:Vorbis", ("codec",)),
    ("g722", "codecs:G722", ("codec",)),
    ("gsm", "codecs:Gsm", ("codec",)),
    ("amr", "codecs:Amr", ("codec",)),
    ("mu_law", "codecs:MuLaw", ("codec",)),
    ("a_law", "codecs:ALaw", ("codec",)),
    ("telephone", "codecs:Telephone", ("codec", "filter")),
    ("packet_loss", "transmission:PacketLoss", ("codec", "mask")),
    ("peak_normalize", "dynamics:PeakNormalize", ("level",)),
    ("rms_normalize", "dynamics:RmsNormalize", ("level",)),
    ("loudness_normalize", "dynamics:LoudnessNormalize", ("level",)),
    ("limiter", "dynamics:Limiter", ("level",)),
    ("compressor", "dynamics:Compressor", ("level",)),
    ("resample", "degrade:Resample", ("codec",)),
    ("aliasing", "degrade:Aliasing", ("codec",)),
    ("vocal_tract", "degrade:VocalTract", ("voice",)),
    ("tremolo", "modulation:Tremolo", ("level", "modulation")),
    ("vibrato", "modulation:Vibrato", ("pitch", "modulation")),
    ("chorus", "modulation:Chorus", ("modulation",)),
    ("mixup", "mixing:Mixup", ("mixing",)),
    ("cutmix", "mixing:Cutmix", ("mixing",)),
    ("batch_mix", "mixing:BatchMix", ("mixing", "noise")),
    ("babble", "babble:Babble", ("mixing", "noise")),
)

_SPECTRA: Final[tuple[tuple[str, str, tuple[str, ...]], ...]] = (
    ("frequency_mask", "masks:FrequencyMask", ("mask",)),
    ("time_mask", "masks:TimeMask", ("mask",)),
    ("spec_augment", "masks:SpecAugment", ("mask", "time")),
    ("time_warp", "warps:TimeWarp", ("time",)),
    ("frequency_warp", "warps:FrequencyWarp", ("pitch",)),
    ("filter_augment", "gains:FilterAugment", ("filter",)),
    ("spec_mixup", "gains:SpecMixup", ("mixing",)),
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


def _spec(modality: str, package: str, name: str, target: str, tags: tuple[str, ...]) -> augreg.AugmenterSpec:
    full = f"{modality}.{name}"
    aliases = tuple(ALIASES.get(full, "").split())
    return augreg.AugmenterSpec(
        full, f"augreg_audio.{package}{target}", modalities=(modality,), tags=tags, aliases=aliases
    )


@augreg.hookimpl
def augreg_policies() -> list[augreg.OperationSet]:
    """Return the sets of operations that policies draw from for sounds and spectrograms."""
    return list(operation_sets.SETS)

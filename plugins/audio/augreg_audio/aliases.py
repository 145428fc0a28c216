"""What other libraries call our augmenters: people search by the names that they know.

`library.Name` does the same thing, though its parameters may be other ones and in other units; `~library.Name` is only
like it, and no `augreg convert` writes ours for it without saying so.
"""

from typing import Final

ALIASES: Final = {
    "audio.gain": "audiomentations.Gain torch_audiomentations.Gain torchaudio.Vol nlpaug.LoudnessAug "
    "augly.ChangeVolume lhotse.Volume pedalboard.Gain",
    "audio.polarity": "audiomentations.PolarityInversion torch_audiomentations.PolarityInversion "
    "nlpaug.PolarityInverseAug pedalboard.Invert",
    "audio.delay": "~pedalboard.Delay",
    "audio.lowpass": "audiomentations.LowPassFilter torch_audiomentations.LowPassFilter torchaudio.lowpass_biquad "
    "augly.LowPassFilter pedalboard.LowpassFilter",
    "audio.highpass": "audiomentations.HighPassFilter torch_audiomentations.HighPassFilter torchaudio.highpass_biquad "
    "augly.HighPassFilter pedalboard.HighpassFilter",
    "audio.bandpass": "audiomentations.BandPassFilter torch_audiomentations.BandPassFilter torchaudio.bandpass_biquad",
    "audio.bandstop": "audiomentations.BandStopFilter torch_audiomentations.BandStopFilter "
    "torchaudio.bandreject_biquad",
    "audio.time_mask": "audiomentations.TimeMask ~nlpaug.MaskAug ~torch_audiomentations.Padding",
    "audio.shift": "audiomentations.Shift torch_audiomentations.Shift nlpaug.ShiftAug",
    "audio.reverse": "audiomentations.Reverse torch_audiomentations.TimeInversion",
    "audio.speed": "torchaudio.Speed torchaudio.SpeedPerturbation augly.Speed lhotse.Speed",
    "audio.to_rate": "torchaudio.Resample lhotse.Resample",
    "audio.gaussian_noise": "audiomentations.AddGaussianNoise ~lhotse.RandomizedSmoothing ~nlpaug.NoiseAug",
    "audio.gaussian_snr": "audiomentations.AddGaussianSNR ~torchaudio.AddNoise",
    "audio.colored_noise": "audiomentations.AddColorNoise torch_audiomentations.AddColoredNoise ~nlpaug.NoiseAug",
    "audio.time_stretch": "audiomentations.TimeStretch augly.TimeStretch pedalboard.time_stretch ~nlpaug.SpeedAug "
    "~torchaudio.TimeStretch",
    "audio.tempo": "augly.Tempo lhotse.Tempo",
    "audio.pitch_shift": "audiomentations.PitchShift torch_audiomentations.PitchShift torchaudio.PitchShift "
    "augly.PitchShift nlpaug.PitchAug pedalboard.PitchShift",
    "audio.gain_transition": "audiomentations.GainTransition",
    "audio.fade": "torchaudio.Fade",
    "audio.clip": "audiomentations.ClippingDistortion audiomentations.Clip lhotse.Clipping pedalboard.Clipping",
    "audio.tanh": "audiomentations.TanhDistortion pedalboard.Distortion",
    "audio.overdrive": "torchaudio.overdrive",
    "audio.bit_crush": "audiomentations.BitCrush pedalboard.Bitcrush",
    "audio.low_shelf": "audiomentations.LowShelfFilter torchaudio.bass_biquad pedalboard.LowShelfFilter",
    "audio.high_shelf": "audiomentations.HighShelfFilter torchaudio.treble_biquad pedalboard.HighShelfFilter",
    "audio.peaking_eq": "audiomentations.PeakingFilter torchaudio.equalizer_biquad augly.PeakingEqualizer "
    "pedalboard.PeakFilter",
    "audio.seven_band_eq": "audiomentations.SevenBandParametricEQ",
    "audio.air_absorption": "audiomentations.AirAbsorption",
    "audio.channel_shuffle": "torch_audiomentations.ShuffleChannels",
    "audio.channel_swap": "augly.InvertChannels",
    "audio.to_mono": "augly.ToMono",
    "audio.crop": "audiomentations.AdjustDuration torch_audiomentations.RandomCrop augly.Clip ~nlpaug.CropAug",
    "audio.pad": "lhotse.ExtraPadding ~audiomentations.Padding",
    "audio.loop": "augly.Loop lhotse.repeat",
    "audio.repeat_part": "audiomentations.RepeatPart",
    "audio.splice_out": "torch_audiomentations.SpliceOut ~nlpaug.CropAug",
    "audio.trim": "audiomentations.Trim ~torchaudio.Vad",
    "audio.impulse_response": "audiomentations.ApplyImpulseResponse torch_audiomentations.ApplyImpulseResponse "
    "lhotse.ReverbWithImpulseResponse torchaudio.FFTConvolve torchaudio.Convolve pedalboard.Convolution",
    "audio.synthetic_reverb": "augly.Reverb pedalboard.Reverb ~lhotse.FastRandomRIRGenerator",
    "audio.room_simulation": "audiomentations.RoomSimulator",
    "audio.background_mix": "audiomentations.AddBackgroundNoise torch_audiomentations.AddBackgroundNoise "
    "augly.AddBackgroundNoise ~torchaudio.AddNoise",
    "audio.short_noises": "audiomentations.AddShortNoises",
    "audio.clicks": "augly.Clicks",
    "audio.insert_in_background": "augly.InsertInBackground",
    "audio.mp3": "audiomentations.Mp3Compression pedalboard.MP3Compressor ~lhotse.Compress",
    "audio.opus": "~lhotse.Compress",
    "audio.gsm": "pedalboard.GSMFullRateCompressor ~lhotse.Compress",
    "audio.mu_law": "torchaudio.MuLawEncoding ~lhotse.Narrowband",
    "audio.telephone": "lhotse.Narrowband",
    "audio.peak_normalize": "audiomentations.Normalize torch_audiomentations.PeakNormalization augly.Normalize "
    "~nlpaug.NormalizeAug",
    "audio.loudness_normalize": "audiomentations.LoudnessNormalization lhotse.LoudnessNormalization",
    "audio.limiter": "audiomentations.Limiter pedalboard.Limiter",
    "audio.compressor": "pedalboard.Compressor ~torchaudio.contrast",
    "audio.resample": "audiomentations.Resample lhotse.LowpassUsingResampling",
    "audio.aliasing": "audiomentations.Aliasing",
    "audio.vocal_tract": "nlpaug.VtlpAug",
    "audio.chorus": "pedalboard.Chorus ~torchaudio.flanger ~torchaudio.phaser",
    "audio.mixup": "~torch_audiomentations.Mix",
    "audio.batch_mix": "torch_audiomentations.Mix lhotse.CutMix",
    "spectrogram.frequency_mask": "torchaudio.FrequencyMasking nlpaug.FrequencyMaskingAug "
    "albumentations.FrequencyMasking",
    "spectrogram.time_mask": "torchaudio.TimeMasking nlpaug.TimeMaskingAug albumentations.TimeMasking",
    "spectrogram.spec_augment": "torchaudio.SpecAugment lhotse.SpecAugment",
    "spectrogram.time_warp": "lhotse.time_warp",
}
"""Name -> what others call it."""

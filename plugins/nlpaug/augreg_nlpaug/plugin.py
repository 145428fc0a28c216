"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

# Name, class, modality, tags, summary: one line each.
# fmt: off
_OFFERS = (
    ("keyboard", "text:Keyboard", "text", "character typo",
     "Replace characters by neighbouring keys, with nlpaug's KeyboardAug."),
    ("ocr", "text:Ocr", "text", "character typo", "Replace characters by look-alikes, with nlpaug's OcrAug."),
    ("random_char", "text:RandomChar", "text", "character typo",
     "Insert, substitute, swap or delete characters, with nlpaug's RandomCharAug."),
    ("random_word", "text:RandomWord", "text", "word",
     "Swap, delete, crop or substitute words, with nlpaug's RandomWordAug; crops are mended."),
    ("spelling", "text:Spelling", "text", "word typo",
     "Replace English words by misspellings or the other way round, with nlpaug's SpellingAug."),
    ("split", "text:Split", "text", "word", "Split words in two, with nlpaug's SplitAug."),
    ("reserved", "text:Reserved", "text", "word", "Replace words by others of their group, with nlpaug's ReservedAug."),
    ("noise", "audio:Noise", "audio", "noise",
     "Add coloured noise of amplitude 1 to a part of the sound, with nlpaug's NoiseAug."),
    ("loudness", "audio:Loudness", "audio", "level",
     "Multiply a part of the sound by a random factor, with nlpaug's LoudnessAug."),
    ("mask", "audio:Mask", "audio", "mask", "Replace a part of the sound by noise or silence, with nlpaug's MaskAug."),
    ("polarity_inverse", "audio:PolarityInverse", "audio", "polarity",
     "Turn the sign of a part of the sound, with nlpaug's PolarityInverseAug."),
    ("normalize", "audio:Normalize", "audio", "level",
     "Scale a part of the sound by its maximum, range or deviation, with nlpaug's NormalizeAug."),
    ("crop", "audio:Crop", "audio", "time", "Cut a part out of the sound, with nlpaug's CropAug."),
    ("shift", "audio:Shift", "audio", "time", "Move the sound in time and fill with silence, with nlpaug's ShiftAug."),
    ("speed", "audio:Speed", "audio", "time librosa",
     "Stretch a part of the sound in time with its pitch kept, with nlpaug's SpeedAug."),
    ("pitch", "audio:Pitch", "audio", "pitch librosa",
     "Shift the pitch of a part of the sound by semitones, with nlpaug's PitchAug."),
    ("vtlp", "audio:Vtlp", "audio", "spectrum librosa",
     "Warp the spectrum of a part of the sound like another vocal tract would, with nlpaug's VtlpAug."),
)
# fmt: on


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"nlpaug.{name}",
            f"augreg_nlpaug.{target}",
            modalities=(modality,),
            tags=tuple(tags.split()),
            summary=summary,
        )
        for name, target, modality, tags, summary in _OFFERS
    ]

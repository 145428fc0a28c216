"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

_OFFERS = (
    ("keyboard", "text:Keyboard", "text", "character typo"),
    ("ocr", "text:Ocr", "text", "character typo"),
    ("random_char", "text:RandomChar", "text", "character typo"),
    ("random_word", "text:RandomWord", "text", "word"),
    ("spelling", "text:Spelling", "text", "word typo"),
    ("split", "text:Split", "text", "word"),
    ("reserved", "text:Reserved", "text", "word"),
    ("synonym", "words:Synonym", "text", "word wordnet"),
    ("antonym", "words:Antonym", "text", "word wordnet"),
    ("tfidf", "words:TfIdf", "text", "word statistics"),
    ("word_embs", "words:WordEmbs", "text", "word vectors"),
    ("random_sent", "sentences:RandomSent", "text", "sentence"),
    ("contextual_word_embs", "neural:ContextualWordEmbs", "text", "word model"),
    ("back_translation", "neural:BackTranslation", "text", "sentence model"),
    ("abst_summ", "neural:AbstSumm", "text", "model"),
    ("contextual_word_embs_for_sentence", "neural:ContextualWordEmbsForSentence", "text", "model"),
    ("noise", "audio:Noise", "audio", "noise"),
    ("loudness", "audio:Loudness", "audio", "level"),
    ("mask", "audio:Mask", "audio", "mask"),
    ("polarity_inverse", "audio:PolarityInverse", "audio", "polarity"),
    ("normalize", "audio:Normalize", "audio", "level"),
    ("crop", "audio:Crop", "audio", "time"),
    ("shift", "audio:Shift", "audio", "time"),
    ("speed", "audio:Speed", "audio", "time"),
    ("pitch", "audio:Pitch", "audio", "pitch"),
    ("vtlp", "audio:Vtlp", "audio", "spectrum"),
)
"""Name, class (whose docstring says what it does), modality, tags."""

_SPECTROGRAMS = (
    ("frequency_masking", "spectrogram:FrequencyMasking", "spectrogram", "mask"),
    ("time_masking", "spectrogram:TimeMasking", "spectrogram", "mask"),
    ("spectrogram_loudness", "spectrogram:SpectrogramLoudness", "spectrogram", "level"),
)


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    # augreg-audio brings that modality.
    offers = (*_OFFERS, *_SPECTROGRAMS) if augreg.registry.available("augreg-audio") else _OFFERS
    return [
        augreg.AugmenterSpec(
            f"nlpaug.{name}",
            f"augreg_nlpaug.{target}",
            modalities=(modality,),
            tags=tuple(tags.split()),
            # Its own name: text:Keyboard is nlpaug's KeyboardAug.
            aliases=(f"nlpaug.{target.partition(':')[2].removeprefix('Spectrogram')}Aug",),
        )
        for name, target, modality, tags in offers
    ]

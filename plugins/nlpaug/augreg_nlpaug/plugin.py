"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

# Name, class, modality, tags, summary: one line each.
# fmt: off
_OFFERS = (
    ("keyboard", "text:Keyboard", "text", "character typo",
     "Replace characters by neighboring keys, with nlpaug's KeyboardAug."),
    ("ocr", "text:Ocr", "text", "character typo", "Replace characters by look-alikes, with nlpaug's OcrAug."),
    ("random_char", "text:RandomChar", "text", "character typo",
     "Insert, substitute, swap or delete characters, with nlpaug's RandomCharAug."),
    ("random_word", "text:RandomWord", "text", "word",
     "Swap, delete, crop or substitute words, with nlpaug's RandomWordAug; crops are mended."),
    ("spelling", "text:Spelling", "text", "word typo",
     "Replace English words by misspellings or the other way round, with nlpaug's SpellingAug."),
    ("split", "text:Split", "text", "word", "Split words in two, with nlpaug's SplitAug."),
    ("reserved", "text:Reserved", "text", "word", "Replace words by others of their group, with nlpaug's ReservedAug."),
    ("synonym", "words:Synonym", "text", "word wordnet",
     "Replace words by synonyms after WordNet or the Paraphrase Database, with nlpaug's SynonymAug."),
    ("antonym", "words:Antonym", "text", "word wordnet",
     "Replace words by their opposites after WordNet, with nlpaug's AntonymAug; WordNet is that of augreg-text."),
    ("tfidf", "words:TfIdf", "text", "word statistics",
     "Replace words that tell little, or insert such words, after TF-IDF scores, with nlpaug's TfIdfAug."),
    ("word_embs", "words:WordEmbs", "text", "word vectors",
     "Replace words by near ones in a space of vectors, or insert any, with nlpaug's WordEmbsAug."),
    ("random_sent", "sentences:RandomSent", "text", "sentence",
     "Swap sentences with others, with nlpaug's RandomSentAug."),
    ("contextual_word_embs", "neural:ContextualWordEmbs", "text", "word model",
     "Replace words by, or insert, what a masked language model expects, as nlpaug's ContextualWordEmbsAug did."),
    ("back_translation", "neural:BackTranslation", "text", "sentence model",
     "Translate sentences into another language and back, as nlpaug's BackTranslationAug does."),
    ("abst_summ", "neural:AbstSumm", "text", "model",
     "Put the text in fewer words with a sequence-to-sequence model, as nlpaug's AbstSummAug does."),
    ("contextual_word_embs_for_sentence", "neural:ContextualWordEmbsForSentence", "text", "model",
     "Let a causal language model go on after the end, as nlpaug's ContextualWordEmbsForSentenceAug does."),
    ("noise", "audio:Noise", "audio", "noise",
     "Add colored noise of amplitude 1 to a part of the sound, with nlpaug's NoiseAug."),
    ("loudness", "audio:Loudness", "audio", "level",
     "Multiply a part of the sound by a random factor, with nlpaug's LoudnessAug."),
    ("mask", "audio:Mask", "audio", "mask", "Replace a part of the sound by noise or silence, with nlpaug's MaskAug."),
    ("polarity_inverse", "audio:PolarityInverse", "audio", "polarity",
     "Turn the sign of a part of the sound, with nlpaug's PolarityInverseAug."),
    ("normalize", "audio:Normalize", "audio", "level",
     "Scale a part of the sound by its maximum, range or deviation, with nlpaug's NormalizeAug."),
    ("crop", "audio:Crop", "audio", "time", "Cut a part out of the sound, with nlpaug's CropAug."),
    ("shift", "audio:Shift", "audio", "time", "Move the sound in time and fill with silence, with nlpaug's ShiftAug."),
    ("speed", "audio:Speed", "audio", "time",
     "Stretch a part of the sound in time with its pitch kept, with nlpaug's SpeedAug."),
    ("pitch", "audio:Pitch", "audio", "pitch",
     "Shift the pitch of a part of the sound by semitones, with nlpaug's PitchAug."),
    ("vtlp", "audio:Vtlp", "audio", "spectrum",
     "Warp the spectrum of a part of the sound like another vocal tract would, with nlpaug's VtlpAug."),
)
_SPECTROGRAMS = (
    ("frequency_masking", "spectrogram:FrequencyMasking", "spectrogram", "mask",
     "Silence a band of frequencies in a part of the frames, with nlpaug's FrequencyMaskingAug."),
    ("time_masking", "spectrogram:TimeMasking", "spectrogram", "mask",
     "Silence a stretch of frames, with nlpaug's TimeMaskingAug."),
    ("spectrogram_loudness", "spectrogram:SpectrogramLoudness", "spectrogram", "level",
     "Multiply a part of the frames by a random factor, with nlpaug's spectrogram LoudnessAug; mended."),
)
# fmt: on


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
            summary=summary,
        )
        for name, target, modality, tags, summary in offers
    ]

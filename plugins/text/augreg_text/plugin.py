"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg
from augreg_text import operation_sets
from augreg_text.aliases import ALIASES

AUGREG_API = 1

_OFFERS = (
    ("keyboard", "typos:Keyboard", "character typo"),
    ("ocr", "typos:Ocr", "character typo"),
    ("char_swap", "characters:CharSwap", "character typo"),
    ("char_delete", "characters:CharDelete", "character typo"),
    ("char_insert", "insertions:CharInsert", "character"),
    ("char_substitute", "insertions:CharSubstitute", "character"),
    ("char_case", "disguise:CharCase", "character case"),
    ("typo", "slips:Typo", "character typo"),
    ("homoglyph", "disguise:Homoglyph", "character unicode"),
    ("zero_width", "insertions:ZeroWidth", "character unicode"),
    ("style", "disguise:Style", "character unicode"),
    ("leet", "disguise:Leet", "character"),
    ("add_diacritics", "disguise:AddDiacritics", "character unicode"),
    ("strip_diacritics", "disguise:StripDiacritics", "character unicode"),
    ("whitespace", "insertions:Whitespace", "character"),
    ("aeda", "insertions:Aeda", "punctuation"),
    ("spelling", "spelling:Spelling", "word typo"),
    ("word_swap", "words:WordSwap", "word"),
    ("word_delete", "words:WordDelete", "word"),
    ("word_split", "words:WordSplit", "word"),
    ("word_merge", "runs:WordMerge", "word"),
    ("word_crop", "runs:WordCrop", "word"),
    ("word_duplicate", "runs:WordDuplicate", "word"),
    ("word_case", "runs:WordCase", "word case"),
    ("synonym", "thesaurus:Synonym", "word wordnet"),
    ("antonym", "thesaurus:Antonym", "word wordnet"),
    ("hypernym", "thesaurus:Hypernym", "word wordnet"),
    ("inflection", "thesaurus:Inflection", "word wordnet"),
    ("synonym_insert", "eda:SynonymInsert", "word wordnet"),
    ("eda", "eda:Eda", "word wordnet"),
    ("word_substitute", "eda:WordSubstitute", "word"),
    ("tfidf", "tfidf:TfIdf", "word statistics"),
    ("embedding", "embedding:Embedding", "word vectors"),
    ("sentence_shuffle", "sentences:SentenceShuffle", "sentence"),
    ("sentence_delete", "sentences:SentenceDelete", "sentence"),
    ("sentence_insert", "sentences:SentenceInsert", "sentence"),
    ("masked_lm", "masked_lm:MaskedLm", "word model"),
    ("back_translation", "rewriting:BackTranslation", "sentence model"),
    ("paraphrase", "rewriting:Paraphrase", "sentence model"),
    ("continuation", "rewriting:Continuation", "text model"),
    ("summary", "rewriting:Summary", "text model"),
    ("replace", "phrases:Replace", "word table"),
    ("reserved", "phrases:Reserved", "word table"),
    ("contraction", "by_language:Contraction", "word style"),
    ("gender", "by_language:Gender", "word fairness"),
    ("name", "by_language:Name", "word entity"),
    ("date", "by_language:Date", "word entity"),
    ("city", "by_language:City", "word entity"),
    ("number_word", "by_language:NumberWord", "word number"),
    ("number", "runs:Number", "word number"),
)
"""Name, class (whose docstring says what it does), tags."""


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"text.{name}",
            f"augreg_text.{target}",
            modalities=("text",),
            tags=tuple(tags.split()),
            aliases=tuple(ALIASES.get(name, "").split()),
        )
        for name, target, tags in _OFFERS
    ]


@augreg.hookimpl
def augreg_policies() -> list[augreg.OperationSet]:
    """Return the sets of operations that policies draw from for texts."""
    return list(operation_sets.SETS)

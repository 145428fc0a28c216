"""What this plugin offers: facts only, nothing heavy is imported."""

import augreg

AUGREG_API = 1

# Name, class, tags, summary: one line each.
# fmt: off
_OFFERS = (
    ("keyboard", "typos:Keyboard", "character typo",
     "Replace characters by a neighboring key, as a slip of the finger does."),
    ("ocr", "typos:Ocr", "character typo",
     "Replace characters by look-alikes, as optical character recognition does."),
    ("char_swap", "characters:CharSwap", "character typo", "Swap neighboring letters of a word."),
    ("char_delete", "characters:CharDelete", "character typo", "Delete letters; a letter that stands alone stays."),
    ("char_insert", "insertions:CharInsert", "character", "Insert random letters before letters."),
    ("char_substitute", "insertions:CharSubstitute", "character", "Replace letters by random ones."),
    ("char_case", "disguise:CharCase", "character case", "Turn letters into the other case."),
    ("typo", "slips:Typo", "character typo",
     "Make typing errors: a neighboring key instead or as well, a key missed, hit twice, or too early."),
    ("homoglyph", "disguise:Homoglyph", "character unicode",
     "Replace Latin letters by letters of other scripts that look the same."),
    ("zero_width", "insertions:ZeroWidth", "character unicode", "Insert invisible characters inside words."),
    ("style", "disguise:Style", "character unicode",
     "Replace Latin letters by styled ones: bold, script, full width, circled, ..."),
    ("leet", "disguise:Leet", "character", "Replace Latin letters by digits and signs that resemble them."),
    ("add_diacritics", "disguise:AddDiacritics", "character unicode", "Put accents on Latin letters."),
    ("strip_diacritics", "disguise:StripDiacritics", "character unicode",
     "Take the accents off Latin, Greek and Cyrillic letters, composed or combining."),
    ("whitespace", "insertions:Whitespace", "character", "Double, delete or change spaces between words."),
    ("aeda", "insertions:Aeda", "punctuation", "Insert punctuation marks before words (AEDA)."),
    ("spelling", "spelling:Spelling", "word typo", "Replace English words by misspellings that people have made."),
    ("word_swap", "words:WordSwap", "word", "Swap neighboring words with nothing but blanks between them."),
    ("word_delete", "words:WordDelete", "word",
     "Delete words, each with one blank beside it; at least one word of a text stays."),
    ("word_split", "words:WordSplit", "word", "Split words in two by a space."),
    ("word_merge", "runs:WordMerge", "word", "Run neighboring words together by deleting the space between them."),
    ("word_crop", "runs:WordCrop", "word",
     "Delete one run of neighboring words; at least one word of a text stays."),
    ("word_duplicate", "runs:WordDuplicate", "word", "Say words twice."),
    ("word_case", "runs:WordCase", "word case", "Put words in upper case, lower case, or a capital in front."),
    ("synonym", "thesaurus:Synonym", "word wordnet", "Replace words by synonyms in the same form, after WordNet."),
    ("antonym", "thesaurus:Antonym", "word wordnet",
     "Replace words by their opposites in the same form, after WordNet."),
    ("hypernym", "thesaurus:Hypernym", "word wordnet",
     "Replace words by more general ones in the same form, after WordNet."),
    ("inflection", "thesaurus:Inflection", "word wordnet",
     'Replace words by other forms of them: "dogs" by "dog", "ran" by "running".'),
    ("synonym_insert", "eda:SynonymInsert", "word wordnet",
     "Insert synonyms of words of the text before words of the text."),
    ("eda", "eda:Eda", "word wordnet",
     "Do one of: replace words by synonyms, insert synonyms, swap words, delete words (EDA)."),
    ("word_substitute", "eda:WordSubstitute", "word",
     "Replace words by words drawn from a list, a blank to fill by default; or insert those."),
    ("tfidf", "tfidf:TfIdf", "word statistics",
     "Replace words that tell little by others that do, or insert such words, after TF-IDF scores of a corpus."),
    ("embedding", "embedding:Embedding", "word vectors",
     "Replace words by neighbors in a space of word vectors."),
    ("sentence_shuffle", "sentences:SentenceShuffle", "sentence", "Put sentences in another order."),
    ("sentence_delete", "sentences:SentenceDelete", "sentence", "Delete sentences; at least one of a text stays."),
    ("sentence_insert", "sentences:SentenceInsert", "sentence", "Insert sentences from a list."),
    ("masked_lm", "masked_lm:MaskedLm", "word model",
     "Replace words by, or insert, what a masked language model expects."),
    ("back_translation", "rewriting:BackTranslation", "sentence model",
     "Translate sentences into another language and back."),
    ("paraphrase", "rewriting:Paraphrase", "sentence model",
     "Rewrite sentences with a sequence-to-sequence model."),
    ("continuation", "rewriting:Continuation", "text model", "Let a language model go on after the end of the text."),
    ("summary", "rewriting:Summary", "text model", "Put the text in fewer words with a sequence-to-sequence model."),
    ("replace", "phrases:Replace", "word table", "Replace words and phrases by alternatives from a table of your own."),
    ("reserved", "phrases:Reserved", "word table", "Replace words and phrases by others of their group."),
    ("contraction", "by_language:Contraction", "word style",
     'Expand contractions ("don\'t", "do not") or contract what can be.'),
    ("gender", "by_language:Gender", "word fairness",
     'Swap gendered words ("he", "she"), or use those of one gender only.'),
    ("name", "by_language:Name", "word entity", "Replace first names by others of the same gender and language."),
    ("date", "by_language:Date", "word entity", "Replace weekdays and months by others."),
    ("city", "by_language:City", "word entity", "Replace names of well-known cities by others."),
    ("number_word", "by_language:NumberWord", "word number",
     'Replace number words by others: "three" by "seven", "third" by "fifth".'),
    ("number", "runs:Number", "word number",
     "Replace numbers by others with as many digits; separators, currency and per cent signs stay."),
)
# fmt: on


@augreg.hookimpl
def augreg_augmenters() -> list[augreg.AugmenterSpec]:
    """Return the augmenters of this plugin."""
    return [
        augreg.AugmenterSpec(
            f"text.{name}", f"augreg_text.{target}", modalities=("text",), tags=tuple(tags.split()), summary=summary
        )
        for name, target, tags, summary in _OFFERS
    ]

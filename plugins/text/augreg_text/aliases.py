"""What other libraries call our augmenters: people search by the names that they know.

`library.Name` does the same thing, though its parameters may be other ones and in other units; `~library.Name` is only
like it, and no `augreg convert` writes ours for it without saying so.
"""

from typing import Final

ALIASES: Final = {
    "keyboard": "nlpaug.KeyboardAug textattack.WordSwapQWERTY ~augly.SimulateTypos nl_augmenter.butter_fingers "
    "augmenty.keystroke_error",
    "ocr": "nlpaug.OcrAug nl_augmenter.ocr_perturbation",
    "char_swap": "textattack.WordSwapNeighboringCharacterSwap nl_augmenter.swap_characters ~nlpaug.RandomCharAug",
    "char_delete": "textattack.WordSwapRandomCharacterDeletion ~nlpaug.RandomCharAug",
    "char_insert": "textattack.WordSwapRandomCharacterInsertion ~nlpaug.RandomCharAug",
    "char_substitute": "textattack.WordSwapRandomCharacterSubstitution ~nlpaug.RandomCharAug",
    "char_case": "augly.ChangeCase nl_augmenter.change_char_case augmenty.random_casing nl_augmenter.random_upper",
    "typo": "augly.SimulateTypos",
    "homoglyph": "textattack.WordSwapHomoglyphSwap augly.ReplaceSimilarChars augly.ReplaceSimilarUnicodeChars "
    "~nl_augmenter.visual_attack_letters",
    "zero_width": "augly.InsertZeroWidthChars textattack.WordSwapInvisibleCharacters",
    "style": "augly.ReplaceFunFonts",
    "leet": "nl_augmenter.leet_letters",
    "strip_diacritics": "nl_augmenter.diacritic_removal",
    "whitespace": "augly.InsertWhitespaceChars nl_augmenter.whitespace_perturbation",
    "aeda": "textaugment.AEDA augly.InsertPunctuationChars",
    "spelling": "nlpaug.SpellingAug nl_augmenter.replace_spelling",
    "word_swap": "textattack.WordInnerSwapRandom eda.random_swap textaugment.random_swap ~nlpaug.RandomWordAug",
    "word_delete": "textattack.WordDeletion eda.random_deletion nl_augmenter.random_deletion "
    "textaugment.random_deletion ~nlpaug.RandomWordAug",
    "word_split": "nlpaug.SplitAug augly.SplitWords",
    "word_merge": "augly.MergeWords",
    "word_crop": "~nlpaug.RandomWordAug",
    "synonym": "nlpaug.SynonymAug textattack.WordSwapWordNet eda.synonym_replacement nl_augmenter.synonym_substitution "
    "textaugment.Wordnet textattack.WordNetAugmenter",
    "antonym": "nlpaug.AntonymAug nl_augmenter.antonyms_substitute",
    "hypernym": "nl_augmenter.hypernyms",
    "inflection": "textattack.WordSwapInflections nl_augmenter.english_inflectional_variation",
    "synonym_insert": "eda.random_insertion textattack.WordInsertionRandomSynonym nl_augmenter.synonym_insertion "
    "textaugment.random_insertion",
    "eda": "textattack.EasyDataAugmenter textaugment.EDA eda.eda",
    "word_substitute": "augly.ReplaceWords ~nlpaug.RandomWordAug",
    "tfidf": "nlpaug.TfIdfAug",
    "embedding": "nlpaug.WordEmbsAug textattack.WordSwapEmbedding textattack.EmbeddingAugmenter textaugment.Word2vec",
    "sentence_shuffle": "nlpaug.RandomSentAug",
    "masked_lm": "nlpaug.ContextualWordEmbsAug textattack.WordSwapMaskedLM textattack.WordInsertionMaskedLM "
    "textattack.CLAREAugmenter nl_augmenter.transformer_fill",
    "back_translation": "nlpaug.BackTranslationAug textattack.BackTranslation textattack.BackTranslationAugmenter "
    "nl_augmenter.back_translation textaugment.Translate",
    "continuation": "nlpaug.ContextualWordEmbsForSentenceAug",
    "summary": "nlpaug.AbstSummAug",
    "replace": "augly.ReplaceText nl_augmenter.token_replacement augmenty.token_dict_replace",
    "reserved": "nlpaug.ReservedAug",
    "contraction": "textattack.WordSwapContract textattack.WordSwapExtend augly.Contractions "
    "nl_augmenter.contraction_expansions",
    "gender": "augly.SwapGenderedWords",
    "name": "textattack.WordSwapChangeName",
    "city": "textattack.WordSwapChangeLocation",
    "number": "textattack.WordSwapChangeNumber",
}
"""Name without its namespace -> what others call it."""

"""nlpaug's word augmenters that look words up: WordNet, paraphrases, TF-IDF scores, word vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from augreg_text import Token, declare

import augreg
from augreg import ConfigError
from augreg.param import choice, flag, integer, text, texts
from augreg_nlpaug import engine
from augreg_nlpaug.text import WordAugmenter


@dataclass(frozen=True, kw_only=True)
class WordsByMeaning(WordAugmenter):
    """Puts other words in the place of words, never offensive ones; names and acronyms stay by default."""

    scripted: ClassVar[bool] = True

    capitals: bool = flag(False, "also words with a capital letter: names, acronyms, the first word of a sentence")

    def rewrite(self, source: str, words: list[Token], seed: int) -> list[list[Any]]:
        """See :class:`augreg_nlpaug.text.NlpaugText`."""
        return super().rewrite(source, [w for w in words if self.capitals or w.text == w.text.lower()], seed)


@dataclass(frozen=True, kw_only=True)
class Synonym(WordsByMeaning):
    """Replace words by synonyms after WordNet or the Paraphrase Database, with nlpaug's SynonymAug.

    WordNet and the tags of words are those of augreg-text, so nltk is not needed. Words without synonyms and
    function words stay. nlpaug takes all senses of a word, and lemmas for forms: "dogs" becomes "domestic dog".
    """

    path: ClassVar[str] = "augmenter.word:SynonymAug"
    declares: ClassVar[augreg.Declaration] = declare("wording", level=None)

    aug_src: str = choice("wordnet", "where synonyms come from", options=("wordnet", "ppdb"))
    model_path: str | None = text(None, "file of the Paraphrase Database, for aug_src ppdb", optional=True)
    stopwords: tuple[str, ...] = texts((), "words that stay")

    def __post_init__(self) -> None:
        if self.aug_src == "ppdb" and not self.model_path:
            raise ConfigError("aug_src='ppdb' needs model_path: the path of a file from paraphrase.org.")
        super().__post_init__()


@dataclass(frozen=True, kw_only=True)
class Antonym(WordsByMeaning):
    """Replace words by their opposites after WordNet, with nlpaug's AntonymAug; WordNet is that of augreg-text.

    A text with a label is refused, as by ``text.antonym``: it may say the opposite afterwards.
    """

    path: ClassVar[str] = "augmenter.word:AntonymAug"
    declares: ClassVar[augreg.Declaration] = declare("meaning", "polarity", level=None, leaves=())

    stopwords: tuple[str, ...] = texts((), "words that stay")


@dataclass(frozen=True, kw_only=True)
class Inserter(WordAugmenter):
    """Substitutes words that a model has, or inserts words."""

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()

    action: str = choice("substitute", "in the place of words, or before them", options=("substitute", "insert"))
    stopwords: tuple[str, ...] = texts((), "words that stay")

    def options(self) -> engine.Options:
        """See :class:`augreg_nlpaug.text.NlpaugText`."""
        return (*super().options(), ("action", self.action))

    def rewrite(self, source: str, words: list[Token], seed: int) -> list[list[Any]]:
        """See :class:`augreg_nlpaug.text.NlpaugText`; with one word known to the model nlpaug divides by nothing."""
        return super().rewrite(source, words, seed) if len(words) > 1 else []


@dataclass(frozen=True, kw_only=True)
class TfIdf(Inserter):
    """Replace words that tell little, or insert such words, after TF-IDF scores, with nlpaug's TfIdfAug."""

    path: ClassVar[str] = "augmenter.word:TfIdfAug"

    model_path: str = text(doc="folder of scores, written by augreg_text.fit_tfidf or by nlpaug")
    top_k: int | None = integer(5, "words that are drawn to draw one from", low=1, optional=True)


@dataclass(frozen=True, kw_only=True)
class WordEmbs(Inserter):
    """Replace words by near ones in a space of vectors, or insert any, with nlpaug's WordEmbsAug.

    The vectors are read as ``text.embedding`` does, so gensim is not needed.
    """

    path: ClassVar[str] = "augmenter.word:WordEmbsAug"

    model_type: str = choice("word2vec", "what nlpaug calls them", options=("word2vec", "glove", "fasttext"))
    model_path: str = text(doc="file or folder of word vectors")
    top_k: int = integer(100, "how many of the nearest words are drawn from", low=1)
    n_gram_separator: str = text("_", "inserted words are cut at this")

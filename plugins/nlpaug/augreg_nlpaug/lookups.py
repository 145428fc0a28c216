"""What nlpaug's word augmenters look up, in the form that they ask for it: WordNet, paraphrases, scores, vectors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from augreg_text import STOPWORDS, is_said, load_vectors, load_wordnet

from augreg import ConfigError
from augreg.kernel import check_file
from augreg_nlpaug.private import load

_PENN_TAGS: Final = {"n": "NN", "v": "VB", "a": "JJ", "r": "RB"}
"""WordNet's parts of speech as the Penn Treebank, and so nlpaug, calls them."""
_MOST_PHRASES: Final = 8 * 2**30
"""Bytes of a file of the Paraphrase Database, whose largest has about that many."""
_STAYS: Final = "DT"
"""The tag of words that nlpaug leaves alone: function words, and those that nothing is known about."""


class Dictionary:
    """The synonyms or antonyms of augreg-text's WordNet; a word's tag is that of its most frequent part of speech."""

    def __init__(self, relation: str) -> None:
        self.net = load_wordnet()
        self.synonyms = relation == "synonym"

    def predict(self, word: str, pos: str | None = None) -> list[str]:
        """Return the lemmas of all synsets of a word, or their opposites, as nltk orders them; nothing offensive."""
        found: list[str] = []
        for number in self._synsets(word.lower(), pos):
            found += self.net.lemmas[number] if self.synonyms else self._opposites(number)
        return [lemma for lemma in found if is_said(lemma) or lemma.lower() == word.lower()]

    def pos_tag(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Return every word with a tag."""
        return [(word, self._tag(word)) for word in words]

    def _tag(self, word: str) -> str:
        reading = self.net.read(word.lower())
        if reading is None or word.lower() in STOPWORDS:
            return _STAYS
        others = {other.lower() for other in self.predict(word, reading.part)} - {word.lower()}
        return _PENN_TAGS[reading.part] if others else _STAYS

    def _synsets(self, word: str, pos: str | None) -> list[int]:
        # "s", a satellite of an adjective, is "a" here, which nlpaug asks for as well.
        reading = self.net.read(word)
        lemma = reading.lemma if reading is not None else word
        senses = sorted((rank, part, number) for part, rank, number in self.net.senses.get(lemma, ()))
        return [number for _, part, number in senses if pos in (None, part)]

    def _opposites(self, number: int) -> list[str]:
        return [pair.partition(":")[2] for pair in self.net.antonyms[number].split("|") if pair]


@lru_cache(maxsize=2)
def dictionary(relation: str) -> Dictionary:
    """Return the dictionary of "synonym" or "antonym"."""
    return Dictionary(relation)


@lru_cache(maxsize=4)
def paraphrases(path: str) -> Any:
    """Return nlpaug's reader of a file of the Paraphrase Database, with tags that need no nltk.

    Raises:
        ConfigError: the file is missing or of another form.

    """
    kind = load("model.word_dict:Ppdb")

    class Ppdb(kind):  # type: ignore[misc,valid-type]  # nlpaug has no types
        def pos_tag(self, words: Sequence[str]) -> list[tuple[str, str]]:
            known = (self.dict.get(word) or self.dict.get(word.lower()) for word in words)
            return [(word, _PENN_TAGS[min(p)] if p else _STAYS) for word, p in zip(words, known, strict=True)]

        def predict(self, word: str, pos: str | None = None) -> list[str]:
            return list(super().predict(word if word in self.dict else word.lower(), pos))

    try:
        check_file(path, _MOST_PHRASES)
        return Ppdb(path)
    except (OSError, ValueError, IndexError) as error:
        raise ConfigError(f"model_path={path!r} is no file of the Paraphrase Database: {error!r}.") from None


@lru_cache(maxsize=8)
def scores(path: str) -> Any:
    """Return nlpaug's TF-IDF scores of a folder; nlpaug keeps one for all, whatever the folder.

    Raises:
        ConfigError: the files are missing or of another form.

    """
    try:
        for file in Path(path).glob("tfidfaug_*.txt"):
            check_file(file)
        return load("model.word_stats:TfIdf")(path)
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"model_path={path!r} holds no TF-IDF scores: {error}. Write them with augreg_text.fit_tfidf."
        ) from None


class Vectors:
    """Word vectors as nlpaug asks for them."""

    def __init__(self, path: str, top_k: int) -> None:
        self.space, self.top_k = load_vectors(path), top_k
        self.words = _Words(self.space.words)

    def get_vocab(self) -> list[str]:
        """Return all words."""
        return self.words

    def predict(self, word: str, n: int = 1) -> list[str]:
        """Return the ``top_k`` nearest words other than the word itself in any case, the nearest first."""
        del n
        found = self.space.ranked(word, self.top_k + 1)
        return [other for other, _ in found if other.lower() != word.lower()][: self.top_k] or [word]


class _Words(list[str]):
    """A list that looks words up quickly."""

    def __init__(self, words: Sequence[str]) -> None:
        super().__init__(words)
        self.known = frozenset(words)

    def __contains__(self, word: object) -> bool:
        return word in self.known

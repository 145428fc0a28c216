"""Words for words, after WordNet: synonyms, antonyms, hypernyms, other forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import augreg
from augreg import ConfigError
from augreg.kernel import read_file
from augreg.param import flag, integer, text
from augreg_text import wordnet
from augreg_text.articles import Agreeing
from augreg_text.base import declare
from augreg_text.lexicon import LazyLexicon, Lexicon
from augreg_text.offensive import is_offensive
from augreg_text.spelling import LexiconAugmenter
from augreg_text.stopwords import STOPWORDS

CAPITALS_DOC = "also words with a capital letter: names, acronyms, the first word of a sentence"


@dataclass(frozen=True, kw_only=True)
class Synonym(Agreeing, LexiconAugmenter):
    """Replace words by synonyms in the same form, after WordNet.

    "jumped" becomes "leapt". A word counts as the part of speech that it most often is, and a synonym only in one of
    its frequent senses. ``rate`` is the share of the words that have a synonym; function words, numbers and, without
    ``capitals``, names and acronyms have none. Offensive words never come in: they are listed in
    ``data/offensive.txt``. After Zhang, Zhao and LeCun, "Character-level
    Convolutional Networks for Text Classification", NIPS 2015.
    """

    declares: ClassVar[augreg.Declaration] = declare("wording")
    relation: ClassVar[str] = "synonym"

    senses: int = integer(1, "how many senses of a word are looked at, the most frequent first", low=1)
    language: str = text("en", "en for the table in this package; else a code of nltk's Open Multilingual WordNet: fra")
    capitals: bool = flag(False, CAPITALS_DOC)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.language != "en":
            _nltk(self.language)

    def table(self) -> LazyLexicon:
        """Return the words that stand in the relation."""
        return related(self.relation, self.senses, self.language, self.capitals)

    def takes_capitals(self) -> bool:
        """See :class:`augreg_text.spelling.LexiconAugmenter`."""
        return self.capitals


@dataclass(frozen=True, kw_only=True)
class Antonym(Synonym):
    """Replace words by their opposites in the same form, after WordNet.

    "good" becomes "bad", and what was said is denied. A text with a label is refused: "positive" would be wrong
    afterwards, and nobody here knows which other label is right. Where the label holds all the same, as the topic does,
    write ``labels: keep`` at the step.
    """

    declares: ClassVar[augreg.Declaration] = declare("meaning", "polarity", leaves=())
    relation: ClassVar[str] = "antonym"

    senses: int = integer(2, "how many senses of a word are looked at, the most frequent first", low=1)


@dataclass(frozen=True, kw_only=True)
class Hypernym(Synonym):
    """Replace words by more general ones in the same form, after WordNet."""

    declares: ClassVar[augreg.Declaration] = declare("wording")
    relation: ClassVar[str] = "hypernym"


@dataclass(frozen=True, kw_only=True)
class Inflection(Agreeing, LexiconAugmenter):
    """Replace words by other forms of them: "dogs" by "dog", "ran" by "running".

    For other languages than English ``language`` is a file of UniMorph (https://unimorph.github.io): lemma, form
    and features, a tab between them; forms are replaced by others of the same lemma and part of speech, and words with
    capitals too, for that file knows which words are names. After Tan
    et al., "It's Morphin' Time! Combating Linguistic Discrimination with Inflectional Perturbations", ACL 2020.
    """

    declares: ClassVar[augreg.Declaration] = declare("grammar")

    language: str = text("en", "en for the table in this package; else a file of UniMorph")
    capitals: bool = flag(False, f"English: {CAPITALS_DOC}")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.language != "en":
            unimorph(self.language)

    def table(self) -> Lexicon | LazyLexicon:
        """Return the other forms of every word."""
        return _forms() if self.language == "en" else unimorph(self.language)

    def takes_capitals(self) -> bool:
        """See :class:`augreg_text.spelling.LexiconAugmenter`."""
        return self.capitals or self.language != "en"


@lru_cache(maxsize=32)
def related(relation: str, senses: int, language: str, capitals: bool = False) -> LazyLexicon:
    """Return the words that stand in a relation, see :meth:`augreg_text.wordnet.WordNet.related`."""
    if language != "en":
        return LazyLexicon(_foreign(relation, senses, language))
    net = wordnet.load_wordnet()
    return LazyLexicon(lambda word: () if word in STOPWORDS else net.related(word, relation, senses, capitals=capitals))


@lru_cache(maxsize=1)
def _forms() -> LazyLexicon:
    net = wordnet.load_wordnet()
    return LazyLexicon(lambda word: () if word in STOPWORDS else net.forms(word))


@lru_cache(maxsize=8)
def unimorph(path: str) -> Lexicon:
    """Return the other forms of every form in a file of UniMorph, of the same lemma and part of speech.

    Raises:
        ConfigError: the file is missing or of another form.

    """
    paradigms: dict[tuple[str, str], dict[str, None]] = {}
    try:
        for line in read_file(path).decode("utf-8").splitlines():
            if line.strip():
                lemma, form, features = line.split("\t")[:3]
                part = features.partition(";")[0].partition(".")[0]
                paradigms.setdefault((lemma, part), {lemma: None})[form] = None
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"language={path!r} is no table of forms: {error}. Valid: en, or a file of lines with lemma, form and "
            "features, as UniMorph has them."
        ) from None
    others: dict[str, dict[str, None]] = {}
    for forms in paradigms.values():
        for form in forms:
            others.setdefault(form.lower(), {}).update(dict.fromkeys(other for other in forms if other != form))
    return Lexicon.of(others)


def _nltk(language: str) -> Any:
    """Return nltk's WordNet, loaded, with a language."""
    advice = "Run: pip install nltk, then python -m nltk.downloader wordnet omw-1.4"
    try:
        from nltk.corpus import wordnet as net

        # Its lazy loader is not thread-safe.
        net.ensure_loaded()
        if language not in net.langs():
            raise ConfigError(
                f"language={language!r} is not in nltk's WordNet. Valid: en, {', '.join(sorted(net.langs()))}."
            )
    except (ImportError, LookupError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(
            f"language={language!r} needs nltk's Open Multilingual WordNet: {reason}. {advice}."
        ) from None
    return net


def _foreign(relation: str, senses: int, language: str) -> Callable[[str], tuple[str, ...]]:
    net = _nltk(language)

    def find(word: str) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for synset in net.synsets(word, lang=language)[:senses]:
            if relation == "antonym":
                others = [other for lemma in synset.lemmas(lang=language) for other in lemma.antonyms()]
                names.update((other.name(), None) for other in others)
            else:
                for near in synset.hypernyms() if relation == "hypernym" else [synset]:
                    names.update(dict.fromkeys(near.lemma_names(lang=language)))
        said = (name.replace("_", " ") for name in names if name.lower() != word)
        return tuple(name for name in said if not is_offensive(name))

    return find

"""Words for words, after WordNet: synonyms, antonyms, hypernyms, other forms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import augreg
from augreg.errors import ConfigError
from augreg.fields import integer, text
from augreg_text import wordnet
from augreg_text.base import declare
from augreg_text.lexicon import LazyLexicon
from augreg_text.spelling import LexiconAugmenter
from augreg_text.stopwords import STOPWORDS


@dataclass(frozen=True, kw_only=True)
class Synonym(LexiconAugmenter):
    """Replace words by synonyms in the same form, after WordNet.

    "jumped" becomes "leapt". A word counts as the part of speech that it most often is. ``rate`` is the share of
    the words that have a synonym; function words have none. After Zhang, Zhao and LeCun, "Character-level
    Convolutional Networks for Text Classification", NIPS 2015.
    """

    declares: ClassVar[augreg.Declaration] = declare("wording")
    relation: ClassVar[str] = "synonym"

    senses: int = integer(1, "how many senses of a word are looked at, the most frequent first", low=1)
    lang: str = text("en", "en for the table in this package; else a language of nltk's Open Multilingual WordNet")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lang != "en":
            _nltk(self.lang)

    def table(self) -> LazyLexicon:
        """Return the words that stand in the relation."""
        return related(self.relation, self.senses, self.lang)


@dataclass(frozen=True, kw_only=True)
class Antonym(Synonym):
    """Replace words by their opposites in the same form, after WordNet."""

    declares: ClassVar[augreg.Declaration] = declare("meaning")
    relation: ClassVar[str] = "antonym"

    senses: int = integer(2, "how many senses of a word are looked at, the most frequent first", low=1)


@dataclass(frozen=True, kw_only=True)
class Hypernym(Synonym):
    """Replace words by more general ones in the same form, after WordNet."""

    declares: ClassVar[augreg.Declaration] = declare("wording")
    relation: ClassVar[str] = "hypernym"


@dataclass(frozen=True, kw_only=True)
class Inflection(LexiconAugmenter):
    """Replace words by other forms of them: "dogs" by "dog", "ran" by "running".

    After Tan et al., "It's Morphin' Time! Combating Linguistic Discrimination with Inflectional Perturbations",
    ACL 2020.
    """

    declares: ClassVar[augreg.Declaration] = declare("grammar")

    def table(self) -> LazyLexicon:
        """Return the other forms of every word."""
        return _forms()


@lru_cache(maxsize=32)
def related(relation: str, senses: int, lang: str) -> LazyLexicon:
    """Return the words that stand in a relation, see :meth:`augreg_text.wordnet.WordNet.related`."""
    if lang != "en":
        return LazyLexicon(_foreign(relation, senses, lang))
    net = wordnet.load()
    return LazyLexicon(lambda word: () if word in STOPWORDS else net.related(word, relation, senses))


@lru_cache(maxsize=1)
def _forms() -> LazyLexicon:
    net = wordnet.load()
    return LazyLexicon(lambda word: () if word in STOPWORDS else net.forms(word))


def _nltk(lang: str) -> Any:
    """Return nltk's WordNet, loaded, with a language."""
    advice = "Run: pip install nltk, then python -m nltk.downloader wordnet omw-1.4"
    try:
        from nltk.corpus import wordnet as net

        # Its lazy loader is not thread-safe.
        net.ensure_loaded()
        if lang not in net.langs():
            raise ConfigError(f"lang={lang!r} is not in nltk's WordNet. Valid: en, {', '.join(sorted(net.langs()))}.")
    except (ImportError, LookupError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"lang={lang!r} needs nltk's Open Multilingual WordNet: {reason}. {advice}.") from None
    return net


def _foreign(relation: str, senses: int, lang: str) -> Callable[[str], tuple[str, ...]]:
    net = _nltk(lang)

    def find(word: str) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for synset in net.synsets(word, lang=lang)[:senses]:
            if relation == "antonym":
                others = [other for lemma in synset.lemmas(lang=lang) for other in lemma.antonyms()]
                names.update((other.name(), None) for other in others)
            else:
                for near in synset.hypernyms() if relation == "hypernym" else [synset]:
                    names.update(dict.fromkeys(near.lemma_names(lang=lang)))
        return tuple(name.replace("_", " ") for name in names if name.lower() != word)

    return find

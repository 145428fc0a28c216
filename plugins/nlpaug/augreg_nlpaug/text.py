"""nlpaug's text augmenters as augreg augmenters."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final

import numpy as np
from augreg_text import Edits, Page, TextAugmenter, Token, declare, tokenize

import augreg
from augreg import ConfigError
from augreg.param import choice, flag, integer, number, text, texts, value
from augreg_nlpaug import engine
from augreg_nlpaug.align import edits_between

_NOT_FOR_NLPAUG: Final = {"protect", "entities", "action", "capitals"}
"""Parameters that are no arguments of nlpaug's constructors, or of some of them only."""


@dataclass(frozen=True, kw_only=True)
class NlpaugText(TextAugmenter):
    """Runs an augmenter of nlpaug on the words of a text; a subclass names it.

    nlpaug chooses and replaces words; what lies between them, entities and protected words are kept from it.
    """

    path: ClassVar[str]
    act: ClassVar[str] = "substitute"
    idle: ClassVar[tuple[str, ...]] = ("aug_p",)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.build()

    def options(self) -> engine.Options:
        """Return the arguments of nlpaug's constructor."""
        return tuple((f.name, getattr(self, f.name)) for f in fields(self) if f.name not in _NOT_FOR_NLPAUG)

    def build(self) -> Any:
        """Return this thread's nlpaug object."""
        return engine.instance(self.path, self.options())

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        seeds = rng.noise_key("seed").tolist()
        protected = page.protected()
        rows = []
        for i, (source, seed) in enumerate(zip(page.block.texts, seeds, strict=True)):
            first = int(page.block.first[i])
            mine = None if protected is None else protected[first : first + len(source)]
            words = [t for t in tokenize(source) if t.kind in ("word", "number")]
            words = [t for t in words if mine is None or not mine[t.start : t.end].any()]
            rows.append(self.rewrite(source, words, seed))
        return Edits.of(rows)

    def rewrite(self, source: str, words: list[Token], seed: int) -> list[list[Any]]:
        """Return the edits of one text."""
        if not words or any(getattr(self, name) == 0 for name in self.idle):
            # nlpaug takes a share of 0 for "not given" and uses 0.3.
            return []
        new: list[str] = []

        def caught(tokens: list[str]) -> str:
            new.extend(tokens)
            return " "

        made = self.build()
        made.tokenizer = lambda _: [t.text for t in words]
        made.reverse_tokenizer = caught
        with engine.seeded(seed):
            getattr(made, getattr(self, "action", self.act))(" ".join(t.text for t in words))
        return edits_between(source, words, new) if new else []


@dataclass(frozen=True, kw_only=True)
class CharAugmenter(NlpaugText):
    """The parameters that nlpaug's character augmenters share."""

    declares: ClassVar[augreg.Declaration] = declare("legibility", level=None)
    idle: ClassVar[tuple[str, ...]] = ("aug_char_p", "aug_word_p")

    aug_char_p: float = number(0.3, "share of the characters of a word", low=0.0, high=1.0, unit="fraction")
    aug_char_min: int = integer(1, "characters of a word, at least", low=0)
    aug_char_max: int | None = integer(10, "characters of a word, at most", low=1, optional=True)
    aug_word_p: float = number(0.3, "share of the words", low=0.0, high=1.0, unit="fraction")
    aug_word_min: int = integer(1, "words, at least", low=0)
    aug_word_max: int | None = integer(10, "words, at most", low=1, optional=True)
    stopwords: tuple[str, ...] = texts((), "words that stay")
    stopwords_regex: str | None = text(None, "pattern of words that stay", optional=True)


@dataclass(frozen=True, kw_only=True)
class Keyboard(CharAugmenter):
    """Replace characters by neighboring keys, with nlpaug's KeyboardAug."""

    path: ClassVar[str] = "augmenter.char:KeyboardAug"
    scripted: ClassVar[bool] = True

    min_char: int = integer(4, "shorter words stay", low=1, unit="characters")
    lang: str = text("en", "keyboard layout")
    include_special_char: bool = flag(True, "whether signs may come in")
    include_numeric: bool = flag(True, "whether digits may come in")
    include_upper_case: bool = flag(True, "whether upper case may come in")


@dataclass(frozen=True, kw_only=True)
class Ocr(CharAugmenter):
    """Replace characters by look-alikes, with nlpaug's OcrAug."""

    path: ClassVar[str] = "augmenter.char:OcrAug"
    scripted: ClassVar[bool] = True

    min_char: int = integer(1, "shorter words stay", low=1, unit="characters")


@dataclass(frozen=True, kw_only=True)
class RandomChar(CharAugmenter):
    """Insert, substitute, swap or delete characters, with nlpaug's RandomCharAug."""

    path: ClassVar[str] = "augmenter.char:RandomCharAug"

    action: str = choice("substitute", "what happens", options=("insert", "substitute", "swap", "delete"))
    min_char: int = integer(4, "shorter words stay", low=2, unit="characters")
    swap_mode: str = choice("adjacent", "how far characters swap", options=("adjacent", "middle", "random"))
    include_upper_case: bool = flag(True, "whether upper case may come in")
    include_lower_case: bool = flag(True, "whether lower case may come in")
    include_numeric: bool = flag(True, "whether digits may come in")
    spec_char: str = text("!@#$%^&*()_+", "signs that may come in")

    def options(self) -> engine.Options:
        """See :class:`NlpaugText`."""
        return (*super().options(), ("action", self.action))

    def rewrite(self, source: str, words: list[Token], seed: int) -> list[list[Any]]:
        """See :class:`NlpaugText`; nlpaug counts code points, so it would swap inside a single cluster."""
        if self.action == "swap":
            words = [word for word in words if len(engine.clusters(word.text)) > 1]
        return super().rewrite(source, words, seed)


@dataclass(frozen=True, kw_only=True)
class WordAugmenter(NlpaugText):
    """The parameters that nlpaug's word augmenters share."""

    declares: ClassVar[augreg.Declaration] = declare("meaning", level=None)

    aug_p: float = number(0.3, "share of the words", low=0.0, high=1.0, unit="fraction")
    aug_min: int = integer(1, "words, at least", low=0)
    aug_max: int | None = integer(10, "words, at most", low=1, optional=True)


@dataclass(frozen=True, kw_only=True)
class RandomWord(WordAugmenter):
    """Swap, delete, crop or substitute words, with nlpaug's RandomWordAug; crops are mended."""

    path: ClassVar[str] = "augmenter.word:RandomWordAug"

    action: str = choice("delete", "what happens", options=("substitute", "swap", "delete", "crop"))
    target_words: tuple[str, ...] = texts(("_",), "what substitutes")
    stopwords: tuple[str, ...] = texts((), "words that stay")

    def options(self) -> engine.Options:
        """See :class:`NlpaugText`."""
        return (*super().options(), ("action", self.action))

    def rewrite(self, source: str, words: list[Token], seed: int) -> list[list[Any]]:
        """See :class:`NlpaugText`."""
        return super().rewrite(source, words, seed) if len(words) > 1 or self.action == "substitute" else []


@dataclass(frozen=True, kw_only=True)
class Spelling(WordAugmenter):
    """Replace English words by misspellings or the other way round, with nlpaug's SpellingAug."""

    path: ClassVar[str] = "augmenter.word:SpellingAug"
    scripted: ClassVar[bool] = True
    declares: ClassVar[augreg.Declaration] = declare("legibility", level=None)

    dict_path: str | None = text(None, "file of lines: word misspelling misspelling ...", optional=True)
    include_reverse: bool = flag(True, "also from a misspelling to the word")
    stopwords: tuple[str, ...] = texts((), "words that stay")


@dataclass(frozen=True, kw_only=True)
class Split(WordAugmenter):
    """Split words in two, with nlpaug's SplitAug."""

    path: ClassVar[str] = "augmenter.word:SplitAug"
    act: ClassVar[str] = "split"
    declares: ClassVar[augreg.Declaration] = declare("legibility", level=None)

    min_char: int = integer(4, "shorter words stay", low=3, unit="characters")
    stopwords: tuple[str, ...] = texts((), "words that stay")

    def rewrite(self, source: str, words: list[Token], seed: int) -> list[list[Any]]:
        """See :class:`NlpaugText`; nlpaug splits between code points, so words with larger clusters stay."""
        return super().rewrite(source, [w for w in words if len(engine.clusters(w.text)) == len(w.text)], seed)


@dataclass(frozen=True, kw_only=True)
class Reserved(WordAugmenter):
    """Replace words by others of their group, with nlpaug's ReservedAug."""

    path: ClassVar[str] = "augmenter.word:ReservedAug"
    examples: ClassVar[tuple[dict[str, Any], ...]] = (
        {"reserved_tokens": [["the", "this"], ["and", "or"], ["was", "is"], ["he", "she"]]},
    )

    reserved_tokens: tuple[tuple[str, ...], ...] = value(doc="groups of words: [[FWD, Fwd, FW], [yes, yep]]")
    case_sensitive: bool = flag(True, "whether case must match")

    def __post_init__(self) -> None:
        listed = (list, tuple)
        for group in self.reserved_tokens if isinstance(self.reserved_tokens, listed) else [self.reserved_tokens]:
            words = isinstance(group, listed) and all(isinstance(word, str) for word in group)
            if not words or len(group) < 2 or any(len(tokenize(word)) != 1 for word in group):
                raise ConfigError(
                    f"reserved_tokens holds {group!r}; expected groups of two or more single words. "
                    "For phrases use text.reserved."
                )
        super().__post_init__()

"""nlpaug's augmenters that run language models, under its names and parameters, carried out by augreg-text's.

nlpaug's own fail on transformers 5, download what they run, or draw from torch's global generator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from augreg_text import BackTranslation as TextBackTranslation
from augreg_text import Continuation, Edits, MaskedLm, Page, RateAugmenter, Summary, TextAugmenter, declare

import augreg
from augreg.param import choice, integer, number, text, texts


@dataclass(frozen=True, kw_only=True)
class Delegate(TextAugmenter):
    """Leaves the work to an augmenter of augreg-text, which a subclass names."""

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    worker: ClassVar[Callable[..., RateAugmenter]]

    batch_size: int = integer(32, "texts in a pass of the model", low=1)
    device: str = text("cpu", "where the model runs: cpu, cuda, auto")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.made()

    def made(self) -> RateAugmenter:
        """Return the augmenter that does it."""
        shared = {"batch_size": self.batch_size, "device": self.device, "protect": self.protect}
        return _made(self.worker, tuple((shared | self.options()).items()))

    def options(self) -> dict[str, Any]:
        """Return its configuration, as far as it is not shared by all."""
        raise NotImplementedError

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        made = self.made()
        found = made.edits(page.protected_by(made.protect), rng, level)
        return found.flat()


@lru_cache(maxsize=32)
def _made(worker: Callable[..., RateAugmenter], options: tuple[tuple[str, Any], ...]) -> RateAugmenter:
    return worker(**dict(options))


@dataclass(frozen=True, kw_only=True)
class ContextualWordEmbs(Delegate):
    """Replace words by, or insert, what a masked language model expects, as nlpaug's ContextualWordEmbsAug did.

    ``text.masked_lm`` does it: whole words come in, everything else stays as it is.
    """

    worker: ClassVar[Callable[..., RateAugmenter]] = MaskedLm
    declares: ClassVar[augreg.Declaration] = declare("meaning", level=None)

    model_path: str = text(doc="folder of a Hugging Face masked language model and its tokenizer")
    action: str = choice("substitute", "in the place of words, or before them", options=("substitute", "insert"))
    top_k: int = integer(100, "how many of the likeliest words are drawn from", low=1)
    temperature: float = number(1.0, "above 1: rather evenly; below: rather the likeliest", low=0.01)
    aug_p: float = number(0.3, "share of the words", low=0.0, high=1.0, unit="fraction")
    aug_min: int = integer(1, "words, at least", low=0)
    aug_max: int | None = integer(10, "words, at most", low=1, optional=True)
    stopwords: tuple[str, ...] = texts((), "words that stay")

    def options(self) -> dict[str, Any]:
        """See :class:`Delegate`."""
        return {
            "path": self.model_path,
            "action": self.action,
            "top_k": self.top_k,
            "temperature": self.temperature,
            "rate": self.aug_p,
            "min_edits": self.aug_min,
            "max_edits": self.aug_max,
            "protect": (*self.protect, *(f"word:{word}" for word in self.stopwords)),
        }


@dataclass(frozen=True, kw_only=True)
class BackTranslation(Delegate):
    """Translate sentences into another language and back, as nlpaug's BackTranslationAug does.

    ``text.back_translation`` does it, sentence by sentence.
    """

    worker: ClassVar[Callable[..., RateAugmenter]] = TextBackTranslation
    declares: ClassVar[augreg.Declaration] = declare("wording", level=None)

    from_model_name: str = text(doc="folder of the model that translates into the other language")
    to_model_name: str = text(doc="folder of the model that translates back")
    max_length: int = integer(300, "length of a translation, at most", low=1, unit="tokens")
    beams: int = integer(4, "width of the beam search, and results that are drawn from", low=1)

    def options(self) -> dict[str, Any]:
        """See :class:`Delegate`."""
        return {
            "there": self.from_model_name,
            "back": self.to_model_name,
            "max_tokens": self.max_length,
            "beams": self.beams,
        }


@dataclass(frozen=True, kw_only=True)
class AbstSumm(Delegate):
    """Put the text in fewer words with a sequence-to-sequence model, as nlpaug's AbstSummAug does.

    ``text.summary`` does it, with any such model: nlpaug goes by a part of the model's path.
    """

    worker: ClassVar[Callable[..., RateAugmenter]] = Summary
    declares: ClassVar[augreg.Declaration] = declare("completeness", "duration", "wording", level=None, confines=False)

    model_path: str = text(doc="folder of the model")
    max_length: int = integer(50, "length of the result, at most", low=1, unit="tokens")
    num_beams: int = integer(3, "width of the beam search, and results that are drawn from", low=1)
    prefix: str = text("summarize: ", "what the model is given before the text; T5 needs it, BART needs none")

    def options(self) -> dict[str, Any]:
        """See :class:`Delegate`."""
        return {
            "path": self.model_path,
            "prefix": self.prefix,
            "max_tokens": self.max_length,
            "beams": self.num_beams,
        }


@dataclass(frozen=True, kw_only=True)
class ContextualWordEmbsForSentence(Delegate):
    """Let a causal language model go on after the end, as nlpaug's ContextualWordEmbsForSentenceAug does.

    ``text.continuation`` does it, with any causal model: nlpaug knows XLNet and GPT-2.
    """

    worker: ClassVar[Callable[..., RateAugmenter]] = Continuation
    declares: ClassVar[augreg.Declaration] = declare("meaning", "duration", level=None, confines=False)

    model_path: str = text(doc="folder of a causal language model and its tokenizer")
    max_length: int = integer(500, "length of what comes in, at most", low=1, unit="tokens")
    sentences: int = integer(1, "how many sentences of what the model says are kept", low=1)
    beams: int = integer(4, "width of the beam search, and results that are drawn from", low=1)

    def options(self) -> dict[str, Any]:
        """See :class:`Delegate`."""
        return {
            "path": self.model_path,
            "max_tokens": self.max_length,
            "sentences": self.sentences,
            "beams": self.beams,
        }

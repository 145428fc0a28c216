"""Sentences in other words: back-translation, paraphrase, summary, by sequence-to-sequence models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

import augreg
from augreg import ConfigError
from augreg.param import integer, interval, text, value
from augreg_text import models
from augreg_text.base import Ints, Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.sentences import Sentences, split_sentences


class Pass(NamedTuple):
    """What one model does: its folder, what it is given before a sentence, languages if it has many."""

    path: str
    prefix: str = ""
    reads: str = ""
    writes: str = ""


@dataclass(frozen=True, kw_only=True)
class Rewriter(RateAugmenter):
    """Replaces sentences by what models make of them.

    Sentences are batched; one of the ``beams`` best results is drawn, each as likely. The edits are kept in
    params: a replay needs no model. A sentence with something protected in it stays; spans inside a rewritten
    sentence are dropped, for nobody knows where they went.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    model: ClassVar[str] = "AutoModelForSeq2SeqLM"

    rate: tuple[float, float] = interval(
        1.0, "share of the sentences that is rewritten", low=0.0, high=1.0, unit="fraction"
    )
    beams: int = integer(4, "width of the beam search, and results that are drawn from", low=1)
    max_tokens: int = integer(128, "length of a result, at most", low=1, unit="tokens")
    batch_size: int = integer(16, "sentences in a pass", low=1)
    device: str = text("cpu", "where the models run: cpu, cuda, auto")

    def __post_init__(self) -> None:
        super().__post_init__()
        for path in self.paths():
            models.check(path, self.device)

    def paths(self) -> Sequence[str]:
        """Return the folders of the models, in the order in which they run."""
        raise NotImplementedError

    def passes(self) -> Sequence[Pass]:
        """Return what is done by one model after the other."""
        return [Pass(path) for path in self.paths()]

    def stretches(self, page: Page) -> Sentences:
        """Return what is rewritten at a time."""
        return Sentences.of(page)

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = self.stretches(page)
        chosen = self.choose("sentences", found.free_counts(), rng, level)
        which, counts = found.free[chosen.index], chosen.counts
        old = self._texts(page, found, which)
        new = self._rewritten(old, chosen.unit.tolist())
        start, end = page.local(found.starts[which], counts), page.local(found.ends[which], counts)
        return _changes(counts, start, end, old, [b or a for a, b in zip(old, new, strict=True)])

    def _texts(self, page: Page, found: Sentences, which: np.ndarray) -> list[str]:
        joined = page.block.joined
        return [joined[a:b] for a, b in zip(found.starts[which].tolist(), found.ends[which].tolist(), strict=True)]

    def _rewritten(self, old: list[str], unit: list[float]) -> list[str]:
        """Run the models one after the other; only the last one's results are drawn from."""
        *first, last = self.passes()
        for step in first:
            old = [best[0] for best in self._generated(old, step, 1)]
        found = self._generated(old, last, self.beams)
        return [results[int(u * len(results))] for results, u in zip(found, unit, strict=True)]

    def _generated(self, texts: list[str], step: Pass, beams: int) -> list[list[str]]:
        """Generate in batches of sentences of like length; nothing comes of nothing."""
        how = models.Generation(beams, self.max_tokens, step.reads, step.writes, self.model)
        order = sorted((i for i, source in enumerate(texts) if source.strip()), key=lambda i: len(texts[i]))
        out: list[list[str]] = [[""] for _ in texts]
        for at in range(0, len(order), self.batch_size):
            group = order[at : at + self.batch_size]
            made = models.generate([step.prefix + texts[i] for i in group], step.path, self.device, how)
            for i, results in zip(group, made, strict=True):
                out[i] = results
        return out


def _changes(counts: Ints, starts: Ints, ends: Ints, old: list[str], new: list[str]) -> Edits:
    """Return the edits that change something; ``counts`` of them belong to each text."""
    keep = np.flatnonzero([a != b for a, b in zip(old, new, strict=True)])
    row = np.repeat(np.arange(len(counts)), counts)[keep]
    left = np.bincount(row, minlength=len(counts)).astype(np.int64)
    return Edits.from_texts(left, starts[keep], ends[keep], [new[i] for i in keep.tolist()])


@dataclass(frozen=True, kw_only=True)
class BackTranslation(Rewriter):
    """Translate sentences into another language and back.

    Models of one pair of languages (Marian, OPUS-MT) need nothing more than their folders. Models of many languages
    (NLLB, M2M-100, mBART) need ``languages``: the codes, as the tokenizer has them, of the text's language and of
    the other one; ``there`` and ``back`` may be one folder then. T5 needs ``prefixes``. After Sennrich, Haddow and
    Birch, "Improving Neural Machine Translation Models with Monolingual Data", ACL 2016.
    """

    declares: ClassVar[augreg.Declaration] = declare("wording")

    there: str = text(doc="folder of the model that translates into the other language")
    back: str = text(doc="folder of the model that translates back")
    languages: tuple[str, ...] = value((), "codes of both languages for models of many: [eng_Latn, deu_Latn]")
    prefixes: tuple[str, ...] = value(
        (), "what each model is given before a sentence, such as 'translate English to German: '"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("languages", "prefixes"):
            given = getattr(self, name)
            if not isinstance(given, tuple) or len(given) not in (0, 2) or not all(isinstance(g, str) for g in given):
                raise ConfigError(f"{name}={given!r} is not valid: expected two strings, there and back, or none.")

    def paths(self) -> Sequence[str]:
        """See :class:`Rewriter`."""
        return (self.there, self.back)

    def passes(self) -> Sequence[Pass]:
        """See :class:`Rewriter`."""
        (mine, other), (there, back) = self.languages or ("", ""), self.prefixes or ("", "")
        return (Pass(self.there, there, mine, other), Pass(self.back, back, other, mine))


@dataclass(frozen=True, kw_only=True)
class Paraphrase(Rewriter):
    """Rewrite sentences with a sequence-to-sequence model."""

    declares: ClassVar[augreg.Declaration] = declare("wording")

    path: str = text(doc="folder of the model")
    prefix: str = text("paraphrase: ", "what the model is given before the sentence")

    def paths(self) -> Sequence[str]:
        """See :class:`Rewriter`."""
        return (self.path,)

    def passes(self) -> Sequence[Pass]:
        """See :class:`Rewriter`."""
        return (Pass(self.path, self.prefix),)


@dataclass(frozen=True, kw_only=True)
class Continuation(Rewriter):
    """Let a language model go on after the end of the text.

    ``rate`` is the share of the texts that are continued; nothing in them changes, so spans and what is protected
    stay. After Kumar, Choudhary and Cho, "Data Augmentation using Pre-trained Transformer Models", 2020.
    """

    declares: ClassVar[augreg.Declaration] = declare("content", "duration", "meaning", level=None, confines=False)
    model: ClassVar[str] = "AutoModelForCausalLM"

    path: str = text(doc="folder of a causal language model (GPT) and its tokenizer")
    sentences: int = integer(1, "how many sentences of what it says are kept", low=1)

    def paths(self) -> Sequence[str]:
        """See :class:`Rewriter`."""
        return (self.path,)

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        found = Sentences.of(page, whole=True)
        chosen = self.choose("texts", found.counts, rng, level)
        counts, end = chosen.counts, page.local(found.ends[chosen.index], chosen.counts)
        new = self._rewritten(self._texts(page, found, chosen.index), chosen.unit.tolist())
        return _changes(counts, end, end, [""] * len(new), [self._kept(said) for said in new])

    def _kept(self, said: str) -> str:
        ends = split_sentences(said)
        return f" {said[: ends[min(self.sentences, len(ends)) - 1][1]]}" if ends else ""


@dataclass(frozen=True, kw_only=True)
class Summary(Paraphrase):
    """Put the text in fewer words with a sequence-to-sequence model.

    The text is rewritten as a whole; one with something protected in it stays.
    """

    declares: ClassVar[augreg.Declaration] = declare("completeness", "duration", "wording", level=None, confines=False)

    prefix: str = text("summarize: ", "what the model is given before the text")

    def stretches(self, page: Page) -> Sentences:
        """See :class:`Rewriter`."""
        return Sentences.of(page, whole=True)

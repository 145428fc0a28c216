"""What all text augmenters share: draw a list of edits, carry it out, move the spans."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

import augreg
from augreg import ContractError
from augreg.param import flag, integer, interval, value
from augreg_text import protect, unedited
from augreg_text.block import Block
from augreg_text.choose import Bits, Chosen, Quota, choose
from augreg_text.choose import seeds as seeds_of
from augreg_text.choose_one import Picks, choose_one, count_of, seed_of
from augreg_text.confined import kept_to, locked_outside
from augreg_text.edits import TEXTS_AT_A_TIME, Edits
from augreg_text.follow import follow, trimmed
from augreg_text.lazy_edits import GroupedEdits, UniformEdits, edits_of
from augreg_text.short import Row, edited, is_plain
from augreg_text.tokens import Words
from augreg_text.unicode import Points

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_SMALLEST_GROUP: Final = 128
"""Texts without characters beyond U+00FF that are worth a block of their own, one byte for each code point."""
RATE_LEVEL: Final = augreg.Level("rate", 0.0, 0.3)


def declare(
    *alters: str,
    level: augreg.Level | None = RATE_LEVEL,
    keeps_shape: bool = False,
    leaves: tuple[str, ...] = ("label",),
    confines: bool = True,
) -> augreg.Declaration:
    """Return the declaration of a text augmenter: it moves spans and reads the text before it draws.

    Args:
        alters: meanings that it may change, words of ``augreg.contract.meanings``: "meaning", "wording", ...
        level: the parameter that a strength sets; by default ``rate``, from 0 to 0.3.
        keeps_shape: whether the text keeps its number of code points.
        leaves: targets that stay true although nothing is done to them.
        confines: whether a step may be told to edit only the words that spans mark, or only the others. Not so where it
            takes a text as a whole: it would hardly ever find one that is all marked.

    """
    return augreg.Declaration(
        targets=("spans",),
        leaves=leaves,
        dtypes=("str",),
        keeps_shape=keeps_shape,
        alters=frozenset(alters),
        level=level,
        reads=("data",),
        confines=("spans",) if confines else (),
    )


@dataclass(frozen=True, kw_only=True)
class TextAugmenter(augreg.AugmenterBase):
    """Edits texts: a subclass says which edits in ``edits``.

    Everything outside the edits stays as it is, and a text without edits comes back as the same object. URLs,
    e-mail addresses, @mentions, #tags and markup (tags, "&amp;", "<|im_end|>", "{name}") are never edited, nor is a
    grapheme cluster cut.
    """

    scripted: ClassVar[bool] = False
    """Whether it edits texts of some scripts only, those of its tables; see :mod:`augreg_text.unedited`."""

    protect: tuple[str, ...] = value((), protect.DOC)
    entities: bool = flag(False, "of words with tags: also those that are parts of entities, such as B-PER")

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "protect", protect.rules_of(self.protect))
        protect.parse(self.protect)

    def draw(self, batch: augreg.BatchInfo, rng: augreg.Rng, level: np.ndarray | None = None) -> augreg.Params:
        """Draw the edits: one column "edits", rows ``[[start, end, replacement], ...]`` in code points."""
        if batch.data is None:
            raise ContractError(f"{type(self).__name__} reads the text before it draws; give BatchInfo its data.")
        free = not self.protect and batch.allowed is None and not _tagged(batch)
        if len(batch.data) == 1 and free and is_plain(batch.data[0]):
            row = self.short_edits(batch.data[0], rng, level)
            if row is not None and (row or not self.scripted or batch.data[0].isascii()):
                return augreg.Params(1, edits=[row])
        groups = [
            group
            for begin in range(0, len(batch), TEXTS_AT_A_TIME)
            for group in _groups(batch, slice(begin, min(begin + TEXTS_AT_A_TIME, len(batch))))
        ]
        if len(groups) == 1:
            found, left = self._edits(batch, groups[0][1], rng, level)
            return augreg.Params(len(batch), edits=found).leaving(left)
        parts, left = [], {}
        for rows, block in groups:
            mine = None if level is None else level[rows]
            found, unknown = self._edits(_part(batch, rows), block, rng.take(rows), mine)
            parts.append(found)
            left |= {int(rows[i]): reason for i, reason in unknown.items()}
        edits = GroupedEdits(tuple(rows for rows, _ in groups), tuple(parts)) if parts else Edits.of([])
        return augreg.Params(len(batch), edits=edits).leaving(left)

    def _edits(
        self, batch: augreg.BatchInfo, block: Block, rng: augreg.Rng, level: np.ndarray | None
    ) -> tuple[Edits | UniformEdits, dict[int, str]]:
        """Return the edits of every text, and why some can have none."""
        page = Page(Words(block), protect.parse(self.protect), batch, self.entities)
        found = self.edits(page, rng, level)
        if batch.allowed is not None:
            found = kept_to(found.flat(), batch.allowed)
        looked = self.scripted and not block.joined.isascii()
        left = unedited.look(self, page, found.counts, rng) if looked else {}
        return found if isinstance(found, UniformEdits) else found.drawn_for(block), left

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits | UniformEdits:
        """Return the edits of every text of a page."""
        raise NotImplementedError

    def knows(self, script: str, page: Page, rng: augreg.Rng) -> bool:
        """Return whether there is anything to edit in a script, of which a page holds one text; see ``unedited``."""
        return unedited.finds_something(self, page, rng)

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row | None:
        """Return the same edits of a plain text that comes alone, found with Python's strings; see ``short``.

        None: ``edits`` has to find them.
        """
        return None

    def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
        """Carry out the edits; spans follow by the rule of :func:`augreg_text.follow.follow`, without new blanks."""
        rows, info = params["edits"] if params.n else [], batch.info
        if params.n == 1 and isinstance(rows, list) and "spans" not in info.targets:
            text = edited(str(batch.data[0]), rows[0])
            same = len(text) == info.shapes.item(0)
            return augreg.Batch([text], info if same else info.replace(shapes=np.array([[len(text)]])))
        edits = edits_of(rows)
        data, sizes = edits.run(list(batch.data))
        info = info.replace(shapes=sizes[:, None])
        spans = info.targets.get("spans")
        if spans is not None:
            moved = trimmed(spans, follow(spans, edits.flat()), list(batch.data), data)
            info = info.replace(targets={**info.targets, "spans": moved})
        return augreg.Batch(data, info)


@dataclass(frozen=True, kw_only=True)
class RateAugmenter(TextAugmenter):
    """Edits a share of the characters or words of a text.

    ``rate`` is drawn per sample from the interval; a number means just that. The count that follows from it is
    rounded up or down at random so that it is right on average, then at least ``min_edits`` (unless the rate is
    0), at most ``max_edits``, at most what there is.
    """

    rate: tuple[float, float] = interval(
        0.1, "share of the candidates that is edited", low=0.0, high=1.0, unit="fraction"
    )
    min_edits: int = integer(1, "edit at least so many, where there are candidates and the rate is not 0", low=0)
    max_edits: int | None = integer(None, "edit at most so many", low=0, optional=True)

    def choose(
        self,
        name: str,
        sizes: Ints,
        rng: augreg.Rng,
        level: np.ndarray | None,
        *,
        out_of: Floats | None = None,
        spare: int | Ints = 0,
        seeds: Bits | None = None,
    ) -> Chosen:
        """Choose from numbered candidates, ``sizes`` of them per sample.

        ``out_of`` says what the rate is a share of, where that is not the candidates; at least ``spare`` of
        these (of all texts, or of each) are not chosen. ``seeds`` are those of the name, where already made.
        """
        fixed = level is None and self.rate[0] == self.rate[1]
        rate: Floats | float = self.rate[0] if fixed else self.sample("rate", rng, level)
        if out_of is not None:
            rate = np.minimum(rate * out_of / np.maximum(sizes, 1), 1.0)
        most: Ints | int | None = self.max_edits
        if not isinstance(spare, int) or spare:
            left = np.maximum(sizes - spare, 0)
            most = left if most is None else np.minimum(left, most)
        return choose(seeds_of(rng, name) if seeds is None else seeds, sizes, Quota(rate, self.min_edits, most))

    def choose_one(
        self,
        name: str,
        size: int,
        rng: augreg.Rng,
        level: np.ndarray | None,
        *,
        out_of: float | None = None,
        spare: int = 0,
        seed: int | None = None,
    ) -> Picks:
        """Choose from the candidates of one sample, see :meth:`choose`.

        Returns numbers of candidates, ascending, each with a uniform number in [0, 1) of its own.
        """
        fixed = level is None and self.rate[0] == self.rate[1]
        rate = self.rate[0] if fixed else self.sample("rate", rng, level).item()
        if out_of is not None:
            rate = min(rate * out_of / max(size, 1), 1.0)
        most = self.max_edits
        if spare:
            left = max(size - spare, 0)
            most = left if most is None else min(left, most)
        seed = seed_of(rng, name) if seed is None else seed
        count = count_of(seed, size, rate, self.min_edits, most)
        return choose_one(seed, size, count)


def _tagged(info: augreg.BatchInfo) -> bool:
    """Whether some spans of the texts are marked as parts of entities, see :mod:`augreg.modalities.words`."""
    return any(spans is not None and "entity" in spans.columns for spans in info.targets.get("spans", ()))


def _groups(batch: augreg.BatchInfo, chunk: slice) -> list[tuple[Ints, Block]]:
    """Return the rows and the block of a run of texts, or of those with and those without characters beyond U+00FF.

    A few of the latter would make four bytes of every code point of the others.
    """
    rows = np.arange(chunk.start, chunk.stop)
    block = Block.of(list((batch.data or ())[chunk]), batch.lengths[chunk])
    if block.points.dtype == np.uint8 or len(rows) < _SMALLEST_GROUP:
        return [(rows, block)]
    # Such a character has one of the bits above the lowest eight. A line feed ends every text: none is empty.
    wide = np.bitwise_or.reduceat(block.points, block.first) > 0xFF
    if len(rows) - np.count_nonzero(wide) < _SMALLEST_GROUP:
        return [(rows, block)]
    parts = [mask.nonzero()[0] for mask in (~wide, wide)]
    return [(rows[part], Block.of([block.texts[i] for i in part.tolist()], block.sizes[part])) for part in parts]


def _part(batch: augreg.BatchInfo, rows: Ints) -> augreg.BatchInfo:
    """Return the facts of some samples; of neighboring ones by slices, where ``take`` goes through them one by one."""
    if rows[-1] - rows[0] != len(rows) - 1:
        return batch.take(rows)
    run = slice(int(rows[0]), int(rows[-1]) + 1)
    return augreg.BatchInfo(
        batch.modality,
        batch.keys[run],
        batch.shapes[run],
        batch.rates[run],
        batch.dtypes[run],
        {name: entries[run] for name, entries in batch.targets.items()},
        (batch.data or ())[run],
        {name: entries[run] for name, entries in batch.extras.items()},
    )


@dataclass(frozen=True)
class Page:
    """Texts that are edited together, with their words and with what may not be touched in them.

    All places are numbers of code points in the joined texts, ``block.points``, in which a line feed stands before,
    between and behind the texts; :meth:`local` turns them into places within a text, as :class:`Edits` has them.
    Words and sentences are numbered through, from the first of the first text to the last of the last.

    Args:
        words: the words of the texts, and the texts themselves (``words.block.texts``).
        protection: what the user protects.
        info: the facts of the samples, among them their spans.
        entities: whether words may be edited that tags mark as parts of entities.

    """

    words: Words
    protection: protect.Protection
    info: augreg.BatchInfo
    entities: bool = False

    def protected_by(self, rules: tuple[str, ...]) -> Page:
        """Return the same texts with other rules of ``protect``, words and "regex:..." for instance."""
        return Page(self.words, protect.parse(rules), self.info, self.entities)

    def alone(self, row: int) -> Page:
        """Return the page of one of its texts, with nothing protected."""
        words = Words(Block.of([self.block.texts[row]]))
        info = self.info.take(np.asarray([row])).replace(extras={})
        return Page(words, protect.parse(()), info, entities=True)

    @property
    def block(self) -> Block:
        """The texts as code points."""
        return self.words.block

    def locked(self) -> Bools | None:
        """Return which code points must stay, bool (points,): protected ones and entities; None when there are none."""
        return self._locked

    def protected(self) -> Bools | None:
        """Return which code points the user protects, and those of tagged entities, bool (points,); None: none.

        Where a step is for a part of the texts, all others are protected.
        """
        found = self.protection.mask(self.words, self.info.target("spans"))
        if not self.entities and _tagged(self.info):
            found = protect.with_entities(found, self.block, self.info.target("spans"))
        return found if self.info.allowed is None else locked_outside(found, self.block, self.info.allowed)

    def kept(self) -> Bools:
        """Return which code points keep their sentence as it is, bool (points,): protected ones and markup.

        A sentence that goes takes its URLs along, but an ``<image>`` less would leave a picture without its place.
        """
        found = self.protected()
        if found is None:
            found = np.zeros(len(self.block.points), dtype=bool)
        for start, end in self.words.markup.tolist():
            found[start:end] = True
        return found

    @cached_property
    def _locked(self) -> Bools | None:
        entities = self.words.entities
        found = self.protected()
        if found is None and not len(entities):
            return None
        if found is None:
            found = np.zeros(len(self.block.points), dtype=bool)
        for start, end in entities.tolist():
            found[start:end] = True
        return found

    def free_points(self, candidates: Bools) -> Ints:
        """Return the places of those candidates that are not locked and are a grapheme cluster each."""
        return self.free(candidates).nonzero()[0]

    def free(self, candidates: Bools) -> Bools:
        """Return the mask of those candidates that are not locked and are a grapheme cluster each."""
        locked, alone = self.locked(), self.block.alone
        if locked is not None:
            candidates = candidates & ~locked
        if alone is not None:
            candidates = candidates & alone
        return candidates

    def free_clusters(self) -> tuple[Ints, Ints]:
        """Return where the grapheme clusters begin and end that are not locked, not even in part."""
        starts = self.block.starts_cluster
        inner = np.flatnonzero(starts)[1:-1] if starts is not None else np.arange(1, len(self.block.points) - 1)
        ends = np.append(inner[1:], len(self.block.points) - 1)
        locked = self.locked()
        if locked is not None:
            total = np.append(0, np.cumsum(locked))
            free = total[ends] == total[inner]
            inner, ends = inner[free], ends[free]
        return inner, ends

    def free_words(self) -> Ints:
        """Return the numbers of the words that are not locked, not even in part."""
        locked = self.locked()
        if locked is None:
            return np.arange(len(self.words.starts))
        total = np.append(0, np.cumsum(locked))
        return np.flatnonzero(total[self.words.ends] == total[self.words.starts])

    def word_counts(self) -> Ints:
        """Return how many words of each text are not locked: int64 (n,)."""
        words = self.words
        return words.counts if self.locked() is None else self.block.counts(words.starts[self.free_words()])

    def spare(self, counts: Ints, free: Ints) -> int | Ints:
        """Return how many of the ``free`` words or sentences of each text must stay, so that of ``counts`` one does.

        Where a step is for a part of each text, those beside it stay; else one of the free ones stays in any case.
        """
        return 1 if self.info.allowed is None else (counts == free).astype(np.int64)

    def local(self, places: Ints, counts: Ints) -> Ints:
        """Turn places in the block into places in their texts; ``counts`` of them belong to each text."""
        return places - self.block.first.repeat(counts)

    def uniform_edits(self, counts: Ints, places: Ints, old: int, points: Points, new: int) -> UniformEdits:
        """Return edits of one kind, see :class:`augreg_text.lazy_edits.UniformEdits`."""
        return UniformEdits(self.block.bare(), counts, places, old, points, new)

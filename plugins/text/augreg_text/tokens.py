"""A lossless tokenizer: words, entities, blanks and the rest, for one text or vectorized over a batch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, Literal, NamedTuple

import numpy as np
import regex
from numpy.typing import NDArray

from augreg_text import unicode
from augreg_text.block import Block, bounds, ranges
from augreg_text.markup import find_markup, united
from augreg_text.short import is_plain, lettered_of, words_of

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Kind = Literal["word", "number", "entity", "space", "other"]

ENTITY: Final = regex.compile(
    r"""
      (?: [a-zA-Z][a-zA-Z0-9+.\-]*:// | (?<!\w)www\. ) [^\s<>"]* [^\s<>"'.,;:!?)\]}…]    # URL
    | [\w.+\-]*\w [@] \w[\w\-]* (?: \.\w[\w\-]* )+                                       # e-mail address
    | (?<!\w) @ \w+ (?: [.\-]\w+ )* (?: @\w+ (?: [.\-]\w+ )* )?                          # @mention
    | (?<!\w) [#] \w+                                                                    # #tag
    """,
    regex.VERBOSE,
)
_CURRENCY, _INSIDE_NUMBER, _INSIDE_WORD, _BEHIND_NUMBER = range(4)
"""Where a sign is part of a token: a currency's beside a number, others inside numbers or words, or behind numbers."""


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """Return what each joiner does, by code point; the last stands for all beyond."""
    kinds = {_INSIDE_NUMBER: ".,:/", _INSIDE_WORD: unicode.APOSTROPHES + unicode.HYPHENS, _BEHIND_NUMBER: "%\u2030"}
    found = np.full(0x2040, _CURRENCY, dtype=np.uint8)
    for kind, signs in kinds.items():
        found[[ord(sign) for sign in signs]] = kind
    return found


class Token(NamedTuple):
    """A stretch of a text: ``text[start:end]``."""

    start: int
    end: int
    kind: Kind
    text: str


def tokenize(text: str) -> list[Token]:
    """Split a text into tokens that join to the very same text. No grapheme cluster is cut.

    Words are runs of letters, digits and low lines, with apostrophes and hyphens between two of them
    ("don't", "well-known"), and the full stops of initials ("U.S."); every ideograph is a word. Numbers keep
    their separators, currency and per cent signs ("$3.50", "10:30", "50%"). URLs, e-mail addresses, @mentions,
    #tags and markup ("<br />", "&amp;", "<|im_end|>", "{name}") are entities. Everything else is blanks ("space") or
    "other", one cluster or a run of blanks each.
    """
    found: list[Token] = []
    at = 0
    for start, end, kind in _marked_short(text) if is_plain(text) else _marked(text):
        found += _rest(text, at, start)
        found.append(Token(start, end, kind, text[start:end]))
        at = end
    return found + _rest(text, at, len(text))


def _marked(text: str) -> list[tuple[int, int, Kind]]:
    """Return the words, numbers and entities of a text, ascending."""
    words = Words(Block.of([text]))
    marked: list[tuple[int, int, Kind]] = [(int(a) - 1, int(b) - 1, "entity") for a, b in words.entities]
    for a, b, plain in zip(words.starts.tolist(), words.ends.tolist(), words.lettered.tolist(), strict=True):
        marked.append((a - 1, b - 1, "word" if plain else "number"))
    return sorted(marked)


def _marked_short(text: str) -> list[tuple[int, int, Kind]]:
    words = words_of(text)
    lettered = {*lettered_of(text, words)}
    return [(a, b, "word" if (a, b) in lettered else "number") for a, b in words]


_BLANKS: Final = regex.compile(r"\s+")
_BLANKS_OR_CLUSTER: Final = regex.compile(r"(?:\s(?![\p{GCB=Extend}\p{GCB=SpacingMark}\p{GCB=ZWJ}]))+|\X")


def _rest(text: str, start: int, end: int) -> list[Token]:
    if text[start:end] == " ":
        return [Token(start, end, "space", " ")]
    return [
        Token(m.start(), m.end(), "space" if _BLANKS.fullmatch(m.group()) else "other", m.group())
        for m in _BLANKS_OR_CLUSTER.finditer(text, start, end)
    ]


@dataclass(frozen=True)
class Words:
    """The words and numbers of a block of texts, without its entities; places count in ``block.points``."""

    block: Block

    @property
    def starts(self) -> Ints:
        """int64 (w,), where words begin, ascending."""
        return self._edges[0]

    @property
    def ends(self) -> Ints:
        """int64 (w,), where words end."""
        return self._edges[1]

    @cached_property
    def counts(self) -> Ints:
        """int64 (n,), words of each text."""
        return self.block.counts(self.starts)

    @cached_property
    def lettered(self) -> Bools:
        """Bool (w,), whether a word holds a letter (the others are numbers and low lines)."""
        letters = np.cumsum(self.block.letters, dtype=np.int32)
        return letters[self.ends - 1] > letters[self.starts - 1]

    @cached_property
    def capitals(self) -> Bools:
        """Bool (w,), whether a word holds a capital letter: a name, an acronym, the first word of a sentence."""
        block = self.block
        found = (block.points - ord("A")) < 26  # what lies below "A" wraps around
        if not block.joined.isascii():
            others, which = np.unique(block.points[block.beyond], return_inverse=True)
            upper = np.asarray([chr(point) != chr(point).lower() for point in others.tolist()], dtype=bool)
            found[block.beyond] = upper[which]
        total = np.append(0, np.cumsum(found, dtype=np.int32))
        has: Bools = total[self.ends] > total[self.starts]
        return has

    @cached_property
    def neighbors(self) -> Bools:
        """Bool (w - 1,), whether a word and the next stand in one text with nothing but blanks between."""
        flags = self.block.flags
        begin, gap = self.ends[:-1], self.starts[1:] - self.ends[:-1]
        found: Bools = ((flags[begin] & unicode.SPACE) != 0) | (gap == 0)
        wide = (gap > 1).nonzero()[0]
        between = (flags[ranges(begin[wide], gap[wide])] & unicode.SPACE) != 0
        if len(wide):
            found[wide] = np.logical_and.reduceat(between, bounds(gap[wide])[:-1])
        last = bounds(self.counts)[1:-1] - 1
        found[last[(last >= 0) & (last < len(found))]] = False
        return found

    @property
    def texts(self) -> list[str]:
        """The words."""
        return self.some(np.arange(len(self.starts)))

    def some(self, which: Ints) -> list[str]:
        """Return some of the words, by number."""
        joined = self.block.joined
        return [joined[a:b] for a, b in zip(self.starts[which].tolist(), self.ends[which].tolist(), strict=True)]

    @cached_property
    def entities(self) -> Ints:
        """int64 (e, 2), the URLs, e-mail addresses, @mentions and #tags, and the markup."""
        return united(find_entities(self.block), self.markup)

    @cached_property
    def markup(self) -> Ints:
        """int64 (m, 2), tags, character references, special tokens and placeholders, see ``augreg_text.markup``."""
        return _whole_clusters(self.block, find_markup(self.block))

    @cached_property
    def _edges(self) -> tuple[Ints, Ints]:
        block = self.block
        inside = _word_points(block)
        for start, end in self.entities.tolist():
            inside[start:end] = False
        _join(block, inside)
        edges = (inside[1:] != inside[:-1]).nonzero()[0] + 1
        starts, ends = np.ascontiguousarray(edges[::2]), np.ascontiguousarray(edges[1::2])
        broken = _between_ideographs(block, inside)
        if len(broken):
            starts, ends = np.sort(np.append(starts, broken)), np.sort(np.append(ends, broken))
        return starts, ends


def _word_points(block: Block) -> Bools:
    """Whether each code point is a letter, digit or low line, or in a cluster with one."""
    inside: Bools = (block.flags & unicode.WORD) != 0
    if block.starts_cluster is None:
        return inside
    begin = np.flatnonzero(block.starts_cluster)
    whole = np.logical_or.reduceat(inside, begin)
    return np.repeat(whole, np.diff(np.append(begin, len(inside))))


def _between_ideographs(block: Block, inside: Bools) -> Ints:
    """Return the places inside words before and behind ideographs, where words end."""
    if block.points.dtype == np.uint8:
        return np.zeros(0, dtype=np.int64)
    ideographs = np.flatnonzero((block.flags & unicode.IDEOGRAPH) != 0)
    if not len(ideographs):
        return ideographs
    broken = np.union1d(ideographs, ideographs + 1)
    broken = broken[inside[broken] & inside[broken - 1]]
    return broken if block.starts_cluster is None else broken[block.starts_cluster[broken]]


def _join(block: Block, inside: Bools) -> None:
    """Take in the signs that belong to a word where they stand, in place."""
    places = ((block.flags & unicode.JOINER) != 0).nonzero()[0]
    kind = _kinds().take(block.points[places], mode="clip")
    # Most signs end a clause: those that need words on both sides are out.
    between = inside[places - 1] & inside[places + 1]
    likely = between | (kind == _CURRENCY) | (kind == _BEHIND_NUMBER)
    places, kind, between = places[likely], kind[likely], between[likely]
    if not len(places):
        return
    before, after = block.flags[places - 1], block.flags[places + 1]
    spaced = ((before | after) & unicode.IDEOGRAPH) == 0
    number_before, number_after = (before & unicode.DIGIT) != 0, (after & unicode.DIGIT) != 0
    take = (kind == _INSIDE_WORD) & between & spaced
    take |= (kind == _INSIDE_NUMBER) & number_before & number_after
    stops = between & (block.points[places] == ord("."))
    if stops.any():
        take[stops] |= _initials(block, inside, places[stops])
    take |= (kind == _BEHIND_NUMBER) & number_before
    take |= (kind == _CURRENCY) & (number_before | number_after)
    if block.alone is not None:
        take &= block.alone[places]
    inside[places[take]] = True


def _initials(block: Block, inside: Bools, places: Ints) -> Bools:
    """Whether a full stop stands between single letters, as in "U.S." and "e.g."."""
    letters = block.letters
    one_before = letters[places - 1] & ~inside[np.maximum(places - 2, 0)]
    one_after = letters[places + 1] & ~inside[np.minimum(places + 2, len(inside) - 1)]
    return one_before & one_after


def find_entities(block: Block) -> Ints:
    """Return the URLs, e-mail addresses, @mentions and #tags of a block: int64 (e, 2), ascending."""
    joined = block.joined
    signs = [sign for sign in "@#" if sign in joined]
    # Pairs at even places: "www" and "://" have one wherever they stand, and to look there is quicker than to search.
    pairs = block.points[: len(block.points) // 2 * 2].view(f"<u{2 * block.points.itemsize}")
    if np.count_nonzero(pairs == _pair("ww", block)):
        signs.append("www.")
    if "/" in joined and np.count_nonzero((pairs == _pair("//", block)) | (pairs == _pair(":/", block))):
        signs.append("://")
    places = [place for sign in signs for place in _places(joined, sign)]
    if not places:
        return np.zeros((0, 2), dtype=np.int64)
    blanks = ((block.flags & unicode.SPACE) != 0).nonzero()[0]
    chunks = np.unique(np.searchsorted(blanks, places))
    found = [
        match.span()
        for chunk in chunks.tolist()
        for match in ENTITY.finditer(joined, int(blanks[chunk - 1]) + 1, int(blanks[chunk]))
    ]
    return _whole_clusters(block, np.asarray(found, dtype=np.int64).reshape(-1, 2))


def _pair(signs: str, block: Block) -> int:
    return ord(signs[0]) | ord(signs[1]) << 8 * block.points.itemsize


def _places(text: str, sign: str) -> Iterator[int]:
    place = text.find(sign)
    while place >= 0:
        yield place
        place = text.find(sign, place + 1)


def _whole_clusters(block: Block, found: Ints) -> Ints:
    """Widen stretches to the borders of grapheme clusters; where two touch in one, the second has it."""
    start, end = block.widened(found)
    end[:-1] = np.minimum(end[:-1], start[1:])
    return np.stack([start, end], axis=1)

"""English indefinite articles before words that are replaced: "a dog" becomes "an animal"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from augreg.param import flag
from augreg_text.base import Ints, Page
from augreg_text.edits import Edits
from augreg_text.short import Row, Span

_VOWELS: Final = frozenset("aeiou")
_VOWEL_NAMES: Final = frozenset("aefhilmnorsx")
"""Letters whose name begins with a vowel: "an F", "an MRI"."""
_SILENT_H: Final = ("heir", "honest", "honor", "honour", "hour")
_SAID_BOTH_WAYS: Final = ("herb", "homage", "xmas")
_CONSONANT_GLIDE: Final = re.compile(
    r"(?!oner[oi])one|once|ouija|eu|ewe|u-|ubiq|ufo|ukr|ukul|unanim|uni(?![mn]|d(?!irec))|ur(?:[aeio]|ug)|"
    r"us[aeiu]|ut[aeio]|uv[aeu]"
)
"""A vowel in writing, "y" or "w" in speech."""
_VOWEL_NUMBER: Final = re.compile(r"8|1[18](?!\d)(?:[,.]\d{3})*(?!\d)|1[18]\d\d(?!\d)")
"""Eight, eighty, 800; 11 and 18; 18,000; 1850 as "eighteen fifty"."""
_NO_SYLLABLE: Final = re.compile(r"(?![bcfgp][lr]|[dt]r|s[chklmnptw]|[cptw]h|tw|wr|kn)[b-df-hj-np-tv-xz]{2}")
"""No syllable begins so: these are letters."""
_LEADING_SIGNS: Final = re.compile(r"^[^\w]+")
_ENGLISH_ONLY: Final = re.compile(
    r"\b(?:the|and|with|this|that|they|she|have|been|were|from|which|would|there|their|you|your|his|what|when)\b",
    re.IGNORECASE,
)
"""Words that no other language has, or hardly any."""


@dataclass(frozen=True, kw_only=True)
class Agreeing:
    """Part of an augmenter that replaces words: English articles before them agree with what comes in.

    An article that changes is an edit of its own, beside those that the rate and its limits count.
    """

    articles: bool = flag(True, "English: 'a' or 'an' before a replaced word follows the sound of the new one")

    def english(self) -> bool | None:
        """Return whether the texts are English; None: each text tells, by words that no other language has."""
        if not self.articles:
            return False
        language = getattr(self, "language", None)
        return None if language is None else bool(language == "en")


@lru_cache(maxsize=1 << 14)
def vowel_sound(word: str) -> bool | None:
    """Return whether a word or number begins with a vowel when it is said; None where that is open.

    After the spelling, with the exceptions that are common: "hour", "one", "European", "university", "an 18-year-old".
    Words of two or three capitals are said letter by letter.
    """
    word = _LEADING_SIGNS.sub("", word)
    if not word:
        return None
    if word[0].isdigit():
        return _VOWEL_NUMBER.match(word) is not None if word[0].isascii() else None
    head = re.split(r"[\W_]", word, maxsplit=1)[0]
    plain = unicodedata.normalize("NFD", word).lower()
    if not "a" <= plain[0] <= "z":
        return None
    named = plain[0] in _VOWEL_NAMES
    if len(head) == 1:
        return named
    said = _said(plain)
    if head.isupper() and head.isalpha():
        if not set(plain[: len(head)]) & (_VOWELS | {"y"}) or (len(head) < 4 and _NO_SYLLABLE.match(plain)):
            return named
        # "UN" or "UP", "MAN" or "MRI": a guess only where both come to the same.
        return said if len(head) > 3 or said == named else None
    return said


def _said(word: str) -> bool | None:
    """Return what :func:`vowel_sound` does for a word in lower case."""
    if word.startswith(_SAID_BOTH_WAYS):
        return None
    if word.startswith(_SILENT_H):
        return True
    if word[0] == "y":
        return word[1] not in _VOWELS
    return word[0] in _VOWELS and not _CONSONANT_GLIDE.match(word)


def replacing(
    page: Page,
    first: Ints,
    ends: Ints,
    counts: Ints,
    texts: list[str],
    english: bool | None,
    behind: Sequence[tuple[int, int, int, str]] = (),
) -> Edits:
    """Return edits that put texts in the place of words, and those of the articles before them.

    An article is left alone unless it fits the old word and does not fit the new one.

    Args:
        page: the texts.
        first: int64 (m,), number of the first word of each stretch that gives way, ascending.
        ends: int64 (m,), where in the block the stretches end.
        counts: int64 (n,), stretches of each text.
        texts: what comes in.
        english: whether the texts are English; None if each is to tell.
        behind: further edits: number of the stretch that each follows, ascending, start and end in the block, text.

    """
    starts = page.words.starts[first]
    if behind:
        at = np.asarray([i for i, _, _, _ in behind], dtype=np.int64)
        counts = counts + np.bincount(page.block.row_of(starts[at]), minlength=len(counts))
        starts = np.insert(starts, at + 1, [a for _, a, _, _ in behind])
        ends = np.insert(ends, at + 1, [b for _, _, b, _ in behind])
        for place, (_, _, _, new) in zip((at + 1 + np.arange(len(at))).tolist(), behind, strict=True):
            texts.insert(place, new)
        return Edits.from_texts(counts, page.local(starts, counts), page.local(ends, counts), texts)
    found = [] if english is False or not len(first) else _articles(page, first, ends, texts, english)
    if found:
        at = np.asarray([i for i, _ in found], dtype=np.int64)
        before = first[at] - 1
        counts = counts + np.bincount(page.block.row_of(starts[at]), minlength=len(counts))
        starts = np.insert(starts, at, page.words.starts[before])
        ends = np.insert(ends, at, page.words.ends[before])
        article = dict(found)
        texts = [text for i, word in enumerate(texts) for text in ((article[i], word) if i in article else (word,))]
    return Edits.from_texts(counts, page.local(starts, counts), page.local(ends, counts), texts)


def _articles(page: Page, first: Ints, ends: Ints, texts: list[str], english: bool | None) -> list[tuple[int, str]]:
    """Return number of the stretch and new article, where it changes."""
    if len(page.words.starts) < 2:
        return []
    words, points, joined = page.words, page.block.points, page.block.joined
    before = np.maximum(first - 1, 0)
    start, end = words.starts[before], words.ends[before]
    likely = ((points[start] | 32) == ord("a")) & (end - start <= 2)
    locked, found = page.locked(), []
    for i in likely.nonzero()[0].tolist():
        a, b, place = int(start[i]), int(end[i]), int(words.starts[first[i]])
        article = changed_article(joined[a:b], joined[b:place], joined[place : int(ends[i])], texts[i])
        if article is None or (i and first[i - 1] == before[i]) or (locked is not None and locked[a:b].any()):
            continue
        rows = page.block.row_of(np.asarray([a, place]))
        if rows[0] == rows[1] and (english or _ENGLISH_ONLY.search(page.block.texts[rows[0]])):
            found.append((i, article))
    return found


def changed_article(article: str, between: str, old: str, new: str) -> str | None:
    """Return what the word before a replaced one becomes; None: it is no article, or fits still, or did not before.

    Args:
        article: that word.
        between: what stands between it and the replaced one.
        old, new: the replaced word and what comes in.

    >>> from augreg_text.articles import changed_article
    >>> changed_article("a", " ", "dog", "animal"), changed_article("the", " ", "dog", "animal")
    ('an', None)

    """
    if len(article) > 2 or article.lower() not in ("a", "an") or not between.isspace():
        return None
    now, long = vowel_sound(new), len(article) == 2
    return None if now is None or now == long or vowel_sound(old) != long else _cased(article, old)


def replacing_words(text: str, words: list[Span], new: list[tuple[int, str]], english: bool | None) -> Row:
    """Return edits that put texts in the place of words of one text, see :func:`replacing`.

    Args:
        text: the text.
        words: its words.
        new: number of a word and what comes in, ascending.
        english: whether the text is English; None if it is to tell.

    """
    row: Row = []
    gone = -1
    for i, other in new:
        start, end = words[i]
        if english is not False and i and i - 1 != gone:
            a, b = words[i - 1]
            article = changed_article(text[a:b], text[b:start], text[start:end], other) if b - a <= 2 else None
            if article is not None and (english or _ENGLISH_ONLY.search(text)):
                row.append([a, b, article])
        row.append([start, end, other])
        gone = i
    return row


def _cased(article: str, word: str) -> str:
    """Return the other article in the case of this one; a single "A" before a word in capitals is one of those."""
    if len(article) == 2:
        return article[0]
    return article + ("N" if article == "A" and len(word) > 1 and word.isupper() else "n")

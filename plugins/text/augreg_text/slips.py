"""Typing errors of all kinds, as often as people make them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

import numpy as np

import augreg
from augreg import ConfigError
from augreg.param import numbers, text
from augreg_text import resources
from augreg_text.base import Floats, Ints, Page, RateAugmenter, declare
from augreg_text.edits import Edits
from augreg_text.short import Row
from augreg_text.typos import key_table

TYPO_KINDS: Final = ("substitute", "omit", "insert", "double", "transpose")
TYPO_WEIGHTS: Final = (0.50, 0.24, 0.10, 0.10, 0.06)
_SWAPPED: Final = TYPO_KINDS.index("transpose")
_TAKEN: Final = (1, 1, 0, 0, 2)
"""Characters that give way to what is typed, by kind."""


@dataclass(frozen=True, kw_only=True)
class Typo(RateAugmenter):
    """Make typing errors: a neighboring key instead or as well, a key missed, hit twice, or too early.

    The default weights follow Dhakal, Feit, Kristensson and Oulasvirta, "Observations on Typing from 136 Million
    Keystrokes", CHI 2018: substitutions twice as often as omissions, omissions a little more often than
    insertions.
    """

    scripted: ClassVar[bool] = True

    declares: ClassVar[augreg.Declaration] = declare("legibility")

    lang: str = text("en", "keyboard layout: en, en_dvorak, de, fr, ru, ... (a wrong one lists all); or a JSON file")
    weights: tuple[float, ...] = numbers(TYPO_WEIGHTS, f"how often: {', '.join(TYPO_KINDS)}", low=0, high=1e300)

    def __post_init__(self) -> None:
        super().__post_init__()
        resources.keyboard(self.lang)
        if len(self.weights) != len(TYPO_KINDS) or not sum(self.weights):
            raise ConfigError(
                f"weights={list(self.weights)!r} is not valid: expected {len(TYPO_KINDS)} numbers >= 0, one above 0: "
                f"{', '.join(TYPO_KINDS)}."
            )

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row | None:
        """See :class:`augreg_text.base.TextAugmenter`."""
        others = key_table(self.lang, False, False).others
        places = [i for i, char in enumerate(text) if char in others]
        chosen = [(places[i], unit) for i, unit in self.choose_one("characters", len(places), rng, level)]
        known, changed = {*places}, {at for at, _ in chosen}
        edges = _edges(self.weights)
        row: Row = []
        for at, number in chosen:
            kind = min(bisect_right(edges, number) - 1, len(TYPO_KINDS) - 1)
            unit = min((number - edges[kind]) / max(edges[kind + 1] - edges[kind], 1e-12), 1.0 - 1e-9)
            if kind == _SWAPPED and (at + 1 not in known or at + 1 in changed):
                kind = 0
            near = others[text[at]]
            new = _typed(kind, text[at], text[at + 1 : at + 2], near[int(unit * len(near))])
            row.append([at, at + _TAKEN[kind], new])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        table = key_table(self.lang, False, False)
        places = page.free_points(table.holds(page.block))
        chosen = self.choose("characters", page.block.counts(places), rng, level)
        at = places[chosen.index]
        kind, unit = self._kinds(chosen.unit)
        kind[(kind == _SWAPPED) & ~_may_swap(at, places)] = 0
        joined = page.block.joined
        entries = table.entries(page.block.points[at])
        near = table.first[entries] + (unit * table.sizes[entries]).astype(np.int64)
        keys = "".join(map(chr, table.points[near].tolist()))
        texts = [
            _typed(k, joined[i], joined[i + 1], key) for k, i, key in zip(kind.tolist(), at.tolist(), keys, strict=True)
        ]
        start = page.local(at, chosen.counts)
        taken = np.asarray(_TAKEN)[kind]
        return Edits.from_texts(chosen.counts, start, start + taken, texts)

    def _kinds(self, unit: Floats) -> tuple[Ints, Floats]:
        """Turn numbers in [0, 1) into kinds of error, and what is left of them."""
        edges = np.asarray(_edges(self.weights))
        kind = np.clip(np.searchsorted(edges, unit, side="right") - 1, 0, len(TYPO_KINDS) - 1)
        left = (unit - edges[kind]) / np.maximum(edges[kind + 1] - edges[kind], 1e-12)
        return kind, np.clip(left, 0.0, 1.0 - 1e-9)


@lru_cache(maxsize=64)
def _edges(weights: tuple[float, ...]) -> list[float]:
    """Return where each kind of error begins among the numbers in [0, 1), and 1."""
    edges: list[float] = np.append(0.0, np.cumsum(weights) / sum(weights)).tolist()
    return edges


def _may_swap(at: Ints, places: Ints) -> np.ndarray:
    """Whether the character behind each place may change and does not do so anyway."""
    return np.isin(at + 1, places) & ~np.isin(at + 1, at)


def _typed(kind: int, char: str, behind: str, key: str) -> str:
    """Return what is typed for a character."""
    return (key, "", key, char, behind + char)[kind]

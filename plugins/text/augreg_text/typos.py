"""Mistakes of hands and scanners: neighboring keys, look-alike characters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

import augreg
from augreg.param import flag, text
from augreg_text import resources
from augreg_text.base import Page, RateAugmenter, declare
from augreg_text.block import ranges
from augreg_text.edits import Edits
from augreg_text.lazy_edits import UniformEdits
from augreg_text.lookup import CharTable
from augreg_text.short import Row


@dataclass(frozen=True, kw_only=True)
class TableAugmenter(RateAugmenter):
    """Replaces single characters by one of their alternatives; a subclass has the table."""

    scripted: ClassVar[bool] = True

    def table(self) -> CharTable:
        """Return the alternatives."""
        raise NotImplementedError

    def short_edits(self, text: str, rng: augreg.Rng, level: np.ndarray | None) -> Row:
        """See :class:`augreg_text.base.TextAugmenter`."""
        others = self.table().others
        places = [i for i, char in enumerate(text) if char in others]
        row: Row = []
        for i, unit in self.choose_one("characters", len(places), rng, level):
            at = places[i]
            near = others[text[at]]
            row.append([at, at + 1, near[int(unit * len(near))]])
        return row

    def edits(self, page: Page, rng: augreg.Rng, level: np.ndarray | None) -> Edits | UniformEdits:
        """See :class:`augreg_text.base.TextAugmenter`."""
        table = self.table()
        places = page.free_points(table.holds(page.block))
        counts = page.block.counts(places)
        chosen = self.choose("characters", counts, rng, level)
        if table.single:
            at = places[chosen.drawn]
            points = table.points[table.pick(page.block.points[at], chosen.drawn_unit)]
            return page.uniform_edits(chosen.counts, at, 1, points, 1)
        at = places[chosen.index]
        which = table.pick(page.block.points[at], chosen.unit)
        starts, lengths = page.local(at, chosen.counts), table.lengths[which]
        return Edits(chosen.counts, starts, starts + 1, lengths, table.points[ranges(table.begin[which], lengths)])


@dataclass(frozen=True, kw_only=True)
class Keyboard(TableAugmenter):
    """Replace characters by a neighboring key, as a slip of the finger does.

    Letters keep their case. Eleven of the layouts are nlpaug's; a JSON file holds four rows of keys, or a mapping
    {key: [neighbors]}. After Belinkov and Bisk, "Synthetic and Natural Noise
    Both Break Neural Machine Translation", ICLR 2018.
    """

    declares: ClassVar[augreg.Declaration] = declare("legibility", keeps_shape=True)

    lang: str = text("en", "keyboard layout: en, en_dvorak, de, fr, ru, ... (a wrong one lists all); or a JSON file")
    digits: bool = flag(False, "digits are mistyped too, and may come in for letters")
    symbols: bool = flag(False, "signs are mistyped too, and may come in for letters")

    def __post_init__(self) -> None:
        super().__post_init__()
        resources.keyboard(self.lang)

    def table(self) -> CharTable:
        """Return the neighbors of every key."""
        return key_table(self.lang, self.digits, self.symbols)


@dataclass(frozen=True, kw_only=True)
class Ocr(TableAugmenter):
    """Replace characters by look-alikes, as optical character recognition does."""

    declares: ClassVar[augreg.Declaration] = declare("legibility", keeps_shape=True)

    def table(self) -> CharTable:
        """Return the look-alikes of every character."""
        return _look_alikes()


@lru_cache(maxsize=64)
def key_table(lang: str, digits: bool, symbols: bool) -> CharTable:
    """Return the neighbors of every key of a layout."""

    def wanted(char: str) -> bool:
        return char.isalpha() or (digits if char.isdigit() else symbols)

    table: dict[str, tuple[str, ...]] = {}
    for key, near in resources.keyboard(lang).items():
        others = tuple(other for other in near if wanted(other))
        if len(key) == 1 and wanted(key):
            table[key] = others
            table.update(_shifted(key, others))
    return CharTable.of(table)


def _shifted(key: str, others: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return the entry of the upper-case key: its neighbors with shift held."""
    upper = key.upper()
    if len(upper) != 1 or upper == key:
        return {}
    return {upper: tuple(sorted({other.upper() for other in others if len(other.upper()) == 1}))}


@lru_cache(maxsize=1)
def _look_alikes() -> CharTable:
    return CharTable.of(resources.ocr())

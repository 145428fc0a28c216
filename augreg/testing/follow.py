"""Rules about targets: they move with the data, for every kind of sample."""

from __future__ import annotations

from typing import Final

from augreg.testing import follow_pictures, follow_sounds, follow_texts
from augreg.testing.rule import Rule

RULES: Final[tuple[Rule, ...]] = (*follow_pictures.RULES, *follow_sounds.RULES, *follow_texts.RULES)

"""All blocks in the order of their letters; A, the effect, and the classes are told by tables.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.learn.blocks import ablation, cost, data, doses, fit, groups, operations, robust, shift
from augreg.learn.blocks.base import Block

if TYPE_CHECKING:
    from augreg.learn.outcome import Outcome

_MODULES = (doses, fit, operations, ablation, groups, data, shift, robust, cost)


def blocks(outcome: Outcome) -> list[Block]:
    """Return the blocks B to J."""
    return [module.block(outcome) for module in _MODULES]

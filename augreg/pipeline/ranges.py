"""Refuses steps that would clip what a step before them made: they take values in [0, 1], and it leaves that range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from augreg.errors import ConfigError
from augreg.pipeline.clipping import clips_values
from augreg.pipeline.steps import OneOf, Sequential

if TYPE_CHECKING:
    from augreg.pipeline.program import Choice, Leaf


def check_order(tree: Sequence[Leaf | Choice], left: str | None = None) -> str | None:
    """Check nodes that follow one another; ``left`` is the step that may have left the range before them, if any.

    Whatever may happen counts: a step with p = 0.1 leaves the range, and one that restores it must always run.

    Returns:
        the step that may have left the range behind them, or None.

    Raises:
        ConfigError: it names both steps, and the order to write.

    """
    for node in tree:
        if node.p == 0:
            continue
        after = _after_group(node, left) if hasattr(node, "children") else _after_step(node, left)
        left = after if node.p == 1 else after or left
    return left


def _after_step(leaf: Any, left: str | None) -> str | None:
    name, augmenter = leaf.built.name, leaf.built.augmenter
    clips = clips_values(augmenter)
    augmenter = getattr(augmenter, "augmenter", augmenter)
    declares = augmenter.declares
    if left is not None and clips:
        raise ConfigError(
            f"{name} takes values from 0 to 1 and stands behind {left}, which leaves that range, so that it would clip "
            f"them. Put it before: [{name}, {left}]."
        )
    after = getattr(augmenter, "values_after", "same" if declares.keeps_range else "any")
    return name if after == "any" else None if after == "unit" else left


def _after_policy(slots: int, children: Any, left: str | None) -> str | None:
    """Return what :func:`check_order` returns for a policy, whichever operation is drawn in whichever slot."""
    k = len(children) // slots
    for slot in range(slots):
        ends = [check_order([child], left) for child in children[slot * k : (slot + 1) * k]]
        left = next((end for end in ends if end), left)
    return left


def _after_group(group: Any, left: str | None) -> str | None:
    """Return what :func:`check_order` returns for a group, whichever of its steps are chosen in whichever order."""
    node, children = group.node, group.children
    if group.policy is not None:
        return _after_policy(group.policy.policy.slots, children, left)
    if isinstance(node, Sequential):
        return check_order(children, left)
    if isinstance(node, OneOf) or node.span[1] < 2:
        ends = [check_order([child], left) for child in children]
        return next((end for end in ends if end), None)
    if node.order == "random":
        for k, child in enumerate(children):
            others = [end for other in (*children[:k], *children[k + 1 :]) if (end := check_order([other]))]
            check_order([child], left or next(iter(others), None))
    for child in children:
        left = check_order([child], left) or left
    return left

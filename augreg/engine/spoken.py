"""Operations that policies draw are left out for records whose captions speak of what these would alter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from augreg.engine.memo import memo_of
from augreg.errors import ContractError
from augreg.intake.container import Container
from augreg.pipeline import Execution, Pipeline
from augreg.pipeline.program import Fired

Said = Mapping[int, Mapping[str, str]]
"""Entry -> meaning of which its captions speak -> why nothing may alter it."""


def heeds_captions(pipe: Pipeline, container: Container) -> bool:
    """Whether a policy draws operations that alter something for fields of records, and captions stand beside them."""
    memo = memo_of(pipe)
    if memo.altering is None:
        memo.altering = frozenset(name for name in pipe.modalities if any(map(alterable, pipe.executions(name))))
    if not memo.altering:
        return False
    kinds = {unit.modality.name: unit.modality.describes for unit in container.units}
    return any(kinds.values()) and any(name in memo.altering for name, describes in kinds.items() if not describes)


def alterable(execution: Execution) -> frozenset[str]:
    """Return what an operation of a policy alters and does not mend; nothing for steps that users wrote themselves."""
    declares = execution.augmenter.declares
    return declares.alters - declares.mends if execution.slot else frozenset()


def said_of(container: Container, pipe: Pipeline) -> Said:
    """Return of what the captions of each record speak, as a plugin understands them."""
    captions: dict[int, list[str]] = {}
    for unit in container.units:
        if unit.modality.describes and isinstance(unit.wrapped.row, str):
            captions.setdefault(unit.entry, []).append(unit.wrapped.row)
    if not captions:
        return {}
    told = pipe.registry.hook.augreg_spoken_of(records=list(captions.values()))
    if told is not None and len(told) != len(captions):
        raise ContractError(
            f"augreg_spoken_of answered {len(told)} times for {len(captions)} records; answer for each."
        )
    return {} if told is None else dict(zip(captions, told, strict=True))


def spared(
    executions: Sequence[Execution], fires: Sequence[Fired], entries: Sequence[int], said: Said
) -> Iterator[tuple[Fired, dict[int, str]]]:
    """Yield, for every execution, where it fires after all, and the rows left out with the reasons.

    Args:
        executions, fires: of one branch.
        entries: the record of each row.
        said: see :func:`said_of`.

    """
    for execution, fired in zip(executions, fires, strict=True):
        alters = alterable(execution)
        left: dict[int, str] = {}
        for row in np.flatnonzero(fired.mask).tolist() if alters else ():
            told = said.get(entries[row], {})
            meaning = next((word for word in told if word in alters), None)
            if meaning is not None:
                left[row] = f"left out, it alters {meaning}: {told[meaning]}"
        if left:
            mask = fired.mask.copy()
            mask[list(left)] = False
            fired = Fired(mask, fired.level)
        yield fired, left

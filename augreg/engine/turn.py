"""What there is to know about one execution where samples come one by one: looked up once, when the line is built."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import cast

from augreg.contract.augmenter import AugmenterBase
from augreg.contract.operator import Op
from augreg.data.batch import BatchInfo
from augreg.data.params import Params
from augreg.engine.carrier import takes_lists
from augreg.engine.checks import check_step, leaves_range
from augreg.modalities.base import Modality
from augreg.pipeline import Execution


class Turn:
    """One execution of a line, and the kinds of sample that it is known to take."""

    __slots__ = (
        "augmenter",
        "checked",
        "execution",
        "leaves",
        "level",
        "lists",
        "lower",
        "modality",
        "path",
        "reads",
        "tensor",
    )

    def __init__(self, execution: Execution, modality: Modality) -> None:
        self.execution, self.modality = execution, modality
        self.augmenter = execution.augmenter
        self.path = execution.path
        self.level = execution.built.step.level
        self.lower: Callable[[BatchInfo, Params], Op | None] | None = (
            cast(AugmenterBase, self.augmenter).lower if execution.fuses else None
        )
        self.lists = takes_lists(self.augmenter)
        self.reads = self.augmenter.declares.reads
        self.tensor = self.augmenter.declares.gives_tensor
        self.leaves = leaves_range(self.augmenter.declares)
        self.checked: set[Hashable] = set()

    def check(self, kind: Hashable, info: BatchInfo) -> None:
        """Refuse a sample that the step does not take; ``kind`` is all of it that this hangs on."""
        check_step(self.execution, info, self.modality)
        self.checked.add(kind)

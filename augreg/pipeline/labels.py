"""Which steps of a pipeline do not leave the label of a sample true."""

from __future__ import annotations

from collections.abc import Mapping

from augreg.pipeline.parse import RECORD, Built
from augreg.pipeline.program import Program


def untrue_of(programs: Mapping[str, Program]) -> dict[str, Built]:
    """Return branch -> the first step that may run and cannot keep labels true, unless it is said that they hold."""
    found: dict[str, Built] = {}
    for branch, program in programs.items():
        for built in (e.built for e in program.executions):
            said = built.step.p == 0 or built.step.labels == "keep"
            if branch != RECORD and not said and not built.augmenter.declares.supports("label"):
                found.setdefault(branch, built)
    return found

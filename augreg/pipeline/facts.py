"""What all steps of a branch have in common: what they let pass, mirror, and into how many classes they mix labels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from augreg.contract.augmenter import Augmenter
from augreg.errors import ConfigError
from augreg.pipeline.clipping import clips_values
from augreg.pipeline.program import Execution

Passing = tuple[bool, bool, bool, str, str]
"""What values the steps of a modality let pass, as :func:`all_pass` says it; at its end the names of the first step
that clips, and of the first to which full scale matters, empty if there is none."""


def all_pass(executions: Sequence[Execution]) -> Passing:
    """Return whether all steps let NaN and infinity pass, take any values, and take float64; see :data:`Passing`."""
    declared = [execution.augmenter.declares for execution in executions]
    finite, values = all(d.nonfinite == "passes" for d in declared), all(d.values == "any" for d in declared)
    scaled = (e.built.name for e in executions if e.augmenter.declares.full_scale and e.built.step.p != 0)
    doubles = all(not d.dtypes or "float64" in d.dtypes for d in declared)
    return finite, values, doubles, _clipping(executions), next(scaled, "")


def _clipping(executions: Sequence[Execution]) -> str:
    """Return the name of the first step that would cut off values outside [0, 1] as they are given; empty if none.

    What stands behind a step that always brings them there, as denormalizing does, clips only what is no color.
    """
    for execution in executions:
        said = execution.built.step.p
        p = execution.augmenter.declares.p if said is None else said
        if p == 0:
            continue
        if clips_values(execution.augmenter):
            return execution.built.name
        augmenter = getattr(execution.augmenter, "augmenter", execution.augmenter)
        if getattr(augmenter, "values_after", "same") == "unit" and p == 1:
            break
    return ""


def classes_of(modality: str, executions: Sequence[Execution]) -> int | None:
    """Return the number of classes that steps say which mix labels, and may fire."""
    known: dict[int, str] = {}
    for execution in executions:
        count = getattr(execution.augmenter, "label_classes", None)
        if count is not None and mixes_labels(execution.augmenter) and execution.built.step.p != 0:
            known.setdefault(count, execution.built.name)
    if len(known) > 1:
        (one, first), (other, second) = list(known.items())[:2]
        raise ConfigError(
            f"{modality}: {first} says classes={one} and {second} says classes={other}, but the samples have one set "
            "of classes. Give both the same."
        )
    return next(iter(known), None)


def mixes_labels(augmenter: Augmenter) -> bool:
    """Whether an augmenter mixes samples with their labels."""
    return augmenter.declares.labels == "mixes" and "label" in augmenter.declares.targets


def mirrored_by(executions: Iterable[Execution]) -> dict[str, str]:
    """Return the targets that some step turns into their mirror image: target -> the first such step."""
    found: dict[str, str] = {}
    for execution in executions:
        declares = execution.augmenter.declares
        for target in declares.targets if "chirality" in declares.alters else ():
            found.setdefault(target, execution.built.name)
    return found

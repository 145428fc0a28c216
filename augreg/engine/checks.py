"""Refuses samples that a step does not take: before it runs, and whether or not it would have fired."""

from __future__ import annotations

from augreg.contract.declaration import Declaration
from augreg.data.batch import BatchInfo
from augreg.errors import UnsupportedError, listing
from augreg.modalities.base import Modality
from augreg.pipeline import Execution
from augreg.pipeline.parse import Built
from augreg.pipeline.targeted import Targeted


def leaves_range(declares: Declaration) -> bool:
    """Whether what a step makes is no longer in the range or the units of what it was given."""
    return not (declares.keeps_range and declares.keeps_dtype)


def check_step(execution: Execution, info: BatchInfo, modality: Modality) -> None:
    """Check dtypes, channels and targets of a branch's samples against what the augmenter declares.

    Raises:
        UnsupportedError: the message names the step, the value, and what would be valid.

    """
    declares, name = execution.augmenter.declares, execution.built.name
    if declares.dtypes:
        for dtype in set(info.dtypes).difference(declares.dtypes):
            i = info.dtypes.index(dtype)
            raise UnsupportedError(
                f"{name} does not take {dtype} (sample {i} of the {info.modality} samples). "
                f"It takes {listing(declares.dtypes)}; convert the data first."
            )
    if declares.channels and modality.channel_axis is not None:
        _check_channels(execution, info, modality)
    if isinstance(execution.augmenter, Targeted):
        _check_needs(execution.built, execution.augmenter.needs, info)
    for target, entries in info.targets.items():
        if declares.supports(target) or (target == "label" and execution.built.step.labels == "keep"):
            continue
        given = [i for i, entry in enumerate(entries) if entry is not None]
        if given:
            said = ", or say at the step that it holds all the same: labels: keep" if target == "label" else ""
            handled = listing([*declares.targets, *declares.leaves])
            raise UnsupportedError(
                f"{name} cannot keep {target!r} true (sample {given[0]} of the {info.modality} samples has it). "
                f"It handles: {handled}. Leave {target!r} out of the sample or the step out of the pipeline{said}."
            )


def _check_needs(built: Built, needs: tuple[str, ...], info: BatchInfo) -> None:
    """Refuse samples without the target at which a step is aimed: they would pass as if they had been augmented."""
    for target in needs:
        for i, entry in enumerate(info.target(target)):
            if entry is None:
                raise UnsupportedError(
                    f"{built.name} is for a part of each sample, and sample {i} of the {info.modality} samples has no "
                    f"{target!r}, which would say which. Give it {target}, if only empty ones (which field of a record "
                    "they are, a schema says), or leave within and outside of the step out."
                )


def _check_channels(execution: Execution, info: BatchInfo, modality: Modality) -> None:
    taken = execution.augmenter.declares.channels
    inner = getattr(execution.augmenter, "augmenter", execution.augmenter)  # a lift does with frames what that does
    by_name = bool(getattr(inner, "by_name", False))
    counts = info.shapes[:, modality.channel_axis].tolist()
    if not info.extras and set(counts).issubset(taken):
        return  # by far the most, and nothing was said of their channels
    for i in range(len(counts)):
        fault = modality.channel_fault(info, i, taken, by_name=by_name)
        if fault is not None:
            raise UnsupportedError(f"{execution.built.name} does not take {fault}")

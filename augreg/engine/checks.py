"""Refuses samples that a step does not take: before it runs, and whether or not it would have fired."""

from __future__ import annotations

from augreg.data.batch import BatchInfo
from augreg.errors import UnsupportedError, listing
from augreg.modalities.base import Modality
from augreg.pipeline import Execution


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
        counts = info.shapes[:, modality.channel_axis].tolist()
        bad = set(counts).difference(declares.channels)
        if bad:
            i = next(i for i, count in enumerate(counts) if count in bad)
            raise UnsupportedError(
                f"{name} does not take {info.modality} with {counts[i]} channels (sample {i} of the "
                f"{info.modality} samples). It takes {listing(declares.channels)}."
            )
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

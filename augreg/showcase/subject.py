"""What a preview is about: a sample, or the fields of one record, and what steps do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from augreg.data.samples import Sample
from augreg.engine.augment import augment
from augreg.errors import ConfigError, listing
from augreg.modalities.known import modalities
from augreg.modalities.text import Text
from augreg.pipeline import Pipeline
from augreg.registry import default

Step = str | dict[str, Any]
RECORD = "record"
GROUPS = ("one_of", "some_of", "sequential")


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one part: the sample, and the steps that were applied, as a trace has them."""

    sample: Sample
    steps: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of what is previewed, by modality; more than one are the fields of a record."""

    parts: Mapping[str, Sample]

    @classmethod
    def of(cls, *samples: Sample) -> Subject:
        """Return the subject of one sample, or of a record's samples.

        Raises:
            ConfigError: two samples are of one modality.

        """
        parts = {sample.modality: sample for sample in samples}
        if len(parts) < len(samples):
            kinds = listing(sample.modality for sample in samples)
            raise ConfigError(f"the files are of the modalities {kinds}. Give one of each: they are shown as a record.")
        return cls(parts)

    def derived(self) -> dict[str, Sample]:
        """Return samples of further modalities that can be made of the parts, such as a sound's spectrogram."""
        found: dict[str, Sample] = {}
        for modality in modalities(default()):
            for sample in self.parts.values():
                made = modality.derive(sample)
                if made is not None and modality.name not in self.parts:
                    found[modality.name] = made
        return found

    def branch(self, step: Step) -> str:
        """Return where a step belongs in a pipeline for this subject: a modality, or "record" for a joint step.

        Raises:
            ConfigError: it needs a part that is not there.
            UnknownAugmenterError: nobody offers it.

        """
        name = leaves(step)[0]
        if default().is_policy(name):
            return self._branch_of_policy(step)
        declares, takes = default().load(name).declares, default().resolve(name).modalities
        if declares.joint or declares.joint_optional:
            missing = [role for role in declares.joint if role not in self.parts]
            if missing or (len(self.parts) < 2 and not declares.joint):
                wanted = " and a file of ".join(missing or ["another modality"])
                raise ConfigError(f"{name} works on records: give a file of {wanted} beside it.")
            return RECORD
        known = [*takes, *(lift.modality for lift in default().lifts() if lift.source in takes)]
        return next((m for m in known if m in self.parts), None) or next(
            (m for m in known if m in self.derived()), next(iter(self.parts))
        )

    def _branch_of_policy(self, step: Step) -> str:
        """Return the modality on which a policy is shown: that of the operations it names, or the first there is."""
        body = step[next(iter(step))] if isinstance(step, dict) else None
        named = body.get("operations") if isinstance(body, Mapping) else None
        first = named[0] if isinstance(named, (list, tuple)) and named else None
        name = next(iter(first)) if isinstance(first, Mapping) else first
        if not isinstance(name, str) or default().is_policy(name) or name[-1:].isdigit():
            return next(iter(self.parts))
        return self.branch(name)

    def touched(self, steps: Sequence[Step]) -> list[str]:
        """Return the modalities of the parts that steps may change, those of the subject first."""
        found: dict[str, None] = {}
        for step in steps:
            branch = self.branch(step)
            known = [name for name in leaves(step) if not default().is_policy(name)]
            takes = [m for name in known for m in default().resolve(name).modalities if m in self.parts]
            found |= dict.fromkeys(takes if branch == RECORD else [branch])
        return sorted(found, key=lambda m: [*self.parts, m].index(m))

    def part(self, modality: str) -> Sample:
        """Return a part, or what is derived of one."""
        return self.parts[modality] if modality in self.parts else self.derived()[modality]

    def run(self, steps: Sequence[Step], seed: int, copy: int) -> dict[str, Done]:
        """Return what steps make of the parts that they may change."""
        branches: dict[str, list[Step]] = {}
        for step in steps:
            branches.setdefault(self.branch(step), []).append(step)
        pipeline = Pipeline(branches)
        joint = RECORD in branches
        touched = self.touched(steps)
        whole = {m: self.part(m) for m in (self.parts if joint else touched)}
        if len(whole) == 1:
            (only,) = whole.values()
            out, trace = _run([only], pipeline, seed, copy)
            return {touched[0]: Done(out, trace.to_dict()["steps"])}
        out, trace = _run([whole], pipeline, seed, copy)
        return {m: Done(out[m], trace[m].to_dict()["steps"]) for m in touched}


def _run(given: list[Any], pipeline: Pipeline, seed: int, copy: int) -> tuple[Any, Any]:
    """Augment what is given, with a second one beside it where a step mixes samples."""
    first = given[0]
    key = getattr(first, "key", None)
    keys = ["preview" if key is None else key]
    if _mixes(pipeline):
        given = [first, {m: partner(s) for m, s in first.items()} if isinstance(first, dict) else partner(first)]
        keys = [*keys, "partner"]
    out, trace = augment(given, pipeline, seed=seed, copy=copy, keys=keys, return_trace=True)
    return out[0], trace[0]


def _mixes(pipeline: Pipeline) -> bool:
    return any(e.augmenter.declares.labels == "mixes" for m in pipeline.modalities for e in pipeline.executions(m))


def partner(sample: Any) -> Any:
    """Return another sample of the same kind to mix with: a picture upside down, a sound backwards, ..."""
    data = sample.data
    if isinstance(sample, Text):
        return sample.changed(data="another text")
    if isinstance(data, torch.Tensor):
        along = {"image": -2, "video": 0}.get(sample.modality, -1)
        return sample.changed(data=data.flip(along))
    return sample.changed(data=np.ascontiguousarray(np.asarray(data)[::-1]))


def leaves(step: Step) -> list[str]:
    """Return the names of the augmenters in a step: its own, or those of all steps of a group."""
    name, body = (step, None) if isinstance(step, str) else next(iter(step.items()))
    if name not in GROUPS or not isinstance(body, dict):
        return [name]
    inner = [child for entry in body["steps"] for child in (entry if isinstance(entry, list) else [entry])]
    return [leaf for child in inner for leaf in leaves(child)]

"""What labels say of outputs, put on the samples that are drawn: boxes of pictures, events of sounds."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from augreg.data.targets import Boxes, Events
from augreg.errors import AugregError
from augreg.jobs.ended import Ended
from augreg.jobs.inspecting.chosen import Line
from augreg.jobs.labelled.about import about
from augreg.jobs.labelled.asked import Asked
from augreg.media.labels.base import BesideForm, Labels, SetForm
from augreg.media.labels.known import reading
from augreg.modalities.audio import Audio
from augreg.modalities.image import Image
from augreg.param.files import read_file


class Annotations:
    """The labels that a job wrote into its output folder; those in tars and tables are not looked at."""

    def __init__(self, job: Ended) -> None:
        self.job = job
        self.said: Mapping[str, Any] = job.facts.get("labels") or {}

    @cached_property
    def _kind(self) -> type[BesideForm] | type[SetForm]:
        return reading(Asked.of(self.said["to"]).form, self.job.pipeline.registry)

    @cached_property
    def _form(self) -> BesideForm | SetForm:
        if issubclass(self._kind, SetForm):
            return self._kind(self._set[0])
        return self._kind(self._kind.open(self.job.out, ""))

    @cached_property
    def _set(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """The head of the one file of a form that has one, and what it says of each output."""
        assert issubclass(self._kind, SetForm), "asked for of such forms only"
        (place,) = self.said["files"]
        head, said = self._kind.open(self.job.out, place)
        return head, {each.file: each.raw for each in said if not each.fault}

    def on(self, line: Line, sample: Any) -> Any:
        """Return a sample with what its labels say; the sample itself where none are there or can be read."""
        if not isinstance(sample, (Image, Audio)) or not line.get("labels") or "member" in line:
            return sample
        try:
            labels = self._read(line, sample)
            return sample if labels is None else _with(sample, labels.fields)
        except (AugregError, OSError):  # `augreg verify` says what is wrong with them
            return sample

    def _read(self, line: Line, sample: Any) -> Labels | None:
        facts = about(str(line["output"]), str(line["modality"]), sample)
        if isinstance(self._form, SetForm):
            raw = self._set[1].get(facts.path)
            return None if raw is None else self._form.read(raw, facts)
        place = line.get("attached", {}).get("labels", {}).get("output")
        if place is None or not (self.job.out / place).resolve().is_relative_to(self.job.out.resolve()):
            return None
        return self._form.read(read_file(self.job.out / place), facts)


def _with(sample: Any, fields: Mapping[str, Any]) -> Any:
    if isinstance(sample, Image) and fields.get("boxes"):
        turned, names = len(fields["boxes"][0]) == 8, fields.get("category")
        boxes = Boxes(fields["boxes"], "xyxyxyxy" if turned else "xywh", labels=names)
        return Image(sample.data, boxes=boxes)
    if isinstance(sample, Audio) and fields.get("events"):
        names = [name or "" for name in fields["event"]]
        return Audio(sample.data, sample.sample_rate, events=Events(fields["events"], labels=names))
    return sample

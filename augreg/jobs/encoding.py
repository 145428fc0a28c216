"""Writes what became of one file of an input: encoded, or copied where nothing was done to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from augreg import media
from augreg.data.lazy import LazyPicture
from augreg.data.samples import Sample
from augreg.jobs.copying import Copier
from augreg.jobs.in_time import moved_by, without_sound
from augreg.jobs.items import Item
from augreg.jobs.manifest import facts
from augreg.jobs.records import Reading
from augreg.media import Loaded
from augreg.media.encode import keeps_times
from augreg.media.films import write_with_sound
from augreg.media.formats import canonical
from augreg.media.kept import with_metadata
from augreg.media.picturefile import scale_note
from augreg.modalities.audio import Audio
from augreg.pipeline import Pipeline

Result = tuple[Any, Any]
"""An augmented sample and its trace; for a record, both by field."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes results and says what a manifest line tells of them.

    Args:
        pipeline: what made the results.
        copier: copies files that nothing was done to.
        stepped: the modalities that it has steps for; files of others are copied.

    """

    pipeline: Pipeline
    copier: Copier
    stepped: frozenset[str]

    def write(
        self, file: Item, path: Path, loaded: Loaded, reading: Reading, result: Result, staged: Path
    ) -> dict[str, Any]:
        """Write one file, for a film that is a record with its sound, and return what its line says.

        Args:
            file: which file of its input it is.
            path: where its bytes lie.
            loaded: what was read of it.
            reading: what was read of the whole input.
            result: what became of the whole input.
            staged: where to.

        Raises:
            MediaError: it cannot be encoded.

        """
        new, trace = field_of(result, file.field)
        kept: tuple[str, ...] = ()
        if self.copier.keep_metadata and new is not loaded.sample:
            origin, kept = with_metadata(loaded.origin)
            loaded = replace(loaded, origin=origin)
        sound = _sound(reading, result) if new.modality == "video" else None
        moved = self._moved(new, trace)
        notes = self._write(file, path, loaded, new, staged, sound, moved)
        line: dict[str, Any] = {"modality": new.modality, "outcome": "ok", "steps": trace["steps"]}
        if trace.get("note") and new.modality in self.pipeline.modalities:
            line["left"] = trace["note"]
        rates, said = self.pipeline.known[new.modality].rate_fields, [*loaded.origin.notes]
        said += [note for note in (*notes, *kept) if note not in said]  # a copy says, too, that its name is another's
        said += scale_note(getattr(loaded.sample, "data", None))
        line |= {"in": facts(loaded.sample, rates), "out": facts(new, rates), "notes": said}
        if sound is not None and not moved:
            before, after = facts(sound.before), facts(sound.after)
            line["sound"] = {"field": reading.track, "steps": sound.steps, "in": before, "out": after}
        return line

    def _moved(self, new: Sample, trace: Mapping[str, Any]) -> list[str]:
        """Return the steps that may have moved the frames of a film in time while its time line looks the same."""
        alone = self.pipeline.programs.get("video") if new.modality == "video" else None
        return moved_by(trace["steps"], alone.executions) if alone is not None else []

    def _write(
        self,
        file: Item,
        path: Path,
        loaded: Loaded,
        result: Sample,
        staged: Path,
        sound: _Sound | None,
        moved: Sequence[str],
    ) -> tuple[str, ...]:
        """Encode a result; where no step fired, the file itself is the best copy of the sample.

        A sound track to which nothing was done is copied as it is, if the frames keep their times and no step
        ``moved`` them. What moved the pictures alone leaves the sound out.
        """
        if moved and loaded.origin.details.get("audio"):
            note = f"sound track left out: {' and '.join(moved)} moved the pictures alone"
            origin = without_sound(loaded.origin)
            return note, *media.write(result, staged, origin, file.extension, self.pipeline.registry)
        same_sound = sound is None or sound.before is sound.after
        if file.modality not in self.stepped and result is loaded.sample:
            return self.copier.copy(path, staged, file.suffix, f"no steps for {file.modality}")
        stored = loaded.origin.as_stored and path.suffix.lower() == file.extension
        if result is loaded.sample and same_sound and stored:
            if isinstance(data := getattr(loaded.sample, "data", None), LazyPicture):
                data.read()  # nobody has looked yet whether it is whole
            return self.copier.copy(path, staged, file.suffix, "no step fired")
        extension = file.extension
        if sound is not None and result is loaded.sample and stored:
            return write_with_sound(loaded.origin, sound.after, staged, canonical(extension))
        kept = sound is None or (same_sound and keeps_times(result, loaded.origin))
        track = None if sound is None or kept else sound.after
        return media.write(result, staged, loaded.origin, extension, self.pipeline.registry, sound=track)


@dataclass(frozen=True, slots=True)
class _Sound:
    """The sound track of a film before and after, and the steps that changed it."""

    before: Audio
    after: Audio
    steps: list[Any]


def _sound(reading: Reading, result: Result) -> _Sound | None:
    """Return the sound track of a film that is a record, None if it has none."""
    if reading.sound is None:
        return None
    after, trace = field_of(result, reading.track)
    return _Sound(reading.sound, after, trace["steps"])


def field_of(result: Result, field: str | None) -> tuple[Any, dict[str, Any]]:
    """Return the sample and the trace of one field, or of the sample itself."""
    samples, traces = result
    return (samples, traces.to_dict()) if field is None else (samples[field], traces[field].to_dict())

"""Which files of a folder are one record: those of one name, as picture and caption, and a film with its sound."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Self

from augreg.data.samples import Sample
from augreg.errors import MediaError
from augreg.jobs.fields import by_schema, extension_of
from augreg.jobs.items import Item
from augreg.jobs.labelled.carried import Carrier, Held
from augreg.jobs.walk import key_of
from augreg.media import Limits, Loaded
from augreg.media.films import load_sound
from augreg.modalities.audio import Audio
from augreg.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Layout:
    """How files make records.

    Args:
        roles: the modalities that take part; files of others are samples by themselves.
        schema: field -> modality, as the pipeline says; without one, a field is called as its modality.

    """

    roles: frozenset[str]
    schema: Mapping[str, str]

    @classmethod
    def of(cls, pipeline: Pipeline) -> Self:
        """Return the layout that a pipeline's joint steps and schema ask for; one without roles if it has none."""
        roles = {role for _, members in pipeline.joint for role in members}
        for execution, _ in pipeline.joint:
            roles |= {*execution.augmenter.declares.joint, *execution.augmenter.declares.joint_optional}
        schema = pipeline.schema or {}
        return cls(frozenset(roles | set(schema.values())), schema)

    def fields(self, modality: str) -> list[str]:
        """Return the fields that a sample of a modality may be."""
        return [field for field, kind in self.schema.items() if kind == modality] or [modality]

    @property
    def sound(self) -> str | None:
        """The field of a film's sound track; None where it is left to the film."""
        return self.fields("audio")[0] if {"video", "audio"} <= self.roles else None

    def join(self, items: Iterable[Item]) -> list[Item]:
        """Return the items, those of one record as one: the files of one folder and name, whatever their suffix.

        Where the schema has several fields of a modality, the name ends in the field: ``7.left.png``, ``7.right.png``.
        """
        groups: dict[str, list[Item]] = {}
        for item in items:
            record, field = self._place(item)
            # A file that takes no part stands alone, under its full path, which no record has.
            groups.setdefault(record or f"/{item.path}", []).append(replace(item, field=field))
        return [self._joined(name, group) for name, group in groups.items()]

    def _joined(self, name: str, group: Sequence[Item]) -> Item:
        if group[0].record is not None and self.schema:
            taken, left = by_schema(self.schema, group)
            # What the schema does not speak of goes beside the record; a record without any field goes through whole.
            if not taken:
                return record_of(name, [replace(file, field=extension_of(file), copied=True) for file in left])
            return record_of(name, taken, left)
        return record_of(name, group) if group[0].field is not None else group[0]

    def _place(self, item: Item) -> tuple[str, str | None]:
        """Return the record and the field of a file; "" and None if it takes no part in records."""
        if item.record is not None:
            # Two slashes: no path of a file begins so. A sample by itself is a record only where the pipeline has some.
            field = extension_of(item) if item.field is None and item.modality in self.roles else item.field
            return f"//{item.record}", field
        if item.modality not in self.roles:
            return "", None
        stem, fields = str(PurePosixPath(item.path).with_suffix("")), self.fields(item.modality)
        named = next((f for f in fields if PurePosixPath(stem).name.endswith(f".{f}")), None)
        if named is not None:
            return stem[: -len(named) - 1], named
        return stem, fields[0] if len(fields) == 1 else ""


def record_of(name: str, files: Sequence[Item], beside: Sequence[Item] = ()) -> Item:
    """Return one item for the files of a record; those ``beside`` it are attached."""
    first, *others = files
    name = first.record or name
    key = key_of(name) if others or first.record is not None else first.key
    carried = {column: value for file in (*files, *beside) for column, value in file.carried.items()}
    attached = {extension: held for file in (*files, *beside) for extension, held in file.attached.items()}
    attached |= {extension_of(file): {"where": file.where, "bytes": file.size} for file in beside}
    whole = replace(
        first,
        others=tuple(others),
        key=key,
        copied=all(file.copied for file in files),
        carried=carried,
        attached=attached,
    )
    return replace(whole, fault=next((f.fault for f in files if f.fault), None) or _clash(name, files))


def _clash(name: str, files: Sequence[Item]) -> MediaError | None:
    """Return the fault of files that do not say which field each of them is."""
    by_field: dict[str | None, Item] = {}
    for item in files:
        if item.field == "":
            reason = f"the schema has several fields for {item.modality}. End its name in one of them: NAME.FIELD.png."
            return MediaError(item.path, reason, "E_RECORD")
        if item.field in by_field:
            both = f"{by_field[item.field].path} and {item.path}"
            reason = f"{both} are both the {item.field!r} of record {name!r}. Rename one."
            return MediaError(item.path, reason, "E_RECORD")
        by_field[item.field] = item
    return None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of one input.

    Args:
        files: what each of its files holds, in their order.
        sound: of a film that is a record, the sound track.
        track: the field of the sound.
        columns: of a list or table, the columns that go through the pipeline with the input.
        held: the labels of each file, in their order; () where none has any.
        carrier: what knows how they move.

    """

    files: tuple[Loaded, ...]
    sound: Audio | None = None
    track: str = ""
    columns: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    held: tuple[Held | None, ...] = ()
    carrier: Carrier | None = None

    @classmethod
    def of(cls, item: Item, files: Sequence[Loaded], layout: Layout, limits: Limits) -> Self:
        """Add the sound track, where it is a field and no file of the record is it."""
        track = layout.sound
        if track is None or item.field is None or any(file.field == track for file in item.files):
            return cls(tuple(files))
        sounds = [sound for loaded in files if (sound := load_sound(loaded, limits)) is not None]
        return cls(tuple(files), sounds[0], track) if sounds else cls(tuple(files))

    def value(self, item: Item, layout: Layout) -> Sample | dict[str, Any]:
        """Return what goes through the pipeline: the sample, or a record."""
        value = self._value(item, layout)
        return value if self.carrier is None else self.carrier.record(item, value, self.held, self.columns)

    def _value(self, item: Item, layout: Layout) -> Sample | dict[str, Any]:
        if item.field is None:
            return self.files[0].sample
        found: dict[str, Any] = dict.fromkeys(layout.schema)
        found |= {str(f.field): loaded.sample for f, loaded in zip(item.files, self.files, strict=True)}
        return found if self.sound is None else {**found, self.track: self.sound}

    def samples(self, item: Item) -> list[tuple[Item, Sample]]:
        """Return its samples, each with the file that holds it."""
        found = [(file, loaded.sample) for file, loaded in zip(item.files, self.files, strict=True)]
        return found if self.sound is None else [*found, (item, self.sound)]

"""Which field of the schema each file of a record is, where the source made the record: members of a tar, cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from augreg.errors import MediaError, listing
from augreg.jobs.items import Item


def by_schema(schema: Mapping[str, str], files: Sequence[Item]) -> tuple[list[Item], list[Item]]:
    """Return the files that are fields of the schema, each with its field, and those that it does not speak of.

    A file is the field of its own name ("left.png" in a tar, or a column), else the one that its name begins with
    ("left" for "left.png"), else the only one of its modality that is left. Two files for one field get a fault.
    """
    names: dict[int, str] = {}
    for spelled in (extension_of, lambda file: extension_of(file).rpartition(".")[0]):
        for i, file in enumerate(files):
            if i not in names and (name := spelled(file)) in schema and name not in names.values():
                names[i] = name
    fault = None
    for modality in dict.fromkeys(schema.values()):
        free = [field for field, kind in schema.items() if kind == modality and field not in names.values()]
        rest = [i for i, file in enumerate(files) if i not in names and file.modality == modality]
        if len(free) == len(rest) == 1:
            names[rest[0]] = free[0]
        elif free and rest:
            fault = _unclear([files[i] for i in rest], free, modality)
            names |= dict.fromkeys(rest, free[0])
    taken = [replace(files[i], field=names[i], fault=files[i].fault or fault) for i in sorted(names)]
    return taken, [file for i, file in enumerate(files) if i not in names]


def extension_of(file: Item) -> str:
    """Return what a file of a record is called within it: its column, or "left.png" for "7.left.png"."""
    return file.field or PurePosixPath(file.path).name.partition(".")[2].lower()


def _unclear(files: Sequence[Item], free: Sequence[str], modality: str) -> MediaError:
    names = " and ".join(extension_of(file) for file in files)
    reason = (
        f"which of {names} is the {modality} of the schema ({listing(free)}) is not clear. Name the field there "
        f"as it is named here, or the file as the field: NAME.{free[0]}.{extension_of(files[0]).rpartition('.')[2]}."
    )
    return MediaError(files[0].path, reason, "E_RECORD")

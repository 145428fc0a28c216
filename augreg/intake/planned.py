"""What belongs to the samples of one record, and how it is read: by the schema, a known layout, types and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.intake.container import Unit
from augreg.intake.slots import Slot, find_slot
from augreg.modalities.base import Modality
from augreg.modalities.roles import LABEL, Role, RoleWord, columns_of, words_of
from augreg.modalities.target_kinds import Read, TargetKind


@dataclass(frozen=True, slots=True)
class Planned:
    """One field that belongs to a sample, or to the rows of another field, and moves or follows."""

    slot: Slot
    role: Role
    word: RoleWord
    unit: Unit
    read: Read | None = None


def by_schema(
    roles: Mapping[str, Role],
    owners: Mapping[str, tuple[str, RoleWord]],
    fields: Mapping[str, Any],
    units: Sequence[Unit],
) -> Iterator[Planned]:
    """Yield what roles say of the fields of a record; fields that a record lacks are left out.

    Raises:
        SampleError: a field belongs to one that holds several samples.

    """
    for path, role in roles.items():
        owner, word = owners[path]
        slot = find_slot(fields, path)
        mine = [unit for unit in units if owner in (unit.field, unit.outer)]
        if not mine:
            continue  # the record has no such sample
        if len(mine) > 1:
            raise SampleError(
                f"record {mine[0].entry}: {path!r} belongs to {owner!r}, which holds {len(mine)} samples; "
                "to which of them is not said. Give each a field of its own."
            )
        if slot.present:
            yield Planned(slot, role, word, mine[0])


def by_name(
    table: Planned, fields: Mapping[str, Any], taken: Iterable[str], n: int, along: Sequence[str], must: Sequence[str]
) -> list[Planned]:
    """Return the columns that stand beside rows and are called as such usually are, or stand in one table with them.

    Raises:
        SampleError: one of a name that ``must`` be a column has another number of entries.

    """
    slot, found = table.slot, []
    words = [w for w in words_of(table.unit.modality) if w.per and w.per == table.word.rows]
    columns = {w.word: w for w in (*columns_of(table.word.rows), *words)}
    of = slot.path
    if slot.spread:
        prefix = ".".join(map(str, slot.place))
        names = dict.fromkeys(name for element in slot.value for name in element)
        for name in names:
            path = f"{prefix}.{name}"
            if name in columns and name != LABEL and path not in taken and len(slot.inner) == 1:
                found.append(Planned(find_slot(fields, path), Role(name, of), columns[name], table.unit))
        return found
    outer = slot.path.rpartition(".")[0]
    holder = find_slot(fields, outer).value if outer and slot.path not in fields else fields
    nested = holder is not fields
    for name, value in holder.items():
        path = f"{outer}.{name}" if nested else str(name)
        if path in taken or path == slot.path or not per_row(value, n):
            if name in must and path not in taken and sized(value):
                raise _uneven(path, len(value), slot.path, n, table.unit.entry)
            continue
        if nested or name in along:
            word = columns[name] if name in columns and _suits(name, value) else columns[f"per {table.word.rows}"]
            found.append(Planned(find_slot(fields, path), Role(word.word, of), word, table.unit))
    return found


def _uneven(path: str, held: int, of: str, n: int, entry: int) -> SampleError:
    return SampleError(
        f"record {entry}: {path!r} holds {held} entries for the {n} rows of {of!r}, and would stay as it is where rows "
        f"are dropped. Give one each; if it has nothing to do with them, say so: schema={{..., 'extra': [{path!r}]}}."
    )


def _suits(name: str, value: Any) -> bool:
    """Whether a column that is called like a role may be it: "keypoints" of objects are points of each."""
    if name == "area" and not all(np.ndim(entry) == 0 and not isinstance(entry, str) for entry in value):
        return False
    return not isinstance(value, (torch.Tensor, np.ndarray)) or name in ("area", LABEL) or value.ndim > 1


def per_row(column: Any, n: int) -> bool:
    """Whether a value has one entry for each of n rows."""
    return sized(column) and len(column) == n


def sized(column: Any) -> bool:
    """Whether a value has entries."""
    array = isinstance(column, (torch.Tensor, np.ndarray))
    return column.ndim > 0 if array else isinstance(column, (list, tuple))


def word_of(modality: Modality, kind: TargetKind) -> RoleWord:
    """Return the word of a target that belongs to the sample itself."""
    return next(word for word in words_of(modality) if word.target == kind.name and not word.per)

"""The columns of tables that a job writes: one schema for all its files, decided from the plan."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Self

from augreg.errors import ConfigError
from augreg.jobs.items import Item
from augreg.jobs.sources import Tabular
from augreg.jobs.tables.columns import TEXT
from augreg.jobs.tables.features import (
    FEATURES,
    MODALITIES,
    cell_type,
    feature_of,
    features_of,
    is_text,
    kind_of,
    with_features,
)
from augreg.jobs.tables.late import pa

OWN: Final = ("key", "source", "copy")
"""Columns that say of each row which input it was made of: its key, its names, the number of the copy."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What all files of a table have in common.

    Args:
        schema: the Arrow schema, with the features in its metadata.
        samples: column -> modality.
        others: columns that are carried from the input.
        attached: columns of bytes, one for each kind of file that is attached to records.
        own: the names of the columns :data:`OWN`.
        split: the split that the rows are of.
        shards: how many files there are.
        digest: hash of the plan.

    """

    schema: Any
    samples: Mapping[str, str]
    others: tuple[str, ...]
    own: tuple[str, ...]
    split: str
    shards: int
    digest: str
    attached: tuple[str, ...] = ()

    @property
    def features(self) -> dict[str, Any]:
        """Column -> feature, of the columns of which it is known."""
        return features_of(self.schema)

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        said = {name: getattr(self, name) for name in self.__slots__ if name != "schema"}
        said |= {name: list(said[name]) for name in ("others", "own", "attached")}
        return {**said, "schema": base64.b64encode(self.schema.serialize().to_pybytes()).decode("ascii")}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_json` wrote."""
        schema = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(data["schema"])))
        return cls(**{**data, "schema": schema, **{n: tuple(data[n]) for n in ("others", "own", "attached")}})


def of_table(source: Tabular, prefix: str, shards: int, digest: str) -> Layout:
    """Return the layout for rows of tables: their own columns, of their own types."""
    said = features_of(source.schema)
    fields, features = [], {}
    for field in source.schema:
        modality = source.samples.get(field.name)
        if modality is not None:
            kind, features[field.name] = _sample(modality, field.type, said.get(field.name))
            fields.append(pa.field(field.name, kind))
        else:
            fields.append(field)
            features[field.name] = said.get(field.name, feature_of(field.type))
    others = tuple(name for name in source.schema.names if name not in source.samples)
    return _whole(fields, features, source.samples, others, prefix, source.part, shards, digest)


def of_items(items: Iterable[Item], prefix: str, shards: int, digest: str) -> Layout:
    """Return the layout for what is no table: one column for each field, or each modality where nothing is a record.

    Files that are attached to records become columns of their bytes. What records carry becomes columns of whole
    numbers, numbers, truth values or strings where all rows have such values, else of JSON text.
    """
    samples: dict[str, str] = {}
    carried: dict[str, set[str]] = {}
    attached: dict[str, None] = {}
    for item in items:
        attached |= dict.fromkeys(item.attached)
        for file in item.files:
            name = file.field or file.modality
            if samples.setdefault(name, file.modality) != file.modality:
                raise ConfigError(
                    f"column {name!r} would hold {samples[name]} and {file.modality} ({file.path}). Name the fields in "
                    "the pipeline's schema, or run a job for each."
                )
        for name, value in item.carried.items():
            carried.setdefault(name, set()).add(type(value).__name__)
    fields, features = [], {}
    for name, modality in samples.items():
        kind, features[name] = _sample(modality, pa.string(), None)
        fields.append(pa.field(name, kind))
    twice = [name for name in (*carried, *attached) if name in samples or (name in carried and name in attached)]
    if twice:
        raise ConfigError(f"records carry {twice[0]!r}, which is also the name of another column. Rename it.")
    for name in attached:
        fields.append(pa.field(name, pa.binary()))
        features[name] = feature_of(pa.binary())
    for name, kinds in carried.items():
        fields.append(pa.field(name, _carried(kinds - {"NoneType"})))
        features[name] = feature_of(fields[-1].type)
    whole = _whole(fields, features, samples, tuple(carried), prefix, "train", shards, digest)
    return replace(whole, attached=tuple(attached))


def _carried(kinds: set[str]) -> Any:
    if kinds == {"bool"}:
        return pa.bool_()
    if kinds == {"int"}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {"int", "float"} else pa.string()


def _sample(modality: str, kind: Any, feature: Any) -> tuple[Any, Any]:
    """Return the type and the feature of a column of samples."""
    if modality == TEXT:
        kept = kind if is_text(kind) else pa.string()
        return kept, feature if is_text(kind) and feature else feature_of(kept)
    if MODALITIES.get(kind_of(feature) or "") == modality:
        return cell_type(), feature
    name = FEATURES.get(modality)
    return cell_type(), {"_type": name} if name else feature_of(cell_type())


def _whole(
    fields: list[Any],
    features: dict[str, Any],
    samples: Mapping[str, str],
    others: tuple[str, ...],
    prefix: str,
    split: str,
    shards: int,
    digest: str,
) -> Layout:
    own = tuple(f"{prefix}{name}" for name in OWN)
    names = [field.name for field in fields]
    for name in own:
        if name in names:
            raise ConfigError(
                f"the input has a column {name!r}, and so has every table that a job writes. Give the job's own "
                "columns other names: --column-prefix augreg_"
            )
    kinds = (pa.string(), pa.string(), pa.int64())
    fields = [*fields, *(pa.field(name, kind) for name, kind in zip(own, kinds, strict=True))]
    features = features | {name: feature_of(kind) for name, kind in zip(own, kinds, strict=True)}
    schema = with_features(pa.schema(fields), {name: f for name, f in features.items() if f is not None})
    return Layout(schema, dict(samples), others, own, split, shards, digest)


def as_cells(values: Iterable[Any], kind: Any) -> Any:
    """Return what records carry as a column; JSON text where the column is one of text and the value is none."""
    plain = (v if v is None or isinstance(v, str) or not is_text(kind) else json.dumps(v) for v in values)
    return pa.array(list(plain), kind)

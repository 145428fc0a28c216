"""Hugging Face features, as they stand in the metadata of a table's schema, and the Arrow types of cells with files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from augreg.errors import ConfigError
from augreg.jobs.tables.late import pa

META: Final = b"huggingface"

MODALITIES: Final = {"Image": "image", "Audio": "audio", "Video": "video"}
"""Type of a feature -> what its cells hold."""

FEATURES: Final = {modality: name for name, modality in MODALITIES.items()}

PICKLED: Final = ("arrow.py_extension_type", "ray.data.arrow_pickled_object")
"""Extension types whose cells are pickled Python objects: whoever reads them runs what they say."""


def features_of(schema: Any) -> dict[str, Any]:
    """Return column -> feature; empty where the metadata has none, or none that can be understood."""
    try:
        found = json.loads((schema.metadata or {}).get(META, b"{}"))["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: found[name] for name in schema.names if name in found}


def with_features(schema: Any, features: Mapping[str, Any]) -> Any:
    """Return a schema whose metadata says these features, and nothing else.

    Of columns that are not named `datasets` works out the feature by their type.
    """
    said = json.dumps({"info": {"features": {name: features[name] for name in schema.names if name in features}}})
    return schema.with_metadata({META: said.encode()})


def kind_of(feature: Any) -> str | None:
    """Return the type that a feature says, such as "Image", "Value" or "ClassLabel"."""
    return feature.get("_type") if isinstance(feature, dict) else None


def cell_type() -> Any:
    """Return the Arrow type of cells that hold files."""
    return pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def is_cell(kind: Any) -> bool:
    """Whether cells of an Arrow type hold files: a struct of ``bytes`` and ``path``."""
    if not pa.types.is_struct(kind) or {field.name for field in kind} != {"bytes", "path"}:
        return False
    return is_bytes(kind.field("bytes").type) and is_text(kind.field("path").type)


def is_bytes(kind: Any) -> bool:
    """Whether cells are bytes."""
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def is_text(kind: Any) -> bool:
    """Whether cells are strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def feature_of(kind: Any) -> Any:
    """Return the feature of a plain Arrow type; None for types whose features only `datasets` can tell."""
    if pa.types.is_struct(kind):
        inner = {field.name: feature_of(field.type) for field in kind}
        return None if None in inner.values() else inner
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        inner = feature_of(kind.value_type)
        name = "LargeList" if pa.types.is_large_list(kind) else "List"
        return None if inner is None else {"feature": inner, "_type": name}
    plain = {"float": "float32", "double": "float64", "halffloat": "float16", "date32[day]": "date32"}
    simple = ("int", "uint", "bool", "string", "large_string", "binary", "large_binary", "timestamp", "null")
    name = plain.get(str(kind), str(kind))
    known = name in plain.values() or name.startswith(simple)
    return {"dtype": name, "_type": "Value"} if known else None


def refuse_pickled(schema: Any, where: str) -> None:
    """Refuse tables with pickled cells.

    Raises:
        ConfigError: a column holds them.

    """
    for field in schema:
        said = (field.metadata or {}).get(b"ARROW:extension:name", b"").decode("utf-8", "replace")
        name = getattr(field.type, "extension_name", said)
        if name in PICKLED:
            raise ConfigError(
                f"column {field.name!r} of {where} holds pickled Python objects ({name}), which run as code when they "
                "are read. Write the table without it."
            )


def names_within(kind: Any, deep: int = 3) -> Iterator[str]:
    """Yield the names of the fields within a nested type."""
    while pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        kind = kind.value_type
    if deep and pa.types.is_struct(kind):
        for field in kind:
            yield field.name
            yield from names_within(field.type, deep - 1)

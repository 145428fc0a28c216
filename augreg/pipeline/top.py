"""What stands at the top of a pipeline: branches, the version, the schema and the fields; wrong ones are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.pipeline.parse import GROUPS

VERSION: Final = 1
"""The version of pipeline files that this augreg reads and writes."""


def no_branch(name: Any, valid: Sequence[str]) -> ConfigError:
    """Return the error for what stands where modalities stand."""
    if isinstance(name, str) and ("." in name or name in GROUPS):
        return ConfigError(
            f"{name!r} stands where a modality belongs. If it is a step, put it in a list: [{{{name!r}: ...}}]."
        )
    return ConfigError(f"a pipeline has no modality {name!r}.{nearest(str(name), valid)} Valid: {listing(valid)}.")


def headed(steps: Mapping[str, Any], schema: Any) -> tuple[dict[str, Any], Any]:
    """Return the steps and the schema of a mapping that may begin as pipeline files do: with version and schema."""
    rest = dict(steps)
    version = rest.pop("version", VERSION)
    if version is True or version != VERSION:
        raise ConfigError(f"pipeline version {version!r} is unknown; this augreg reads version {VERSION}.")
    written = rest.pop("schema", None)
    if written is not None and schema is not None:
        raise ConfigError("the pipeline says its schema twice, among the steps and as schema=. Keep one of them.")
    return rest, written if schema is None else schema


def fields_given(fields: Any, schema: Mapping[str, str] | None) -> Mapping[str, Any]:
    """Return field -> its steps, of fields that the schema knows."""
    if fields is None:
        return {}
    if not isinstance(fields, Mapping):
        raise ConfigError(f"fields={fields!r} is not valid: expected field: [steps].")
    for field in fields:
        if field not in (schema or {}):
            raise ConfigError(
                f"fields: the schema does not say what {field!r} is.{nearest(str(field), schema or {})} "
                f"Add it, e.g. schema: {{{field}: text}}."
            )
    return fields

"""Queries over everything that is registered: the operations of a policy by what they declare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any, Final

from augreg import param
from augreg.contract.meanings import check_meanings
from augreg.errors import AugregError, ConfigError, ContractError, listing, nearest
from augreg.registry import Registry
from augreg.registry.operations import Operation
from augreg.registry.spec import AugmenterSpec

KEYS: Final = {
    "set": "a set to choose from; else all that is registered for the modality and has a strength",
    "names": "parts of names, any of them",
    "tags": "tags, any of them",
    "without": "meanings that they may not alter, such as chirality",
    "targets": "targets that they must take along or leave true, such as boxes",
    "devices": "devices on which they must have a kernel, such as cuda",
    "plugins": "distributions, any of them",
    "licenses": "parts of the licenses of their distributions, any of them, such as MIT",
    "keeps_shape": "true: only those that keep the shape",
}
"""The conditions of a query; all of them must hold."""

FOUND: Final = "found"
"""Where files keep what a query found when the pipeline was built."""


def answer(
    query: Mapping[str, Any], name: str, modality: str, registry: Registry
) -> tuple[tuple[Operation, ...], dict[str, Any]]:
    """Return what a query finds, and the query with its answer as files keep it.

    Raises:
        ConfigError: an unknown condition; nothing is found; or the query holds an answer and finds something else.

    """
    _check(query, name)
    base = query.get("set")
    if base is None:
        specs = registry.augmenters(modality)
        found = [Operation(name=spec.name) for spec in specs if not spec.deprecated and _fits(spec, query, registry)]
    else:
        chosen = registry.operation_set(base).operations
        found = [o for o in chosen if _fits(registry.resolve(o.name), query, registry, own=o.level == "own")]
    names = [operation.name for operation in found]
    if not found:
        raise ConfigError(f"{name}: the query {dict(query)!r} finds no operation for {modality}. Ask for less.")
    before = query.get(FOUND)
    if before is not None and list(before) != names:
        gone, new = [n for n in before if n not in names], [n for n in names if n not in before]
        told = "; ".join(f"{what}: {listing(which)}" for what, which in (("missing", gone), ("new", new)) if which)
        raise ConfigError(
            f"{name}: its query found other operations when this pipeline was written ({told or 'another order'}). "
            "Install what was installed then, or take found out of the file to draw from what is there now."
        )
    return tuple(found), {**{k: v for k, v in query.items() if k != FOUND}, FOUND: names}


def _check(query: Mapping[str, Any], name: str) -> None:
    for key, value in query.items():
        if key not in KEYS and key != FOUND:
            raise ConfigError(
                f"{name}: a query has no condition {key!r}.{nearest(str(key), KEYS)} Conditions: {listing(KEYS)}. To "
                "give an operation parameters, put it in a list."
            )
        if key == "keeps_shape" and value is not True:
            raise ConfigError(f"{name}: keeps_shape={value!r} asks nothing; write true, or leave it out.")
        words = [value] if isinstance(value, str) else value
        listed = isinstance(words, Sequence) and all(isinstance(word, str) for word in words)
        if key not in ("keeps_shape", "set") and not listed:
            raise ConfigError(f"{name}: {key}={value!r} is no list of words.")
        if key == "without":
            try:
                check_meanings(f"{name}: without", words)
            except ContractError as error:
                raise ConfigError(str(error)) from None
        if key == "set" and not isinstance(value, str):
            raise ConfigError(f"{name}: set={value!r} is no name of a set, such as 'image/1'.")


def _words(query: Mapping[str, Any], key: str) -> list[str]:
    value = query.get(key, ())
    return [value] if isinstance(value, str) else list(value)


def _fits(spec: AugmenterSpec, query: Mapping[str, Any], registry: Registry, *, own: bool = False) -> bool:
    """Whether an augmenter meets all conditions; what cannot be imported or needs arguments meets none."""
    some = {
        "names": lambda word: word in spec.name,
        "tags": lambda word: word in spec.tags,
        "plugins": lambda word: word == spec.plugin,
        "licenses": lambda word: word.lower() in _license(spec.plugin).lower(),
    }
    for key, holds in some.items():
        words = _words(query, key)
        if words and not any(map(holds, words)):
            return False
    try:
        cls: Any = registry.load(spec.id)
    except AugregError:
        return False
    declares = cls.declares
    drawable = own or (declares.level is not None and declares.labels == "keeps")
    free = all(not parameter.required for parameter in param.describe(cls))
    return (
        drawable
        and (own or free)
        and not declares.joint
        and not declares.joint_optional
        and declares.alters.isdisjoint(_words(query, "without"))
        and all(declares.supports(target) for target in _words(query, "targets"))
        and set(declares.devices).issuperset(_words(query, "devices"))
        and (declares.keeps_shape or not query.get("keeps_shape"))
    )


def _license(plugin: str) -> str:
    """Return what a distribution says of its license."""
    try:
        found = metadata(plugin)
    except PackageNotFoundError:
        return ""
    said = [line for key in ("License-Expression", "License") for line in found.get_all(key) or ()]
    return " ".join([*said, *(c for c in found.get_all("Classifier") or () if c.startswith("License ::"))])

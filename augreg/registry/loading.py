"""Imports what a spec names, and checks that it is an augmenter."""

from __future__ import annotations

import importlib
import inspect
from dataclasses import is_dataclass
from typing import Any, Final

from augreg.errors import ContractError, PluginLoadError, listing
from augreg.registry.spec import AugmenterSpec

METHODS: Final = ("draw", "apply")
"""The methods that make a class an augmenter."""


def load_target(target: str, what: str, plugin: str) -> Any:
    """Import "module:object" for *what* (a name that the user knows) of *plugin* (distribution and version).

    Raises PluginLoadError, chained to the cause.
    """
    module, _, path = target.partition(":")
    try:
        found = importlib.import_module(module)
        for attribute in path.split("."):
            found = getattr(found, attribute)
    except Exception as error:
        raise PluginLoadError(f"{plugin} cannot load {what}: {error}.{_advice(error, module, plugin)}") from error
    return found


def _advice(error: Exception, module: str, plugin: str) -> str:
    """Return what to do about an import that failed: a new version, unless the plugin lacks a module of its own."""
    if not isinstance(error, ImportError):
        return ""
    package = module.partition(".")[0]
    if error.name is not None and error.name.partition(".")[0] == package:
        return f" It names a module that it does not have; if it is yours, add it or mend the target {module!r}."
    return f" Run: pip install --upgrade {plugin.split()[0]}"


def load_class(spec: AugmenterSpec) -> type[Any]:
    """Import the class of *spec*. Raises PluginLoadError, or ContractError when it is not an augmenter."""
    found = load_target(spec.target, spec.name, f"{spec.plugin} {spec.version}".strip())
    return check_class(spec, found)


def check_class(spec: AugmenterSpec, found: object) -> type[Any]:
    """Return *found* if it is a class with the members of an augmenter, else raise ContractError."""
    who = f"{spec.id} ({spec.target})"
    if not inspect.isclass(found):
        raise ContractError(f"{who} is a {type(found).__name__}, not a class. Name a class as the target.")
    if not is_dataclass(found):
        raise ContractError(f"{who} is not a dataclass. Write @dataclass(frozen=True, kw_only=True) above it.")
    for method in METHODS:
        if not callable(getattr(found, method, None)):
            raise ContractError(f"{who} has no method {method!r}. Define it, or derive from augreg.AugmenterBase.")
    if not hasattr(found, "declares"):
        raise ContractError(f"{who} declares nothing. Set declares = augreg.Declaration(...) on the class.")
    takes = getattr(found, "takes_modalities", spec.modalities)
    if takes != spec.modalities:
        raise ContractError(
            f"{who} is offered for {listing(spec.modalities)}, and was made for {listing(takes)}. "
            f"Write modalities={takes!r} where it is offered."
        )
    return found

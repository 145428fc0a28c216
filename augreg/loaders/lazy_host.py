"""Modules such as `augreg.keras`: their names are imported, with the library they need, when they are first used."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from augreg.errors import ConfigError, nearest


def attach(
    module: str, needs: Mapping[str, str], names: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of such a module.

    Args:
        module: its public name, "augreg.keras".
        needs: packages to import, any of which will do -> what pip calls it.
        names: public name -> where it stands in `augreg.loaders`, "file:name".

    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}.{nearest(name, names)}")
        if not any(find_spec(package) for package in needs):
            package = next(iter(needs.values()))
            raise ConfigError(f"{module} needs {package}. Install it: pip install {package}.")
        file, _, own = names[name].partition(":")
        return getattr(importlib.import_module(f"augreg.loaders.{file}"), own)

    return find, lambda: sorted(names)

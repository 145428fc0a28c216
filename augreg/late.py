"""Functions of higher folders that lower ones offer under names of their own: `pipe(samples)`, `Video.open(path)`.

Imports point down only. So a lower folder asks here by name, and `augreg/__init__.py`, which stands above all folders,
says what the names stand for. Nothing is imported before the first call.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

_targets: Final[dict[str, str]] = {}


def register(name: str, target: str) -> None:
    """Let *name* stand for *target*, "module:function"."""
    _targets[name] = target


def call(name: str, *arguments: Any, **options: Any) -> Any:
    """Import what *name* stands for, and call it."""
    module, _, function = _targets[name].partition(":")
    return getattr(importlib.import_module(module), function)(*arguments, **options)

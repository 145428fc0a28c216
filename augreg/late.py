"""What lower folders want of higher ones: `pipe(samples)`, `Video.open(path)`, the modalities and formats of our own.

Imports point down only. So a lower folder asks here by name, and `augreg/__init__.py`, which stands above all folders,
says what the names stand for. Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
from typing import Any, Final

_targets: Final[dict[str, str]] = {}
_found: Final[dict[str, Any]] = {}

plugins: Final[list[str]] = []
"""Modules of augreg itself with hooks such as plugins have; every registry holds what they offer."""


def register(name: str, target: str) -> None:
    """Let *name* stand for *target*, "module:function"."""
    _targets[name] = target


def _loaded(target: str) -> Any:
    # Kept by hand: torch.compile warns of functions under functools.cache.
    if target not in _found:
        module, _, function = target.partition(":")
        _found[target] = getattr(importlib.import_module(module), function)
    return _found[target]


def call(name: str, *arguments: Any, **options: Any) -> Any:
    """Import what *name* stands for, and call it."""
    return _loaded(_targets[name])(*arguments, **options)

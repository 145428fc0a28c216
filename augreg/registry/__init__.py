"""What is installed: plugins found through entry points, and the names that they offer.

Light: the standard library and pluggy. What a plugin names is imported when it is first used.
"""

from __future__ import annotations

from augreg.registry.discovery import available
from augreg.registry.process import default, list_augmenters, load, make, register, resolve, unregister
from augreg.registry.registry import Registry
from augreg.registry.summaries import summary_of

__all__ = [
    "Registry",
    "available",
    "default",
    "list_augmenters",
    "load",
    "make",
    "register",
    "resolve",
    "summary_of",
    "unregister",
]

"""`augreg.tensorflow`: for `tf.data`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.loaders import lazy_host

if TYPE_CHECKING:
    from augreg.loaders.tensorflow_map import mapped as map

__all__ = ["map"]

__getattr__, __dir__ = lazy_host.attach(
    "augreg.tensorflow", {"tensorflow": "tensorflow"}, {"map": "tensorflow_map:mapped"}
)

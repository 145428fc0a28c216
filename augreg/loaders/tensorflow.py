"""`augreg.tensorflow`: for `tf.data`."""

from __future__ import annotations

from augreg.loaders import lazy_host

WHERE = {
    "map": "tensorflow_map:mapped",
}

__getattr__, __dir__ = lazy_host.attach("augreg.tensorflow", {"tensorflow": "tensorflow"}, WHERE)

"""Helpers for who writes augmenters and modalities: rows and stacks, threads, noise, labels, operators, messages.

`augreg` itself has what every plugin needs (`AugmenterBase`, `Declaration`, `Params`, ...), `augreg.param` declares
parameters; here is what kernels are made of.
"""

from __future__ import annotations

from augreg.compute.devices import resolve_device
from augreg.compute.memory import empty, loader_memory
from augreg.compute.threads import for_each, thread_count
from augreg.contract.augmenter import fuses
from augreg.contract.meanings import MEANINGS
from augreg.contract.operator import Choosing, Comparing, Gathering
from augreg.contract.stages import DrawnStage, Route, append_stages, gather_targets, routes
from augreg.data.batch import Row, pad, shapes_of
from augreg.data.box_corners import corners, from_corners
from augreg.data.class_labels import class_weights, mix_labels
from augreg.data.lazy import LazyPicture, LazyRow, Shrunk, Window, in_memory
from augreg.data.params import Column
from augreg.data.targets import BoxFormat, take_along
from augreg.errors import listing, nearest
from augreg.modalities.base import as_tensor, restore_like
from augreg.modalities.batches import make_batch
from augreg.modalities.values import check_values
from augreg.param.files import check_file, read_file
from augreg.random import exact, noise
from augreg.random.keys import hash_keys, stream_key

__all__ = [
    "MEANINGS",
    "BoxFormat",
    "Choosing",
    "Column",
    "Comparing",
    "DrawnStage",
    "Gathering",
    "LazyPicture",
    "LazyRow",
    "Route",
    "Row",
    "Shrunk",
    "Window",
    "append_stages",
    "as_tensor",
    "check_file",
    "check_values",
    "class_weights",
    "corners",
    "empty",
    "exact",
    "for_each",
    "from_corners",
    "fuses",
    "gather_targets",
    "hash_keys",
    "in_memory",
    "listing",
    "loader_memory",
    "make_batch",
    "mix_labels",
    "nearest",
    "noise",
    "pad",
    "read_file",
    "resolve_device",
    "restore_like",
    "routes",
    "shapes_of",
    "stream_key",
    "take_along",
    "thread_count",
]

"""The names that other libraries offer."""

from __future__ import annotations

import inspect
import os
import warnings
from importlib import import_module

MODULES = {
    "albumentations": ("albumentations",),
    "audiomentations": ("audiomentations",),
    "nlpaug": tuple(f"nlpaug.augmenter.{kind}" for kind in ("char", "word", "sentence", "audio", "spectrogram")),
    "torchaudio": ("torchaudio.transforms", "torchaudio.functional"),
    "torchvision": ("torchvision.transforms.v2",),
}


BASES = {"BasicTransform", "DualTransform", "ImageOnlyTransform", "Transform3D", "CubicSymmetry", "Transform"}
"""Of albumentations and torchvision: classes to derive from, and a symmetry of volumes."""


def names_of(library: str) -> set[str]:
    """Return the public classes (of torchaudio functions, too) of a library; of albumentations those for pictures."""
    os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # it asks the network for its newest version otherwise
    found: set[str] = set()
    for name in MODULES[library]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nlpaug's source has escapes that Python warns of
            module = import_module(name)
        kinds = inspect.isroutine if name.endswith("functional") else inspect.isclass
        found |= {key for key, value in vars(module).items() if kinds(value) and not key.startswith("_")}
        if library == "albumentations":
            found = {key for key in found if issubclass(getattr(module, key), module.BasicTransform)}
        if library == "torchvision":
            found = {key for key in found if hasattr(getattr(module, key), "forward")}
    return {name for name in found if not name.endswith("3D")} - BASES

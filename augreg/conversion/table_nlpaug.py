"""nlpaug: its augmenters run through augreg-nlpaug, whose parameters are theirs."""

from __future__ import annotations

from typing import Any

from augreg import param
from augreg.conversion.tree import Transform
from augreg.registry import Registry
from augreg.registry.spec import AugmenterSpec

DEVIATING = {"stopwords": (), "target_words": ("_",)}
"""Where nlpaug keeps None for these."""


def adapter(transform: Transform, known: Registry) -> AugmenterSpec | None:
    """Return the augmenter of augreg-nlpaug that runs a class of nlpaug."""
    spectral = ".spectrogram" in transform.params["module"]
    for spec in known.augmenters():
        fits = spec.namespace == "nlpaug" and f"nlpaug.{transform.name}" in spec.aliases
        if fits and ("spectrogram" in spec.modalities) == spectral:
            return spec
    return None


def params_of(transform: Transform, cls: type) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the parameters that the object holds, and which of ours cannot be read off it."""
    found, unread = {}, []
    obj = transform.params["object"]
    for spec in param.describe(cls):
        if spec.name in ("protect", "entities", "capitals"):
            continue
        value = getattr(obj, spec.name, getattr(getattr(obj, "model", None), spec.name, _MISSING))
        if value is _MISSING:
            unread.append(f"{spec.name} cannot be read off the object: {spec.default!r}, as nlpaug has it by default")
        elif value is None and spec.name in DEVIATING:
            continue
        elif value != spec.default:
            found[spec.name] = list(value) if isinstance(value, tuple) else value
    return found, tuple(unread)


_MISSING = object()

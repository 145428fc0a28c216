"""The libraries that can be read: how each is recognized, its reader and its table."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion import objects, of_albumentations, of_mmdet, of_torch_audiomentations, of_ultralytics
from augreg.conversion.equal import Rule
from augreg.conversion.table_albumentations import TABLE as ALBUMENTATIONS
from augreg.conversion.table_audiomentations import TABLE as AUDIOMENTATIONS
from augreg.conversion.table_mmdet import TABLE as MMDET
from augreg.conversion.table_torchvision import TABLE as TORCHVISION
from augreg.conversion.tree import Ours, Read
from augreg.errors import ConfigError
from augreg.policies.of_kornia import from_kornia
from augreg.policies.of_timm import KEYS as TIMM
from augreg.policies.of_timm import from_timm

TABLES: Final[Mapping[str, Mapping[str, Rule]]] = {
    "albumentations": ALBUMENTATIONS,
    "audiomentations": AUDIOMENTATIONS,
    "mmdet": MMDET,
    "torchvision": TORCHVISION,
}
READ: Final = (
    "an albumentations Compose or what its to_dict returns, a Compose of torchvision, of audiomentations or of "
    "torch-audiomentations, an augmenter or a flow of nlpaug, settings of ultralytics, a train_pipeline of "
    "MMDetection, a string of timm"
)


def is_timm(text: str) -> bool:
    """Return whether a text is a string that timm makes a policy of."""
    return re.split("-", text)[0] in TIMM


def read(source: Any) -> Read:
    """Return the tree of an object, of plain data, or of a string of timm.

    Raises:
        ConfigError: none of them.

    """
    if isinstance(source, str):
        if is_timm(source):
            return Read("timm", "image", [Ours(source, from_timm(source))])
        raise ConfigError(
            f"{source!r} is no string of timm, such as 'rand-m9-mstd0.5'. A file is read by: augreg convert."
        )
    library = objects.library_of(source)
    if library == "albumentations":
        return of_albumentations.read(_to_dict(source))
    if library == "torchvision":
        return objects.read_torchvision(source)
    if library == "audiomentations":
        return objects.read_audiomentations(source)
    if library == of_torch_audiomentations.NAME:
        return of_torch_audiomentations.read(source)
    if library == "nlpaug":
        return objects.read_nlpaug(source)
    if library == "kornia":
        return Read("kornia", "image", [Ours(type(source).__name__, from_kornia(source))])
    return _plain(source)


def _plain(source: Any) -> Read:
    for one in (of_albumentations, of_mmdet, of_ultralytics):
        if one.is_one(source):
            found: Read = one.read(source)
            return found
    raise ConfigError(f"this {type(source).__name__} is nothing that can be read. Read are: {READ}.")


def _to_dict(source: Any) -> Mapping[str, Any]:
    """Return what `to_dict` returns. Raises ConfigError for transforms that cannot be written."""
    try:
        found: Mapping[str, Any] = source.to_dict()
    except Exception as error:  # what a transform of the user's raises there is its own
        raise ConfigError(f"albumentations cannot write this pipeline: {error} Take that transform out.") from error
    return found

"""Labels of moments: one per hop of a sound, or per frame of a film, as fields of records hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg.errors import SampleError
from augreg.modalities.hops import check_hop, check_hops
from augreg.modalities.roles import Role, RoleWord, Shape
from augreg.modalities.target_kinds import Read, TargetKind, unchanged

NAME: Final = "frame_labels"

HOP: Final = "hop"
"""The option of the role, and the name among the extras of sounds, of the seconds from one label to the next."""


def _says_nothing(_value: Any) -> None:
    """Plain numbers do not say that they are labels of moments, nor how many seconds each is."""
    return


FRAME_LABELS: Final = TargetKind(NAME, (NAME, "frame_targets"), _says_nothing, "")


def _read(value: Any, _role: Role, _shape: Shape) -> Read:
    table = isinstance(value, (torch.Tensor, np.ndarray)) and value.ndim > 0
    if not table and not isinstance(value, (list, tuple)):
        raise SampleError(f"a {type(value).__name__} is no frame labels; give a tensor, an array or a list.")
    return Read(value, unchanged)


def _read_of_film(value: Any, role: Role, shape: Shape) -> Read:
    read = _read(value, role, shape)
    if len(value) != shape[0]:
        raise SampleError(f"video has {shape[0]} frames but {len(value)} entries; give one per frame.")
    return read


def _hop(labels: Any, role: Role, shape: Shape, rate: float) -> Mapping[str, Any]:
    """Return what the role says of the sound, after a look at whether so many labels can be."""
    if HOP not in role.options:
        return {}
    check_hops(labels, role.options[HOP], shape[-1] / rate)
    return {HOP: role.options[HOP]}


SOUND_LABELS: Final = RoleWord(NAME, NAME, options={HOP: check_hop}, read=_read, extras=_hop)
FILM_LABELS: Final = RoleWord(NAME, NAME, read=_read_of_film)

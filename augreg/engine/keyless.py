"""What is said where a seed is given, but no key that tells one sample from another."""

from __future__ import annotations

import warnings

from torch.utils.data import get_worker_info

from augreg.errors import ConfigError, KeysWarning
from augreg.intake.container import Container

_HOW = "Give keys=[...], records with a field 'key', '__key__' or 'id', or samples with key=..."


def check_keys(container: Container) -> None:
    """Refuse a seed for samples that are known by their places only, where places do not tell them apart.

    A call on one sample, or in a DataLoader's worker, is one of many: with their places as keys the samples of all of
    them would get the same augmentation. A list may be all that there is, so that it is only said.

    Raises:
        ConfigError: one sample was passed, or this is a worker.

    """
    if container.alone:
        raise ConfigError(
            f"seed= is given for one sample without a key, so that every such call would do the same. {_HOW}; for "
            "one sample keys=7 is enough. Or leave seed out: torch.manual_seed then decides."
        )
    if get_worker_info() is not None:
        raise ConfigError(
            "seed= is given for samples without keys in a DataLoader's worker, so that every batch would get the same "
            f"augmentation. {_HOW}; or use augreg.collate with augreg.Keyed(dataset)."
        )
    if container.entries:
        warnings.warn(
            "seed= is given for samples without keys, so their places in this list are their keys: the same again in "
            f"the next such call. {_HOW}.",
            KeysWarning,
            stacklevel=2,
        )

"""What is said where a seed is given, but no key that tells one sample from another."""

from __future__ import annotations

import warnings

from torch.utils.data import get_worker_info

from augreg.errors import ConfigError, KeysWarning, outside
from augreg.intake.container import Container

_HOW = "Give keys=[...], records with a field 'key', '__key__' or 'id', or samples with key=..."


def check_keys(container: Container) -> None:
    """Say that samples are known by their places only; refuse it in a worker, where that is certainly wrong.

    A call in a DataLoader's worker is one of many: with their places as keys the samples of all of them would get the
    same augmentation. Elsewhere one sample, or one list, may be all that there is.

    Raises:
        ConfigError: this is a worker.

    """
    if get_worker_info() is not None:
        raise ConfigError(
            "seed= is given for samples without keys in a DataLoader's worker, so that every batch would get the same "
            f"augmentation. {_HOW}; or use augreg.collate with augreg.Keyed(dataset)."
        )
    if container.alone:
        warnings.warn(
            "seed= is given for one sample without a key: the next such call does the same. For one sample keys=7 is "
            "enough; in a loop or Dataset use pipe.bind(seed=...)(sample, key=index), or leave seed out.",
            KeysWarning,
            stacklevel=outside(),
        )
    elif container.entries:
        warnings.warn(
            "seed= is given for samples without keys, so their places in this list are their keys: the same again in "
            f"the next such call. {_HOW}.",
            KeysWarning,
            stacklevel=outside(),
        )

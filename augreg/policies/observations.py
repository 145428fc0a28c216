"""What people hand to learned policies, as lists."""

from __future__ import annotations

from typing import Any

from augreg.errors import ConfigError


def listed(values: Any, what: str) -> list[Any]:
    """Return one value per sample, of a list, an array or a tensor on any device.

    Raises:
        ConfigError: it is no list, or one of lists, such as the probabilities of all classes.

    >>> from augreg.policies.observations import listed
    >>> listed((0.1, 0.9), "losses")
    [0.1, 0.9]

    """
    found = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(found, (list, tuple, range)) or any(isinstance(value, (list, tuple)) for value in found):
        raise ConfigError(f"{what} must be a list with one value per sample, not {type(values).__name__}.")
    return list(found)

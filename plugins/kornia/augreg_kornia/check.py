"""Forms of parameters that kornia takes without a look, and fails on when a picture comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from augreg import ConfigError


def form(entry: Mapping[str, Any], value: Any) -> None:
    """Refuse a value that is not of the form that the index says of a parameter.

    Raises:
        ConfigError: it is no pair where only pairs are taken, or an even size of a kernel.

    """
    name, told = entry["name"], entry["doc"].partition(": ")[2]
    if told in ("2 whole numbers", "2 numbers") and value is not None:
        kinds = int if told == "2 whole numbers" else (int, float)
        if not isinstance(value, tuple) or len(value) != 2 or not all(_is(kinds, part) for part in value):
            raise ConfigError(f"{name} must be {told}, such as [3, 5]; not {value!r}.")
    if name == "kernel_size":
        sizes = value if isinstance(value, tuple) else (value,)
        if any(_is(int, size) and (size < 1 or size % 2 == 0) for size in sizes):
            raise ConfigError(f"kernel_size must be odd and above 0, so that it has a middle; not {value!r}.")


def _is(kinds: Any, value: Any) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)

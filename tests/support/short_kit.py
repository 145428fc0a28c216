"""The conformance kit of adapters, of which the short form of the tests has a share: the catalogues are large."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from augreg.testing import plugin_checks

ALWAYS = ("target_loads", "constructs", "batch_size_independent", "input_unmodified", "dtype_kept")
"""Checks of every transform in the short form: whether it loads, keeps to its keys, and leaves its input alone."""

LOADS = ALWAYS[:2]
"""All that the short form has of transforms that take long."""


def checks(
    distribution: str, expected: Mapping[str, str], share: int = 4, heavy: tuple[str, ...] = ()
) -> Iterator[Any]:
    """Yield the checks of an adapter for ``pytest.mark.parametrize``.

    Args:
        distribution: of the plugin.
        expected: what is expected to fail, check -> reason.
        share: one in so many transforms has every check in the short form.
        heavy: beginnings of names of transforms that take long.

    """
    for check in plugin_checks(distribution, expected_failures=expected):
        name, _, rule = str(check.id).partition("-")
        short = not rule or rule in ALWAYS or zlib.crc32(name.encode()) % share == 0
        if name.rpartition(".")[2].startswith(heavy):
            short = rule in LOADS
        marks = [] if short else [pytest.mark.slow]
        yield pytest.param(*check.values, id=check.id, marks=[*check.marks, *marks])

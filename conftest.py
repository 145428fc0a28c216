"""Settings for every test: repeatable examples of hypothesis, and what of the plugins' tests is in the short form."""

from __future__ import annotations

import zlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, so that a red run is a real change.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("repeatable")

PLUGINS = Path(__file__).parent / "plugins"
SMALL_GRID = 24
"""Cases up to which a test of a plugin is in the short form as a whole."""
SHARE = 4
"""Of more cases every fourth is, chosen by the names of the cases, so that no dtype or size is left out throughout."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark most cases of large grids in plugins as slow: `pytest -m "not slow"` runs a few of each.

    The conformance kit, which says for itself what is slow, and the core's tests are left as they are.
    """
    grids = [item for item in items if PLUGINS in item.path.parents and item.path.stem != "test_conformance"]
    sizes = Counter(_function(item) for item in grids)
    for item in grids:
        if sizes[_function(item)] > SMALL_GRID and zlib.crc32(item.name.encode()) % SHARE:
            item.add_marker(pytest.mark.slow)


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]

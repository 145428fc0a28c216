"""Settings for every test: repeatable examples of hypothesis, and what of the plugins' tests is in the short form."""

from __future__ import annotations

import os
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
KIT_SHARE = 2
"""Of the kit every second check is: each augmenter meets half of the rules, each rule half of the augmenters."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Use every core where all tests are asked for; a few named ones start sooner in one process."""
    every = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if every and getattr(config.option, "numprocesses", 0) is None and not config.getoption("usepdb"):
        config.option.numprocesses = os.cpu_count()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark most cases of large grids in plugins as slow: `pytest -m "not slow"`, the developer's loop, runs a share.

    The core's tests are left as they are. CI runs the rest of the kit, too: `pytest -m "slow and kit"`.
    """
    ours = [item for item in items if PLUGINS in item.path.parents]
    sizes = Counter(_function(item) for item in ours)
    for item in ours:
        kit = item.path.stem == "test_conformance"
        if kit:
            item.add_marker(pytest.mark.kit)
        if sizes[_function(item)] > SMALL_GRID and zlib.crc32(item.name.encode()) % (KIT_SHARE if kit else SHARE):
            item.add_marker(pytest.mark.slow)


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]

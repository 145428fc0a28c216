"""`pytest --augreg my-plugin`: the conformance checks of a plugin of augreg, one test each.

A distribution of its own, and one file that imports nothing of augreg before the option is given: pytest loads this in
every run of everybody who has it installed, and rewrites the assertions of whatever stands in its distribution.
"""

from __future__ import annotations

from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("augreg").addoption(
        "--augreg",
        action="append",
        default=[],
        metavar="PLUGIN",
        help="Also run the conformance checks of an installed plugin of augreg (repeatable).",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark of slow checks known."""
    if config.getoption("augreg"):
        config.addinivalue_line("markers", "slow: checks of augreg that run an augmenter many times")


@pytest.hookimpl(tryfirst=True)  # before -m and -k choose among the tests
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the checks behind the tests that were found."""
    for plugin in config.getoption("augreg"):
        items += [_item(session, plugin, check) for check in _checks(plugin)]


def _checks(plugin: str) -> list[Any]:
    from augreg.registry import default
    from augreg.registry.discovery import normalised
    from augreg.testing import checks

    names = [record.plugin for record in default().records]
    if normalised(plugin) not in map(normalised, names):
        raise pytest.UsageError(
            f"--augreg {plugin}: no such plugin is installed. Plugins: {', '.join(names) or 'none'}."
        )
    return checks(plugin)


def _item(session: pytest.Session, plugin: str, check: Any) -> pytest.Item:
    item: CheckItem = CheckItem.from_parent(session, name=f"{plugin}::{check.id}")
    item.check = check
    if check.slow:
        item.add_marker(pytest.mark.slow)
    return item


class CheckItem(pytest.Item):
    """One rule, for one plugin or augmenter."""

    check: Any

    def runtest(self) -> None:
        """Run it."""
        self.check()

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Say what was seen and what the rule is; where in the kit it was noticed helps nobody."""
        from augreg.testing import ConformanceError

        if isinstance(excinfo.value, ConformanceError):
            return f"{excinfo.value}\nThe rule: {self.check.doc}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Return what a failure is headed by."""
        return self.path, None, self.name

"""`augreg check`: run the conformance kit on a plugin or a wheel, or read what a pipeline does to captions."""

from __future__ import annotations

import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augreg.cli.aside import aside
from augreg.cli.check_pipeline import SUFFIXES, report
from augreg.cli.complete import plugins_or_files
from augreg.errors import ConfigError, listing, nearest
from augreg.registry.discovery import normalised

if TYPE_CHECKING:
    from augreg.testing import Check

Broken = list[tuple[str, str]]


@click.command("check")
@click.argument("plugin", metavar="PLUGIN|PIPELINE", shell_complete=plugins_or_files)
@click.option("-m", "--match", metavar="TEXT", multiple=True, help="Only checks whose id holds TEXT (repeatable).")
@click.option("--device", default="cpu", show_default=True, help="Where the augmenters run: cpu, cuda.")
@click.option("--slow", is_flag=True, help="Also run what takes long: spawned DataLoader workers.")
@click.option("--list", "only_list", is_flag=True, help="List the checks and what they demand, run none.")
def check_command(plugin: str, match: tuple[str, ...], device: str, slow: bool, only_list: bool) -> None:
    """Check that a plugin keeps the rules, or that a pipeline keeps captions true.

    PLUGIN is a distribution that is installed, or a wheel file.
    Every augmenter must give the same result whatever the batch, leave its input alone, move the targets that
    it declares, survive JSON, YAML and pickle, take odd input, and grow with its level; listing the plugin must
    import nothing heavy. Each broken rule is printed with what was seen. A wheel is unpacked and imported, so
    check only what you trust. Exit code 1 when a rule is broken.

    PIPELINE is a .yaml or .json file. Each step is listed with what it may alter, and a warning where captions of the
    same record may become false by it. Exit code 2 when it cannot be built; warnings are none.
    """
    if plugin.endswith(SUFFIXES):
        if match or slow or only_list or device != "cpu":
            raise ConfigError("--match, --device, --slow and --list are for plugins; a pipeline needs none of them.")
        click.echo("\n".join(report(Path(plugin))))
        return
    with _available(plugin) as distribution:
        found = [
            c
            for c in _checks(distribution, device, wheel=distribution != plugin)
            if _wanted(c, match, slow or only_list)
        ]
        if not found:
            raise ConfigError(
                f"no check of {distribution} matches {' or '.join(match)}. Run: augreg check {plugin} --list"
            )
        if only_list:
            click.echo("\n".join(f"{c.id}: {c.doc}" for c in found))
            return
        start = time.perf_counter()
        broken = _run(found)
        took = time.perf_counter() - start
        idle = [] if match else _without_level(distribution)
    for name, reason in broken:
        click.echo(f"{name}\n    {reason}")
    click.echo(f"{distribution}: {len(found) - len(broken)} of {len(found)} checks passed in {took:.0f} s.")
    for line in idle:
        click.echo(line)
    if broken:
        sys.exit(1)


def _without_level(distribution: str) -> list[str]:
    """Return lines about the augmenters whose strength policies cannot set."""
    from augreg.registry import Registry
    from augreg.testing.unlevelled import without_level

    with aside():
        known = Registry()  # as for the checks
    found = without_level(known, distribution)
    lines = [f"    {name}: {why or 'the class does not tell'}" for name, why in found.items()]
    return [f"Without a level, so that policies draw them by level: own only ({len(found)}):", *lines] if found else []


def _checks(distribution: str, device: str, *, wheel: bool) -> list[Check]:
    from augreg.compute.devices import resolve_device
    from augreg.registry import Registry
    from augreg.testing import checks

    resolve_device(device)
    with aside():
        known = Registry()  # a wheel came after the default one was made
    names = [record.plugin for record in known.records]
    if not wheel and normalised(distribution) not in map(normalised, names):
        raise ConfigError(
            f"no plugin {distribution!r} is installed.{nearest(distribution, names)} "
            f"Plugins: {listing(names)}. Or give a wheel file."
        )
    return checks(distribution, device=device, registry=known)


def _wanted(check: Check, match: Sequence[str], slow: bool) -> bool:
    return (slow or not check.slow) and (not match or any(text in check.id for text in match))


def _run(found: Sequence[Check]) -> Broken:
    """Run checks and return which are broken, and why; progress goes to a terminal only."""
    broken: Broken = []
    with warnings.catch_warnings(), click.progressbar(found, label="checking", file=sys.stderr) as bar:
        warnings.simplefilter("ignore")
        for check in bar:
            try:
                check()
            except Exception as error:  # a check that fails in an unforeseen way is a broken rule as well
                broken.append((check.id, str(error) or type(error).__name__))
    return broken


@contextmanager
def _available(plugin: str) -> Iterator[str]:
    """Yield the distribution's name; a wheel is on the import path meanwhile."""
    if not plugin.endswith(".whl"):
        yield plugin
        return
    if not Path(plugin).is_file():
        raise ConfigError(f"no wheel file {plugin!r}. Build one with: python -m build")
    with tempfile.TemporaryDirectory(prefix="augreg-check-") as folder:
        try:
            with zipfile.ZipFile(plugin) as archive:
                archive.extractall(folder)
        except zipfile.BadZipFile:
            raise ConfigError(f"{plugin} is no wheel: it is not a zip archive.") from None
        sys.path.insert(0, folder)
        try:
            yield Path(plugin).name.partition("-")[0].replace("_", "-")
        finally:
            sys.path.remove(folder)

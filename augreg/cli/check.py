"""`augreg check`: run the conformance kit on a plugin or a wheel, or read what a pipeline does to captions."""

from __future__ import annotations

import importlib
import json
import sys
import tempfile
import time
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augreg.cli.aside import aside
from augreg.cli.check_pipeline import SUFFIXES, report
from augreg.cli.complete import plugins_or_files
from augreg.cli.findings import Broken, Findings
from augreg.cli.wheels import built
from augreg.errors import ConfigError, listing
from augreg.registry.discovery import meant, normalised

if TYPE_CHECKING:
    from augreg.testing import Check


@click.command("check")
@click.argument("plugin", metavar="PLUGIN|PIPELINE", shell_complete=plugins_or_files)
@click.option("-m", "--match", metavar="TEXT", multiple=True, help="Only checks whose id holds TEXT (repeatable).")
@click.option("--device", default="cpu", show_default=True, help="Where the augmenters run: cpu, cuda.")
@click.option("--slow", is_flag=True, help="Also run what takes long: spawned DataLoader workers.")
@click.option("--list", "only_list", is_flag=True, help="List the checks and what they demand, run none.")
@click.option(
    "--wheel", is_flag=True, help="Build PLUGIN, a folder or what is installed from one, and check the wheel."
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
@click.option("--badge", is_flag=True, help="Also print a badge for a README.")
def check_command(
    plugin: str,
    match: tuple[str, ...],
    device: str,
    slow: bool,
    only_list: bool,
    wheel: bool,
    as_json: bool,
    badge: bool,
) -> None:
    """Check that a plugin keeps the rules, or that a pipeline keeps captions true.

    PLUGIN is a distribution that is installed, or a wheel file.
    Every augmenter must give the same result whatever the batch, leave its input alone, move the targets that
    it declares, survive JSON, YAML and pickle, take odd input, and grow with its level; listing the plugin must
    import nothing heavy. Each broken rule is printed with what was seen; docs/rules.md shows a wrong and a right plugin
    for each. A wheel is unpacked and imported, so check only what you trust. Exit code 1 when a rule is broken.

    PIPELINE is a .yaml or .json file. Each step is listed with what it may alter, and a warning where captions of the
    same record may become false by it. Exit code 2 when it cannot be built; warnings are none.
    """
    if plugin.endswith(SUFFIXES):
        if match or slow or only_list or wheel or as_json or badge or device != "cpu":
            raise ConfigError("all options are for plugins; a pipeline needs none of them.")
        click.echo("\n".join(report(Path(plugin))))
        return
    if badge and (match or only_list):
        raise ConfigError("a badge says how many of all checks passed. Leave --match and --list out.")
    with built(plugin) if wheel else nullcontext(plugin) as given, _available(given) as distribution:
        found = [
            c
            for c in _checks(distribution, device, wheel=distribution != given)
            if _wanted(c, match, slow or only_list)
        ]
        if not found:
            raise ConfigError(
                f"no check of {distribution} matches {' or '.join(match)}. Run: augreg check {plugin} --list"
            )
        if only_list:
            click.echo(_listed(found, as_json=as_json))
            return
        start = time.perf_counter()
        broken = _run(found)
        result = Findings(distribution, _version(distribution), found, broken, time.perf_counter() - start, slow)
        idle = [] if match else _without_level(distribution)
    click.echo(result.as_json(idle) if as_json else "\n".join([*result.lines(), *idle]))
    if badge and not as_json:
        click.echo(result.badge())
    if broken:
        sys.exit(1)


def _listed(found: Sequence[Check], *, as_json: bool) -> str:
    if as_json:
        return json.dumps([{"check": c.id, "rule": c.doc, "slow": c.slow} for c in found], indent=2)
    return "\n".join(f"{c.id}: {c.doc}" for c in found)


def _version(distribution: str) -> str:
    """Return the version of what was checked; a wheel is on the path meanwhile, before what is installed."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


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
            f"no plugin {distribution!r} is installed.{meant(distribution, names)} "
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
        raise ConfigError(f"no wheel file {plugin!r}. Build one with: uv build")
    with tempfile.TemporaryDirectory(prefix="augreg-check-") as folder:
        try:
            with zipfile.ZipFile(plugin) as archive:
                archive.extractall(folder)
        except zipfile.BadZipFile:
            raise ConfigError(f"{plugin} is no wheel: it is not a zip archive.") from None
        sys.path.insert(0, folder)
        _forget(Path(folder))
        try:
            yield Path(plugin).name.partition("-")[0].replace("_", "-")
        finally:
            sys.path.remove(folder)
            _forget(Path(folder))


def _forget(folder: Path) -> None:
    """Forget modules that are called as those of a wheel: what is installed under its name is not what is checked."""
    tops = {path.name.removesuffix(".py") for path in folder.iterdir()}
    for name in [name for name in sys.modules if name.partition(".")[0] in tops]:
        del sys.modules[name]
    importlib.invalidate_caches()

"""`augreg list`: what is installed, one augmenter per line, without importing any of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from augreg.cli import table
from augreg.cli.aside import installed
from augreg.cli.complete import modality_names, plugin_names, tag_names
from augreg.errors import ConfigError, listing, nearest
from augreg.registry import Registry
from augreg.registry.discovery import normalised
from augreg.registry.spec import AugmenterSpec
from augreg.registry.summaries import summary_of


@click.command("list")
@click.argument("kind", metavar="[MODALITY]", required=False, shell_complete=modality_names)
@click.option("--modality", metavar="NAME", shell_complete=modality_names, help="Only those for this kind of sample.")
@click.option("--tag", metavar="WORD", shell_complete=tag_names, help="Only those with this tag.")
@click.option("--plugin", metavar="NAME", shell_complete=plugin_names, help="Only those of this distribution.")
@click.option("--policies", is_flag=True, help="The policies, and the sets of operations that they draw from.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
def list_command(
    kind: str | None, modality: str | None, tag: str | None, plugin: str | None, policies: bool, as_json: bool
) -> None:
    """List the installed augmenters, all or those for one kind of sample; or the policies.

    \b
    Examples:
      augreg list image --tag geometry
      augreg list --plugin augreg-audio --json | jq '.[].name'
      augreg list image --policies        what draws from them per sample, and from which

    Nothing is imported but the plugins' lists. Plugins that cannot be used are named on stderr.
    """
    known = installed()
    if kind is not None and modality not in (None, kind):
        raise ConfigError(f"list {kind} --modality {modality} names two modalities. Give one of them.")
    modality = modality or kind
    _check(known, tag, plugin)
    if policies:
        _list_policies(known, modality, tag, plugin, as_json)
        return
    specs = known.augmenters(modality, tag, plugin)
    if as_json:
        import json

        click.echo(json.dumps([as_dict(spec) for spec in specs], indent=2))
    elif specs:
        click.echo("\n".join(_table(specs)))
    else:
        click.echo(_nothing(known), err=True)
    for lift in known.lifts():
        if lift.modality == modality:
            click.echo(f"Those for {lift.source} work too. Run: augreg list --modality {lift.source}", err=True)
    for record in known.records:
        if record.status not in ("ok", "blocked"):
            click.echo(f"! {record.label} is {record.status}: {record.reason}", err=True)


def _list_policies(known: Registry, modality: str | None, tag: str | None, plugin: str | None, as_json: bool) -> None:
    """Print the policies and the sets, as a table or as JSON."""
    from augreg.cli import policies as told

    if tag is not None:
        raise ConfigError(f"policies have no tags. Leave out --tag {tag}, or --policies.")
    if modality is not None:
        known.modality(modality)
    name = next((r.plugin for r in known.records if plugin and normalised(r.plugin) == normalised(plugin)), None)
    entries = told.listed(known, modality, name)
    if as_json:
        import json

        click.echo(json.dumps(entries, indent=2, default=str))
    elif entries:
        click.echo("\n".join(told.lines(entries)))
    else:
        click.echo("No policy or set fits. Leave out an option, or run: augreg list --policies", err=True)


def as_dict(spec: AugmenterSpec) -> dict[str, Any]:
    """Return the facts of *spec* in JSON-able form."""
    return {"name": spec.name, "id": spec.id, **asdict(spec), "summary": summary_of(spec)}


def _check(known: Registry, tag: str | None, plugin: str | None) -> None:
    """Raise ConfigError for a tag or a plugin that does not exist."""
    tags = sorted({tag for spec in known.augmenters() for tag in spec.tags})
    if tag is not None and tag not in tags:
        raise ConfigError(f"no augmenter has the tag {tag!r}.{nearest(tag, tags)} Tags: {listing(tags, 40)}.")
    plugins = [record.plugin for record in known.records]
    if plugin is not None and normalised(plugin) not in map(normalised, plugins):
        raise ConfigError(f"no plugin {plugin!r} is installed.{nearest(plugin, plugins)} Plugins: {listing(plugins)}.")


def _table(specs: Sequence[AugmenterSpec]) -> list[str]:
    """Return the lines of the table; a name that two plugins offer appears as its full id."""
    count = Counter(spec.name for spec in installed().augmenters())
    rows = [
        (
            spec.name if count[spec.name] == 1 else spec.id,
            ", ".join(spec.modalities),
            ", ".join(spec.tags),
            f"(deprecated: {spec.deprecated}) {summary_of(spec)}" if spec.deprecated else summary_of(spec),
            spec.plugin,
        )
        for spec in specs
    ]
    heads = ("NAME", "MODALITY", "TAGS", "SUMMARY", "PLUGIN")
    return table.columns(heads, rows, wrap="SUMMARY", shed=("PLUGIN", "TAGS"))


def _nothing(known: Registry) -> str:
    """Say why the list is empty and what to do."""
    if known.augmenters():
        return "No augmenter fits. Leave out an option, or run: augreg list"
    if any(record.status == "blocked" for record in known.records):
        return "No augmenter: every plugin is blocked. Run: augreg plugins"
    return "No augmenter is installed. Run: pip install augreg-image augreg-audio augreg-video augreg-text"

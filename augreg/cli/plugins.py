"""`augreg plugins`: every installed plugin, whether it works, and why not."""

from __future__ import annotations

import traceback
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import click

from augreg.cli import extra, table
from augreg.cli.app import COMMANDS, debugging
from augreg.cli.aside import installed
from augreg.cli.clashes import clashes
from augreg.cli.licenses import license_of
from augreg.registry.spec import PluginRecord


@click.command("plugins")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--outdated", is_flag=True, help="Only those that were made for another augreg than this one, and why.")
@click.pass_context
def plugins_command(ctx: click.Context, as_json: bool, outdated: bool) -> None:
    """List the installed plugins and what became of them.

    \b
    ok            in use
    blocked       kept out by AUGREG_PLUGINS or AUGREG_BLOCK, never imported
    broken        raised an error when it was imported (augreg --debug plugins shows where)
    incompatible  made for another version of augreg's plugin interface
    invalid       breaks a rule of the plugin interface

    IMPORT MS is what each plugin adds to every `augreg list`. A good plugin needs a few milliseconds. LICENSE is what
    its distribution states. More plugins: https://pypi.org/search/?q=augreg-plugin
    """
    records = installed().records
    notes: dict[str, list[str]] = defaultdict(list)
    for spec, reason in extra.clashes(COMMANDS):
        notes[spec.plugin].append(reason)
    for plugin, reason in clashes(installed()):
        notes[plugin].append(reason)
    if outdated:
        _say_outdated(records, as_json)
    elif as_json:
        import json

        click.echo(json.dumps([_as_dict(record, notes[record.plugin]) for record in records], indent=2))
    elif records:
        click.echo("\n".join(_lines(records, notes)))
    else:
        click.echo(
            "No plugin is installed. Run: pip install augreg-image augreg-audio augreg-video augreg-text", err=True
        )
    if debugging(ctx):
        for record in records:
            if (cause := installed().cause(record.plugin)) is not None:
                click.echo(f"\n{record.label}:\n{''.join(traceback.format_exception(cause))}", err=True, nl=False)


def _say_outdated(records: Sequence[PluginRecord], as_json: bool) -> None:
    """Print what is outdated, and what that was compared with."""
    import json

    from augreg.cli.outdated import age_of, compared

    ages = [age_of(record) for record in records]
    if as_json:
        click.echo(json.dumps([age._asdict() for age in ages], indent=2))
        return
    old = [age for age in ages if age.reason]
    rows = [
        (age.plugin, age.version, "?" if age.api is None else str(age.api), age.requires, age.reason) for age in old
    ]
    if rows:
        click.echo("\n".join(table.columns(("PLUGIN", "VERSION", "API", "REQUIRES", "REASON"), rows, wrap="REASON")))
    click.echo(f"{len(old)} of {len(ages)} plugins are outdated, or cannot be told. {compared()}")


def _as_dict(record: PluginRecord, notes: Sequence[str]) -> dict[str, Any]:
    return {
        "plugin": record.plugin,
        "version": record.version,
        "status": record.status,
        "reason": record.reason,
        "notes": list(notes),
        "entry_points": list(record.entry_points),
        "augmenters": [spec.name for spec in record.augmenters],
        "generators": [spec.name for spec in installed().generators() if spec.plugin == record.plugin],
        "license": license_of(record.plugin),
        "import_ms": round(record.import_ms, 2),
    }


def _lines(records: Sequence[PluginRecord], notes: Mapping[str, Sequence[str]]) -> list[str]:
    rows = [
        (
            record.plugin,
            record.version,
            record.status,
            f"{len(record.augmenters):10}",
            f"{record.import_ms:9.1f}",
            license_of(record.plugin),
            " ".join(filter(None, [record.reason, *notes[record.plugin]])),
        )
        for record in records
    ]
    heads = ("PLUGIN", "VERSION", "STATUS", "AUGMENTERS", "IMPORT MS", "LICENSE", "REASON")
    return table.columns(heads, rows, wrap="REASON")

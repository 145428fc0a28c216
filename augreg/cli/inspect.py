"""`augreg inspect`: what a job made, in pictures and in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from augreg.cli import table
from augreg.cli.progress import counted
from augreg.cli.report import printable

if TYPE_CHECKING:
    from augreg.jobs import Inspection
    from augreg.jobs.inspecting.drift import Drift

SHOWN = 10
"""Faults and folders that are named; --json names all."""

FILE = click.Path(path_type=Path, dir_okay=False)

EPILOG = """\b
Examples:
  augreg inspect augmented/
  augreg inspect augmented/ --source photos/ --html page.html

\b
Exit codes:
  0 everything that was chosen was read      1 some of it cannot be read      2 wrong usage, or no job that has ended
"""


@click.command("inspect", epilog=EPILOG)
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--source", metavar="IN", help="Compare with the inputs.")
@click.option("--root", metavar="DIR", help="Where IN is a list: the folder from which its paths count.")
@click.option("--sample", type=click.IntRange(0), default=256, show_default=True, help="Outputs to read. 0: all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, another sample.")
@click.option("--html", "html_to", type=FILE, help="Write a page with pictures there.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=N", help="As for augreg run: pixels, frames, ...")
@click.option("--workers", type=click.IntRange(0), default=0, help="Threads. 0: as many as there are cores.")
@click.option(
    "--identity", "identities", multiple=True, type=click.Path(path_type=Path), help="File of age identities."
)
@click.option("--names", type=click.Path(path_type=Path), help="What --names-to wrote; --source needs it then.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def inspect_command(
    context: click.Context,
    /,
    out: Path,
    source: str | None,
    html_to: Path | None,
    limits: tuple[str, ...],
    identities: tuple[Path, ...],
    *,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Look at what a job wrote into OUT: which steps ran, and what outputs are like; with IN, how far from the inputs.

    Up to --sample outputs of each kind are read, the same ones for one --seed. Each number comes with its effect, the
    difference in standard deviations; from 0.8 on it is marked by an exclamation mark. Whether it is meant to be so
    large the pipeline knows.
    """
    from augreg.jobs import inspect
    from augreg.jobs.age import read_identities
    from augreg.media.limits import parse_limits
    from augreg.showcase.inspected import draw, page

    keys = [key for path in identities for key in read_identities(path)]
    given: dict[str, Any] = {
        "identities": keys,
        "limits": parse_limits(limits),
        "draw": draw if html_to is not None else None,
    }
    with counted(quiet=quiet) as show:
        found = inspect(out, source, progress=show, **given, **options)
    if as_json:
        click.echo(json.dumps(found.to_json()))
    else:
        _report(found)
    if html_to is not None:
        html_to.write_text(page(found, str(out)), encoding="utf-8")
    context.exit(int(bool(found.faults)))


def _report(found: Inspection) -> None:
    for modality, count in sorted(found.account.outputs.items()):
        steps = found.account.steps[modality].most_common()
        ran = ", ".join(f"{printable(name)} in {fired}" for name, fired in steps) or "no step ran"
        click.echo(f"{printable(modality)}: {count} outputs, {found.sampled.get(modality, 0)} read; {ran};")
        same = f", {found.unchanged.get(modality, 0)} of those read are as before" if found.compared else ""
        click.echo(f"  in {found.account.untouched[modality]} no step{same}.")
        _table(found.drift.get(modality, []), "number")
    _classes(found)
    for code, count in sorted(found.account.refused.items()):
        click.echo(f"{count} inputs were refused: {code}.")
    for fault in found.faults[:SHOWN]:
        click.echo(f"  {printable(fault)}", err=True)
    if found.faults:
        click.echo(f"{len(found.faults)} cannot be looked at; --json names them all.", err=True)


def _classes(found: Inspection) -> None:
    """Print the folders whose shares differ most."""
    ordered = sorted(found.classes, key=lambda one: -abs(one.effect or 0.0))
    if ordered:
        click.echo(f"{len(ordered)} folders; the shares of these changed most:")
        _table(ordered[:SHOWN], "folder")


def _table(drift: list[Drift], what: str) -> None:
    if not drift:
        return
    if drift[0].before is None:
        heads = (what, "mean", "deviation")
        rows = [(printable(one.name), _number(one.after), _number(one.deviation)) for one in drift]
        click.echo("\n".join(table.columns(heads, rows, wrap=what)))
        return
    shown = [
        (
            printable(one.name or "(no folder)"),
            _number(one.before),
            _number(one.after),
            "" if one.effect is None else f"{one.effect:.2f}",
            "!" if one.large else "",
        )
        for one in drift
    ]
    click.echo("\n".join(table.columns((what, "before", "after", "effect", "large"), shown, wrap=what)))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"

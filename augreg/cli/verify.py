"""`augreg verify`: whether an output folder is what was recorded."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augreg.cli.report import printable

if TYPE_CHECKING:
    from augreg.jobs import Verdict

SHOWN = 10
"""Faults that are named; --json names all."""

EPILOG = """\b
Exit codes:
  0 all is as recorded      1 something is not      2 wrong usage, or no job that has ended
"""


@click.command("verify", epilog=EPILOG)
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--source", metavar="IN", help="Hash the inputs as well.")
@click.option("--root", metavar="DIR", help="Where IN is a list: the folder from which its paths count.")
@click.option("--labels", metavar="FORM:WHERE", help="Where labels of IN lie, if not where they lay in the job.")
@click.option("--workers", type=click.IntRange(0), default=0, help="Threads. 0: as many as there are cores.")
@click.option(
    "--identity", "identities", multiple=True, type=click.Path(path_type=Path), help="File of age identities."
)
@click.option("--names", type=click.Path(path_type=Path), help="What --names-to wrote; --source needs it then.")
@click.option("--json", "as_json", is_flag=True, help="Print counts and all faults as JSON.")
@click.pass_context
def verify_command(
    context: click.Context,
    out: Path,
    source: str | None,
    root: str | None,
    labels: str | None,
    workers: int,
    identities: tuple[Path, ...],
    names: Path | None,
    as_json: bool,
) -> None:
    """Hash every output of a job again and compare with manifest.jsonl and run.json in OUT.

    Found are files that are missing, torn, edited, or named by no line, lines that are torn or doubled, and counts
    that do not add up: every input is written, refused or forgotten.
    """
    from augreg.jobs import verify
    from augreg.jobs.age import read_identities

    keys = [key for path in identities for key in read_identities(path)]
    verdict = verify(out, source, workers, keys, names, root, labels)
    if as_json:
        click.echo(json.dumps(asdict(verdict)))
    else:
        _report(verdict, out)
    context.exit(int(bool(verdict.faults)))


def _report(verdict: Verdict, out: Path) -> None:
    said = f"{verdict.inputs} inputs = {verdict.written} written + {verdict.refused} refused"
    click.echo(f"{out}: {said} + {verdict.forgotten} forgotten; {verdict.outputs} outputs.")
    if verdict.hashed_inputs:
        click.echo(f"{verdict.hashed_inputs} inputs were hashed.")
    for note in verdict.notes:
        click.echo(f"Note: {note}.")
    if not verdict.faults:
        click.echo("All is as recorded.")
        return
    for fault in verdict.faults[:SHOWN]:
        click.echo(f"  {printable(fault)}", err=True)
    if len(verdict.faults) > SHOWN:
        click.echo(f"  and {len(verdict.faults) - SHOWN} more; --json names them all", err=True)
    click.echo(f"{len(verdict.faults)} faults.", err=True)

"""`augreg expand`: grow a data set to a size by augmented samples that pass gates."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from augreg.cli import table
from augreg.cli.complete import generator_names
from augreg.cli.grouped import Grouped
from augreg.cli.progress import counted, progress
from augreg.cli.report import facts, printable, report
from augreg.cli.working import reported, say_stopped, stoppable

FOLDER = click.Path(path_type=Path)

EPILOG = """\b
Examples:
  augreg expand --data photos/ --out more/ --pipeline p.yaml --per-class 500 --seed 7
  augreg expand --data sounds.csv --out more/ --pipeline p.yaml --size 10000 --groups speaker

\b
Exit codes:
  0 the set has its size          1 some are missing, or inputs were refused
  2 wrong usage, or data that cannot be judged
  3 the disk is full, or another fault of the machine
130 interrupted                 143 terminated (SIGTERM)
"""

GROUPS = {
    "What is made": ("data", "out", "pipeline", "generator", "size", "per_class", "seed", "originals"),
    "What is let through and chosen": ("gates", "practice", "select", "rounds"),
    "What is known of the data": ("class_from", "split_from", "groups", "form", "columns", "root"),
    "Going on with a command that was stopped": ("resume", "overwrite"),
    "Processes, and what is shown": ("workers", "quiet", "as_json"),
}
"""Heading of the help -> its options."""


@click.command("expand", cls=Grouped, groups=GROUPS, epilog=EPILOG)
@click.option("--data", required=True, metavar="IN", help="A folder with a folder for each class, or a list of files.")
@click.option("--out", required=True, type=FOLDER, help="The folder to write.")
@click.option("--pipeline", type=FOLDER, help="The pipeline's file: what candidates are made by.")
@click.option(
    "--generator",
    metavar="NAME",
    shell_complete=generator_names,
    help="A plugin's generator that makes candidates, too, or alone: acme.gan.",
)
@click.option("--size", type=click.IntRange(1), help="Samples of the training split in all; the smallest classes grow.")
@click.option("--per-class", type=click.IntRange(1), help="Or: samples of each class.")
@click.option("--seed", type=int, help="The same seed makes the same set; without it one is drawn and recorded.")
@click.option("--originals/--no-originals", default=True, help="Whether the inputs of all splits are written, too.")
@click.option(
    "--gates",
    default="default",
    show_default=True,
    metavar="NAMES",
    help="What candidates have to pass: valid,changed,new,label, or default for all four.",
)
@click.option("--practice", type=FOLDER, metavar="FILE", help="A pipeline known to keep classes, to train judges on.")
@click.option(
    "--select",
    type=click.Choice(["facility-location", "random"]),
    default="facility-location",
    show_default=True,
    help="Of what passes take those that stand for the others best, or any.",
)
@click.option("--rounds", type=click.IntRange(1), default=20, show_default=True, help="Most candidates of each source.")
@click.option("--class-from", default="auto", metavar="folder|COLUMN", help="What tells the class.")
@click.option("--split-from", default="auto", metavar="folder|none|COLUMN|REGEX", help="What tells the split.")
@click.option("--groups", metavar="COLUMN|REGEX", help="Whose a sample is: judged by models that know none of it.")
@click.option("--form", default="auto", show_default=True, help="What IN is: folder, list, parquet, ..., told by it.")
@click.option("--column", "columns", multiple=True, metavar="NAME", help="Of a list: the column that holds paths.")
@click.option("--root", type=str, metavar="DIR", help="Of a list: the folder from which its paths count.")
@click.option("--resume", is_flag=True, help="Go on with a command that was stopped; give its other options again.")
@click.option("--overwrite", is_flag=True, help="Write into a folder that is not empty.")
@click.option(
    "--workers", type=click.IntRange(0), default=0, help="Processes that write; 0: as many as there are cores."
)
@click.option("--quiet", is_flag=True, help="Show no progress, and nothing unless something is missing.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.pass_context
def expand_command(
    context: click.Context,
    /,
    data: str,
    out: Path,
    pipeline: Path | None,
    seed: int | None,
    gates: str,
    practice: Path | None,
    *,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Grow a data set to a size: generate, judge, select, in rounds, until it is reached or what is missing is said.

    Copies of the training samples pass gates: something is seen or heard in them, they differ from their source, they
    are not nearly the same as another sample (of validation and test, too), and models that have not seen their source
    take them for its class. Gates are never lowered. Of what passes the most useful are written, class by class, with
    the inputs as they are. Only train is grown, or data without splits; test and validation are copied.

    manifest.jsonl says of every copy how it was made and what was found; run.json tells how much passed, by operation
    and strength. augreg replay, verify and forget work on OUT.
    """
    from augreg.jobs import Settings
    from augreg.jobs.resume import job_record
    from augreg.learn import GATES, grow_files
    from augreg.pipeline import Pipeline

    if (options["size"] is None) == (options["per_class"] is None):
        raise click.UsageError("Give --size, how many samples there are to be, or --per-class, how many of each class.")
    if pipeline is None and options["generator"] is None:
        raise click.UsageError("Give --pipeline, a file of steps that make candidates, or --generator, or both.")
    asked = tuple(GATES) if gates == "default" else tuple(name.strip() for name in gates.split(","))
    begun = job_record(out) if options["resume"] else None
    drawn = secrets.randbelow(2**31) if begun is None else begun.get("seed", 0)
    chosen = drawn if seed is None else seed
    names = ("form", "columns", "root", "resume", "overwrite", "workers")
    settings = Settings(source=data, out=out, seed=chosen, **{name: options.pop(name) for name in names})
    learned = None if practice is None else Pipeline.load(practice)
    hidden = quiet or as_json
    with (
        reported(context, out),
        counted(quiet=hidden, label="passed") as grows,
        progress(quiet=hidden) as show,
        stoppable() as stop,
    ):
        found = grow_files(
            *(None if pipeline is None else Pipeline.load(pipeline), settings),
            gates=asked,
            practice=learned,
            grows=grows,
            progress=show,
            stop=stop,
            **options,
        )
    if as_json:
        click.echo(json.dumps({**facts(found.summary, chosen), "expand": found.facts}))
    elif not quiet or found.shortage or found.summary.rejected or found.summary.stopped:
        _tell(found.facts)
        report(found.summary, out, chosen, drawn=seed is None)
    if stop():
        say_stopped(out, terminated=False)
        context.exit(130)
    context.exit(3 if found.summary.stopped else int(bool(found.shortage) or found.summary.rejected > 0))


def _tell(said: Mapping[str, Any]) -> None:
    """Print how the set grew."""
    tried = said["candidates"]
    refused = ", ".join(f"{count} by {name}" for name, count in tried.items() if name != "passed" and count)
    click.echo(
        f"{said['new']} new samples beside {said['sources']}, in {said['rounds']} rounds: of {sum(tried.values())} "
        f"candidates {tried['passed']} passed the gates; refused: {refused or 'none'}.",
        nl=False,
    )
    click.echo(f" {said['spared']} were not made, as too few like them pass." if said["spared"] else "")
    rows = [(name, found["made"], found["passed"]) for name, found in said["acceptance"].items()]
    shown = [(printable(name), str(made), f"{passed / made:.0%}") for name, made, passed in rows]
    if shown:
        click.echo("\n".join(table.columns(("operation", "candidates", "passed"), shown, wrap="operation")))
    for name, missing in said["shortage"].items():
        click.echo(f"Missing: {missing} of class {printable(name)}.", err=True)
    if said["shortage"]:
        click.echo("Gates are not lowered. Give more --rounds, milder operations, or more sources.", err=True)

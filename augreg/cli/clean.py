"""`augreg clean`: what is wrong with a data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from augreg.cli import table
from augreg.cli.progress import counted
from augreg.cli.report import printable

if TYPE_CHECKING:
    from augreg.jobs import Report

SHOWN = 3
"""Inputs of each kind that are named; --all, --json and --html name more."""

FILE = click.Path(path_type=Path, dir_okay=False)

EPILOG = """\b
Examples:
  augreg clean photos/
  augreg clean photos/ --html report.html --list good.txt
  augreg run pipeline.yaml photos/ augmented/ --seed 7 --only good.txt

\b
Exit codes:
  0 nothing was found      1 faults were found      2 wrong usage
"""


@click.command("clean", epilog=EPILOG)
@click.argument("source", metavar="IN")
@click.option("--form", default="auto", show_default=True, help="What IN is, as for augreg run.")
@click.option(
    "--split-by",
    default="folder",
    show_default=True,
    metavar="folder|none|REGEX",
    help="What tells the split: the top folder (train, val, test), nothing, or the group of a regular expression.",
)
@click.option(
    "--class-from",
    default="folder",
    show_default=True,
    metavar="folder|COLUMN",
    help="What tells the class: the folder, or a column of a list or a table.",
)
@click.option("--judge-labels", is_flag=True, help="Look for wrong classes, by what samples look like.")
@click.option("--skip", multiple=True, metavar="CODE", help="Leave out a kind, as in --skip W_SMALL.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=N", help="As for augreg run: pixels, frames, ...")
@click.option("--workers", type=click.IntRange(0), default=0, help="Threads. 0: as many as there are cores.")
@click.option("--list", "list_to", type=FILE, help="Write the good inputs there, for augreg run --only.")
@click.option("--fix", type=click.Path(path_type=Path), metavar="OUT", help="Link or copy the good files into OUT.")
@click.option("--json", "json_to", type=FILE, help="Write everything there as JSON.")
@click.option("--html", "html_to", type=FILE, help="Write a page with pictures there.")
@click.option("--all", "every", is_flag=True, help="Name every input that has a fault.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def clean_command(
    context: click.Context,
    /,
    source: str,
    limits: tuple[str, ...],
    list_to: Path | None,
    fix: Path | None,
    json_to: Path | None,
    html_to: Path | None,
    *,
    every: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Look at every file of IN: what is broken, blank, silent, clipped, far too small, doubled, or leaked.

    IN is not touched. Every finding has a confidence: 1 where there is no doubt, as for files that cannot be read or
    have the same bytes; 0.5 where a measure has just reached its threshold.

    Of files that are the same, or nearly, one is kept: that of the test set before that of val, train last.
    """
    from augreg.jobs import clean
    from augreg.jobs.cleaning.fixed import check_place
    from augreg.jobs.cleaning.fixed import fix as put
    from augreg.jobs.cleaning.page import page
    from augreg.jobs.sources import open_source
    from augreg.media.limits import parse_limits

    opened = open_source(source, options.pop("form"))
    if fix is not None:
        check_place(opened, fix)
    with counted(quiet=quiet) as show:
        report = clean(opened, limits=parse_limits(limits), progress=show, **options)
    if json_to is not None:
        json_to.write_text(json.dumps(report.to_json()) + "\n", encoding="ascii")
    if list_to is not None:
        report.write_list(list_to)
    _report(report, every=every)
    if html_to is not None:
        html_to.write_text(page(report, opened), encoding="utf-8")
    if fix is not None:
        click.echo(f"{put(report, opened, fix)} files are in {printable(str(fix))}.")
    context.exit(int(bool(report.faults)))


def _report(report: Report, *, every: bool) -> None:
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(report.modalities.items())) or "none"
    click.echo(f"{len(report.paths)} inputs ({kinds}) in {report.seconds:.1f} s; {len(report.good)} are good.")
    for note in report.notes:
        click.echo(f"Note: {printable(note)}.")
    if report.ignored:
        suffixes = ", ".join(f"{count} x {printable(suffix)}" for suffix, count in report.ignored.most_common(6))
        click.echo(f"{report.ignored.total()} other files were left aside ({suffixes}).")
    for split, found in sorted(report.classes.items()):
        (most, many), (least, few) = found.most_common()[0], found.most_common()[-1]
        where = f" in {printable(split)}" if split else ""
        said = f"{many} inputs of {printable(most) or '(no folder)'} to {few} of {printable(least) or '(no folder)'}"
        click.echo(f"{len(found)} classes{where}: {said}.")
    if report.faults:
        rows = [_row(report, code, count) for code, count in report.counts.items()]
        click.echo(
            "\n".join(
                table.columns(
                    ("code", "count", "confidence", "meaning and first inputs"), rows, wrap="meaning and first inputs"
                )
            )
        )
    for fault in report.faults if every else ():
        click.echo(f"  {fault.code:12} {fault.confidence:.2f} {printable(fault.path)}: {printable(fault.reason)}")


def _row(report: Report, code: str, count: int) -> tuple[str, str, str, str]:
    from augreg.jobs.cleaning.report import meaning

    faults = [fault for fault in report.faults if fault.code == code]
    least, most = min(f.confidence for f in faults), max(f.confidence for f in faults)
    span = f"{least:.2f}" if f"{least:.2f}" == f"{most:.2f}" else f"{least:.2f} to {most:.2f}"
    names = ", ".join(printable(fault.path) for fault in faults[:SHOWN])
    more = f" and {count - SHOWN} more" if count > SHOWN else ""
    return code, str(count), span, f"{meaning(code)}: {names}{more}"

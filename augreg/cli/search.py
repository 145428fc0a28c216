"""`augreg search`: a policy that beats TrivialAugment on this data, or the answer that none was found."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from augreg.cli import table
from augreg.cli.evaluate import Duration
from augreg.cli.report import printable

if TYPE_CHECKING:
    from augreg.learn import Found

EPILOG = """\b
Examples:
  augreg search --data photos/ --out policy.yaml --report search/
  augreg search --data said.csv --operations text.keyboard,text.word_swap --budget 5m --workers 2
  augreg run policy.yaml photos/ out/

\b
Exit codes:
  0 a policy or trivial was written      1 stopped before anything was confirmed; trivial was written
  2 wrong usage, or data or a model that cannot be searched with
"""

HEADS = ("candidate", "in trials", "metric", "trivial", "to trivial", "to none")


@click.command("search", epilog=EPILOG)
@click.option(
    "--data", required=True, metavar="IN", help="A folder with a folder for each class, or a list (.csv, ...)."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default="policy.yaml", show_default=True, help="The file."
)
@click.option("--method", default="optuna", show_default=True, help="optuna, random, cta or weights.")
@click.option("--task", help="image-, text- or audio-classification; told by the data.")
@click.option("--model", metavar="NAME", help="small-cnn, linear, sklearn:SVC, or module:Class of your own.")
@click.option("--operations", default="", metavar="NAMES|FILE", help="What to draw from; what trivial draws from.")
@click.option("--tune", default="", metavar="lr,batch_size", help="Settings of our networks that are searched, too.")
@click.option("--seeds", type=click.IntRange(2), default=5, show_default=True, help="Trainings that confirm.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Another one, another search.")
@click.option("--budget", type=Duration(), help="Time.  [default: 10m, without --trainings]")
@click.option("--trainings", type=click.IntRange(1), help="Trainings at most: the same result on any machine.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes.")
@click.option(
    "--engine",
    type=click.Choice(["process", "ray"]),
    default="process",
    show_default=True,
    help="Where trainings are done; ray: as tasks of a Ray cluster.",
)
@click.option(
    "--ray-address", metavar="ADDRESS", help="The cluster of --engine ray, auto for this machine's; else a local one."
)
@click.option("--train-size", type=click.IntRange(2), help="Train on so many samples, others for each seed.")
@click.option("--held-share", type=float, default=0.3, show_default=True, help="Of the training: what confirms.")
@click.option("--test-share", type=float, help="Hold back so much of data without a split, for a test of your own.")
@click.option("--class-from", default="auto", metavar="folder|COLUMN", help="What tells the class.")
@click.option("--split-from", default="auto", metavar="folder|none|COLUMN|REGEX", help="What tells train and test.")
@click.option("--groups", metavar="COLUMN|REGEX", help="Whose a sample is; a group stays on one side of each split.")
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), metavar="OUT", help="Keep trainings there, to go on."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def search_command(
    data: str,
    out: Path,
    class_from: str,
    split_from: str,
    groups: str | None,
    tune: str,
    report: Path | None,
    *,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Search a policy by short real trainings, and write it only if it beats TrivialAugment on samples held back.

    A test split is not even opened. Ctrl-C ends the search; the same command with --report goes on where it stopped.
    """
    from augreg.learn import read, search
    from augreg.learn.searching.found import check_target

    check_target(out)
    options["operations"] = options["operations"] or ()
    options["tune"] = [name.strip() for name in tune.split(",") if name.strip()]
    held = read(data, class_from=class_from, split_from=split_from, groups=groups, test=False)
    # A model of one's own lies where the command runs, which `python -m` would look into, too.
    sys.path.insert(0, str(Path.cwd()))
    with _best_so_far(quiet=quiet) as show:
        found = search(held, report=report, progress=show, **options)
    found.save(out)
    if as_json:
        click.echo(json.dumps(found.to_json(), default=str))
    else:
        _tell(found, out, report)
    if found.outcome in ("interrupted", "not confirmed"):
        sys.exit(1)


@contextmanager
def _best_so_far(*, quiet: bool) -> Iterator[Callable[[int, int, str], None]]:
    """Give a function that shows on stderr how many trainings are done, and the best so far."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, wanted, said: None
        return
    with click.progressbar(length=1, label="training", file=sys.stderr, item_show_func=lambda said: said) as bar:

        def show(done: int, wanted: int, said: str) -> None:
            bar.length = max(wanted, done)
            bar.update(done - bar.pos, said)

        yield show


def _tell(found: Found, out: Path, report: Path | None) -> None:
    from augreg.learn.searching.page import said
    from augreg.learn.telling import difference, number

    facts = found.data
    click.echo(printable(found.summary))
    click.echo(
        f"\n{printable(facts['name'])}: {facts['samples']} training samples, {facts['classes']} classes; "
        f"{facts['searched']} searched on, {facts['held']} held back; {printable(found.model)}; {found.method}, "
        f"{len(found.trials)} trials."
    )
    for note in found.notes:
        click.echo(f"Note: {printable(note)}.")
    rows = [
        (
            said(one.candidate.steps, str(facts["modality"])),
            f"{one.trial:+.3g}",
            number(one.number, found.metric),
            number(one.trivial, found.metric),
            difference(one.to_trivial, found.metric),
            difference(one.to_none, found.metric),
        )
        for one in found.finalists
    ]
    if rows:
        click.echo("\n".join(table.columns(HEADS, [tuple(map(printable, row)) for row in rows], wrap="candidate")))
    if found.unconfirmed is not None:
        click.echo(f"\nBest so far, not confirmed: {said(found.unconfirmed.candidate.steps, str(facts['modality']))}")
    beside = f"; the page is {printable(str(report / 'search.html'))}, search.json lies beside it" if report else ""
    click.echo(f"\nThe policy is {printable(str(out))}{beside}. Use it: augreg run {printable(str(out))} IN OUT")

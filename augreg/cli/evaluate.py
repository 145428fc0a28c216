"""`augreg evaluate`: whether augmentation helps a model, and what it breaks."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from augreg.cli import table
from augreg.cli.progress import counted
from augreg.cli.report import printable

if TYPE_CHECKING:
    from augreg.learn import Data, Outcome

UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3600}

SEEDS: Final = 5

DEMO_BUDGET: Final = 300.0
"""Seconds of the demonstration."""

EPILOG = """\b
Examples:
  augreg evaluate                     a demonstration on digits, at most five minutes
  augreg evaluate --data photos/ --pipeline p.yaml --budget 10m --report out/
  augreg evaluate --data said.csv --operations text.keyboard,text.word_swap --corrupt text.keyboard
  augreg evaluate --data photos/ --pipeline p.yaml --full --workers 4 --report out/

\b
Exit codes:
  0 measured      2 wrong usage, or data or a model that cannot be evaluated
"""


class Duration(click.ParamType):  # type: ignore[type-arg]  # older click has no argument there
    """Seconds, written as 90, 90s, 10m or 1.5h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds."""
        if isinstance(value, float):
            return value
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value))
        if found is None or not float(found[1]):
            self.fail(f"{value!r} is no time. Write it as 90s, 10m or 1.5h.", param, ctx)
        return float(found[1]) * UNITS[found[2]]


@click.command("evaluate", epilog=EPILOG)
@click.option("--data", metavar="IN", help="A folder with a folder for each class, or a list (.csv, .tsv, .jsonl).")
@click.option("--pipeline", type=click.Path(path_type=Path), help="The pipeline's file; without, trivial alone.")
@click.option("--task", help="As image-classification, object-detection; told by the data.")
@click.option("--model", metavar="NAME", help="As small-cnn, resnet18, sklearn:SVC; or module:Class of your own.")
@click.option("--operations", default="", metavar="NAMES|FILE", help="More operations that are measured alone.")
@click.option("--alone/--no-alone", default=True, help="Whether steps of the pipeline are trained alone, too.")
@click.option("--seeds", type=click.IntRange(2), help=f"Trainings of each arm.  [default: {SEEDS}]")
@click.option("--budget", type=Duration(), help="Stop in time, as in 10m; what is left out reads not measured.")
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
@click.option("--test-share", type=float, help="Of data that has no split.  [default: 0.25]")
@click.option("--class-from", default="auto", metavar="folder|COLUMN", help="What tells the class.")
@click.option("--labels", metavar="FORM[:WHERE]", help="Boxes are learned: auto, coco:instances.json, yolo, voc.")
@click.option("--split-from", default="auto", metavar="folder|none|COLUMN|REGEX", help="What tells train and test.")
@click.option("--groups", metavar="COLUMN|REGEX", help="Whose a sample is; a group stays on one side of the split.")
@click.option(
    "--leaks",
    type=click.Choice(["refuse", "drop"]),
    default="refuse",
    show_default=True,
    help="What to do with training samples that are in the test, too.",
)
@click.option("--clean", is_flag=True, help="Leave out of the training, never of the test, what augreg clean finds.")
@click.option("--corrupt", default="", metavar="NAMES|default", help="Also score on tests that these corrupt.")
@click.option(
    "--full", is_flag=True, help="Also other strengths, steps left out, operations by level, corrupted tests."
)
@click.option(
    "--report", type=click.Path(path_type=Path, file_okay=False), metavar="OUT", help="Keep the report there."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def evaluate_command(
    data: str | None,
    class_from: str,
    labels: str | None,
    split_from: str,
    groups: str | None,
    report: Path | None,
    *,
    as_json: bool,
    quiet: bool,
    **options: Any,
) -> None:
    """Train a model with and without augmentation, over paired seeds, and say whether it helps and whom it harms.

    Compared are no augmentation, the control (as many looks at the samples, none augmented), TrivialAugment, the
    pipeline, and each operation alone. Every training is kept in --report; a command that was stopped goes on there.
    """
    from augreg.learn import evaluate, read

    options["operations"] = options["operations"] or ()
    if labels is None and options["task"] == "object-detection":
        labels = "auto"
    reading: dict[str, Any] = {"class_from": class_from, "split_from": split_from, "groups": groups, "labels": labels}
    held = _demo(options, reading) if data is None else read(data, **reading)
    options["seeds"] = options["seeds"] or SEEDS
    # A model of one's own lies where the command runs, which `python -m` would look into, too.
    sys.path.insert(0, str(Path.cwd()))
    with counted(quiet=quiet, label="training") as show:
        found = evaluate(held, report=report, progress=show, **options)
    if as_json:
        click.echo(json.dumps(found.to_json()))
    else:
        _tell(found, report)


def _demo(options: dict[str, Any], reading: dict[str, Any]) -> Data:
    """Return the digits, and fill in what the user did not say."""
    for name, value in reading.items():
        if value not in ("auto", None):
            raise click.UsageError(f"--{name.replace('_', '-')} says how data is read, and there is none. Give --data.")
    from augreg.learn.demo import MODEL, PIPELINE, SPOILERS, TRAIN, digits
    from augreg.learn.demo import SEEDS as MANY

    held = digits()
    options["pipeline"] = options["pipeline"] or PIPELINE
    options["operations"] = options["operations"] or SPOILERS
    options["model"] = options["model"] or MODEL
    options["seeds"] = options["seeds"] or MANY
    options["train_size"] = options["train_size"] or TRAIN
    options["budget"] = options["budget"] or DEMO_BUDGET
    return held


def _tell(found: Outcome, report: Path | None) -> None:
    from augreg.learn.tables import HEADS, rows

    facts = found.data
    click.echo(printable(found.summary))
    click.echo(
        f"\n{printable(facts['name'])}: {facts['samples']} samples, {facts['classes']} classes; {facts['train']} "
        f"train, {facts['test']} test, split {facts['split']}; {printable(found.model)}; "
        f"{found.metric}, ± 95 % over seeds."
    )
    for note in found.notes:
        click.echo(f"Note: {printable(note)}.")
    _table(HEADS, rows(found), "classes harmed")
    for flag in found.flags:
        click.echo(f"! {printable(flag)}")
    for block in found.blocks:
        click.echo(
            f"\n{block.letter}. {block.title}" + (f": not measured, {printable(block.why)}." if block.why else "")
        )
        if not block.why:
            _table(block.heads, list(block.rows), block.heads[0])
    if report is not None:
        click.echo(f"\nThe report is {printable(str(report / 'report.html'))}; report.json lies beside it.")


def _table(heads: tuple[str, ...], rows: list[tuple[str, ...]], wrap: str) -> None:
    shown = [tuple(map(printable, row)) for row in rows]
    click.echo("\n".join(table.columns(heads, shown, wrap=wrap)))

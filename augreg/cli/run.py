"""`augreg run`: augment a folder into another folder."""

from __future__ import annotations

import secrets
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from augreg.cli.app import Failure, debugging
from augreg.errors import MediaError

if TYPE_CHECKING:
    from augreg.jobs import Summary
    from augreg.jobs.job import Progress

FOLDER = click.Path(path_type=Path)
SHOWN = 10
"""Refused inputs that the summary names; the manifest has them all."""


EPILOG = """\b
Example:
  augreg run pipeline.yaml photos/ augmented/ --seed 7 --copies 3

\b
Exit codes:
  0 everything was written      1 some files were refused
  2 wrong usage                 3 the disk is full, or another fault of the machine
130 interrupted               143 terminated (SIGTERM)
"""


@click.command("run", short_help="Augment a folder of media files.", epilog=EPILOG)
@click.argument("pipeline", type=click.Path(path_type=Path))
@click.argument("source", metavar="IN", type=FOLDER)
@click.argument("out", metavar="OUT", type=FOLDER)
@click.option("--seed", type=int, help="Same seed, same outputs. Without it one is drawn, printed and recorded.")
@click.option("--epoch", type=int, default=0, show_default=True, help="Part of the random numbers' key.")
@click.option("--copies", type=click.IntRange(1), default=1, show_default=True, help="Augmented versions per file.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, cuda:0, ... or auto.")
@click.option(
    "--batch-size",
    type=click.IntRange(1),
    default=32,
    show_default=True,
    help="Samples at once. Only steps that mix samples (mixup, mosaic, ...) see who else is there.",
)
@click.option(
    "--on-error",
    type=click.Choice(["skip", "raise"]),
    default="skip",
    show_default=True,
    help="Report a bad file and go on, or stop at it.",
)
@click.option(
    "--limit",
    "limits",
    multiple=True,
    metavar="NAME=N",
    help="Refuse larger files before decoding: pixels, frames, video_bytes, audio_values, text_bytes.",
)
@click.option("--overwrite", is_flag=True, help="Write into a folder that is not empty.")
@click.option("--resume", is_flag=True, help="Go on with a job that was stopped in OUT; give its other options again.")
@click.pass_context
def run_command(
    context: click.Context,
    /,
    pipeline: Path,
    source: Path,
    out: Path,
    seed: int | None,
    limits: tuple[str, ...],
    **options: Any,
) -> None:
    """Augment every image, sound, video and text in the folder IN by PIPELINE, into the folder OUT.

    cat/001.jpg becomes cat/001__a0.jpg, cat/001__a1.jpg, ... in the same formats. Files whose modality has no steps
    are copied byte for byte. manifest.jsonl says for every output which steps ran with which parameters, and for every
    refused file why; run.json says how to do it again.

    Where the pipeline has joint steps or a schema, files of one name (7.jpg and 7.txt, or 7.image.png and 7.depth.png)
    are the fields of one record, and a film with sound is a record of video and audio, written back as one file.

    A file's random numbers depend on the seed, the epoch, the copy and its path within IN, on nothing else. A job that
    was stopped and resumed ends with the files of one that was not; inputs that were refused are tried again.
    """
    from augreg.jobs import Settings, run
    from augreg.jobs.resume import job_record
    from augreg.media.limits import parse_limits
    from augreg.pipeline import Pipeline

    begun = job_record(out) if options["resume"] else None
    drawn = secrets.randbelow(2**31) if begun is None else begun.get("seed", 0)
    chosen = drawn if seed is None else seed
    loaded = Pipeline.load(pipeline)
    settings = Settings(source=source, out=out, seed=chosen, limits=parse_limits(limits), **options)
    try:
        with _terminable(), _progress() as progress:
            summary = run(loaded, settings, progress)
    except KeyboardInterrupt as stopped:
        terminated = isinstance(stopped, Terminated)
        click.echo(f"\n{'Terminated' if terminated else 'Interrupted'}. {_whole(out)}", err=True)
        context.exit(143 if terminated else 130)
    except OSError as error:
        if isinstance(error, MediaError) or debugging(context):
            raise
        raise MachineFailure(f"{error.strerror or error}: {error.filename or out}. {_whole(out)}") from error
    report(summary, out, chosen, drawn=seed is None)
    if summary.rejected:
        context.exit(1)


def _whole(out: Path) -> str:
    return f"Every file in {out} is whole, its manifest says what is there; --resume goes on."


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived, as batch systems send it before they kill."""


class MachineFailure(Failure):
    """A fault that is not one file's: every further one would meet it."""

    exit_code = 3


@contextmanager
def _terminable() -> Iterator[None]:
    """Let SIGTERM stop the job in order, as Ctrl-C does; it would else leave what is half staged."""

    def stop(*_: object) -> None:
        raise Terminated

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Give a function that shows progress on stderr: a bar on a terminal, else a line now and then."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        shown = bar.add_task("files")

        def show(summary: Summary) -> None:
            refused = f" · {summary.rejected} refused" if summary.rejected else ""
            done = summary.written + summary.rejected
            bar.update(shown, total=summary.inputs, completed=done, description=f"files{refused}")

        yield show


class _Lines:
    """Prints a line every few seconds."""

    def __init__(self, every: float = 5.0) -> None:
        self._every = every
        self._next = time.monotonic() + every

    def __call__(self, summary: Summary) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        done = summary.written + summary.rejected
        click.echo(f"{done}/{summary.inputs} files, {summary.rejected} refused, {summary.seconds:.0f} s", err=True)


def report(summary: Summary, out: Path, seed: int, *, drawn: bool) -> None:
    """Print what was done, and which files were refused."""
    kinds = ", ".join(f"{count} {name}" for name, count in sorted(summary.modalities.items())) or "none"
    click.echo(f"{summary.outputs} files written to {out} from {summary.written} inputs ({kinds})", nl=False)
    click.echo(f" in {summary.seconds:.1f} s.")
    if summary.resumed:
        click.echo(f"{summary.resumed} of these inputs had been done before the job was resumed.")
    if summary.copied:
        click.echo(f"{summary.copied} inputs were copied byte for byte: the pipeline has no steps for them.")
    for step, count in sorted(summary.left.items()):
        click.echo(f'{count} files were left as they are by {step}: manifest.jsonl says why, under "left".')
    if summary.ignored:
        kinds = ", ".join(f"{count} x {suffix}" for suffix, count in summary.ignored.most_common(6))
        click.echo(f"{summary.ignored.total()} other files were left aside ({kinds}).")
    if drawn:
        click.echo(f"The seed was {seed}: pass --seed {seed} to get the same again.")
    if summary.rejected:
        _report_refused(summary)


def _report_refused(summary: Summary) -> None:
    click.echo(f"{summary.rejected} of {summary.inputs} inputs were refused:", err=True)
    for path, code, reason in summary.errors[:SHOWN]:
        click.echo(f"  {code:14} {printable(path)}: {printable(reason)}", err=True)
    if summary.rejected > SHOWN:
        click.echo(f"  and {summary.rejected - SHOWN} more; manifest.jsonl lists them all.", err=True)
    if summary.skipped:
        click.echo(f"Stopped there; {summary.skipped} inputs were not reached.", err=True)


def printable(text: str) -> str:
    """Return a text in one line that any terminal takes: control characters and stray bytes escaped."""
    shown = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)

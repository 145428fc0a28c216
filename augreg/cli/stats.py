"""`augreg stats`: a data set in numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from augreg.cli.progress import counted

EPILOG = """\b
Example:
  augreg stats photos/ --out stats.json
  then, in a pipeline:  image.normalize: {stats: stats.json}

\b
Exit codes:
  0 everything was measured      1 some inputs cannot be read      2 wrong usage
"""


@click.command("stats", epilog=EPILOG)
@click.argument("source", metavar="IN")
@click.option("--form", default="auto", show_default=True, help="What IN is, as for augreg run.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write there, and print nothing.")
@click.option("--limit", "limits", multiple=True, metavar="NAME=N", help="As for augreg run: pixels, frames, ...")
@click.option("--workers", type=click.IntRange(0), default=0, help="Threads. 0: as many as there are cores.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@click.pass_context
def stats_command(
    context: click.Context, /, source: str, out: Path | None, limits: tuple[str, ...], *, quiet: bool, **options: Any
) -> None:
    """Measure every sample of IN: sizes, mean and deviation of each channel, loudness and rates, lengths, words.

    Mean and deviation are of all pixels together, as shares of white, as image.normalize takes them.
    """
    from augreg.jobs import stats
    from augreg.jobs.measured import write_stats
    from augreg.media.limits import parse_limits

    with counted(quiet=quiet) as show:
        found = stats(source, limits=parse_limits(limits), progress=show, **options)
    if out is None:
        click.echo(json.dumps(found, indent=2))
    else:
        write_stats(found, out)
    if found["refused"]:
        said = ", ".join(f"{count} x {code}" for code, count in found["refused"].items())
        click.echo(
            f"{sum(found['refused'].values())} inputs cannot be read ({said}); augreg clean names them.", err=True
        )
    context.exit(int(bool(found["refused"])))

"""`augreg preview`: a picture of what steps do to one file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augreg.errors import ConfigError, MediaError

if TYPE_CHECKING:
    from augreg.samples import Sample
    from augreg.showcase.layout import Section
    from augreg.showcase.preview import Step, View


EPILOG = """\b
Examples:
  augreg preview photo.jpg -o sheet.png --steps image.rotate,image.hflip
  augreg preview voice.wav --steps "audio.gain(decibels=[-12,0]),audio.lowpass"
  augreg preview photo.jpg --steps image.rotate --level 0.2,0.5,1
"""


@click.command("preview", short_help="Draw what steps do to one file.", epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="The picture to write. Default: FILE's name with -preview.png."
)
@click.option("--steps", help="Names, with parameters if you like: image.rotate(degrees=[-20,20]),image.hflip")
@click.option("--pipeline", type=click.Path(path_type=Path), help="A pipeline file instead of --steps.")
@click.option("--rows", type=click.IntRange(1, 8), default=1, show_default=True, help="Rows of variants per step.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, other variants.")
@click.option("--level", help="Strengths from 0 to 1 to compare, such as 0.2,0.5,1, instead of random variants.")
def preview_command(
    file: Path, out: Path | None, steps: str | None, pipeline: Path | None, rows: int, seed: int, level: str | None
) -> None:
    """Draw FILE (an image, a sound, a video or a text) as it is and after each step, and after all of them.

    Without --steps and --pipeline, every installed augmenter for the file is shown once.
    """
    from augreg import media
    from augreg.showcase.preview import View, gallery

    if steps and pipeline:
        raise click.UsageError("--steps and --pipeline exclude each other. Give one of them.")
    if level and not (steps or pipeline):
        raise click.UsageError("--level compares strengths of chosen steps. Give --steps or --pipeline, too.")
    target = out or file.with_name(f"{file.stem}-preview.png")
    if target.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise click.UsageError(f"-o {target} must end in .png, .jpg or .webp.")
    sample = media.read(file)
    if steps or pipeline:
        view = View(seed, 3 * rows, _levels(level))
        _save(_sections(sample, steps, pipeline, view), file, target, f"seed {seed}")
        return
    section, failed = gallery(sample, seed)
    for name, reason in failed.items():
        click.echo(f"not shown: {name}: {reason}", err=True)
    _save([section], file, target, f"seed {seed}")


def _sections(sample: Sample, steps: str | None, pipeline: Path | None, view: View) -> list[Section]:
    from augreg.showcase.preview import parse_steps, preview

    chosen: list[Step] = parse_steps(steps) if steps else _of_pipeline(pipeline, sample.modality)
    return preview(sample, chosen, view)


def _of_pipeline(path: Path | None, modality: str) -> list[Step]:
    """Return a pipeline's steps for a modality."""
    from augreg.pipeline import Pipeline

    assert path is not None
    steps: list[Step] = Pipeline.load(path).to_dict().get(modality, [])
    if not steps:
        raise ConfigError(f"pipeline {str(path)!r} has no steps for {modality}. Choose another file or pipeline.")
    return steps


def _levels(written: str | None) -> tuple[float, ...]:
    if written is None:
        return ()
    parts = written.split(",")
    if not all(re.fullmatch(r"\s*(0|1|0?\.\d+|[01]\.0*|0\.\d+)\s*", part) for part in parts):
        raise click.UsageError(f"--level {written!r} must be numbers from 0 to 1, such as 0.2,0.5,1.")
    return tuple(float(part) for part in parts)


def _save(sections: list[Section], file: Path, target: Path, subtitle: str) -> None:
    from augreg.cli.run import printable
    from augreg.showcase.sheet import contact_sheet

    picture = contact_sheet(sections, printable(file.name), subtitle)
    try:
        picture.save(target)
    except OSError as error:
        reason = f"cannot be written: {error.strerror}. Give -o a path in a folder that is there."
        raise MediaError(target, reason) from None
    click.echo(f"Wrote {target}.")

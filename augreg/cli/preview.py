"""`augreg preview`: a picture of what steps do to a file, or to the files of one record."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from augreg.cli.complete import step_names
from augreg.errors import ConfigError, MediaError

if TYPE_CHECKING:
    from augreg.showcase.layout import Section
    from augreg.showcase.subject import Step, Subject


EPILOG = """\b
Examples:
  augreg preview photo.jpg -o sheet.png --steps image.rotate,image.hflip
  augreg preview voice.wav --steps "audio.gain(decibels=[-12,0]),audio.lowpass"
  augreg preview photo.jpg --steps image.rotate --level 0.2,0.5,1
  augreg preview photo.jpg caption.txt --steps image_text.hflip
  augreg preview film.mp4 --steps av.speed,av.reverse
"""


@click.command("preview", short_help="Draw what steps do to a file or a record.", epilog=EPILOG)
@click.argument("files", metavar="FILE...", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "-o", "--out", type=click.Path(path_type=Path), help="The picture to write. Default: FILE's name with -preview.png."
)
@click.option(
    "--steps",
    shell_complete=step_names,
    help="Names, with parameters if you like: image.rotate(degrees=[-20,20]),image.hflip",
)
@click.option("--pipeline", type=click.Path(path_type=Path), help="A pipeline file instead of --steps.")
@click.option("--rows", type=click.IntRange(1, 8), default=1, show_default=True, help="Rows of variants per step.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another seed, other variants.")
@click.option("--level", help="Strengths from 0 to 1 to compare, such as 0.2,0.5,1, instead of random variants.")
def preview_command(
    files: tuple[Path, ...],
    out: Path | None,
    steps: str | None,
    pipeline: Path | None,
    rows: int,
    seed: int,
    level: str | None,
) -> None:
    """Draw FILE (an image, a sound, a video or a text) as it is and after each step, and after all of them.

    Several files, such as a picture and its caption, are one record, which joint steps change together; so is a film
    with its sound track. Without --steps and --pipeline, every installed augmenter for what is there is shown once.
    """
    from augreg.showcase.preview import View, gallery, preview

    if steps and pipeline:
        raise click.UsageError("--steps and --pipeline exclude each other. Give one of them.")
    if level and not (steps or pipeline):
        raise click.UsageError("--level compares strengths of chosen steps. Give --steps or --pipeline, too.")
    target = out or files[0].with_name(f"{files[0].stem}-preview.png")
    if target.suffix.lower() not in (".png", ".jpg", ".jpeg", ".webp"):
        raise click.UsageError(f"-o {target} must end in .png, .jpg or .webp.")
    # Said before the work, which may take a minute.
    if not target.parent.is_dir():
        raise MediaError(target, f"there is no folder {str(target.parent)!r}. Make it, or give another -o.")
    if not os.access(target.parent, os.W_OK):
        raise MediaError(target, f"folder {str(target.parent)!r} may not be written. Give another -o.")
    subject = _read(files)
    if steps or pipeline:
        view = View(seed, 3 * rows, _levels(level))
        _save(preview(subject, _chosen(steps, pipeline, subject), view), files, target, f"seed {seed}")
        return
    sections, failed = gallery(subject, seed)
    for name, reason in failed.items():
        click.echo(f"not shown: {name}: {reason}", err=True)
    _save(sections, files, target, f"seed {seed}")


def _read(files: Sequence[Path]) -> Subject:
    """Read what is to be previewed: a film comes with its sound, unless a file of sound stands beside it."""
    from augreg import media
    from augreg.media.films import load_sound
    from augreg.showcase.subject import Subject

    loaded = [media.load(file) for file in files]
    samples = [each.sample for each in loaded]
    if not any(sample.modality == "audio" for sample in samples):
        samples += [sound for each in loaded if (sound := load_sound(each)) is not None]
    return Subject.of(*samples)


def _chosen(steps: str | None, pipeline: Path | None, subject: Subject) -> list[Step]:
    """Return the steps to show: those that are written, or a pipeline's for what is there."""
    from augreg.pipeline import Pipeline
    from augreg.showcase.preview import parse_steps

    if steps:
        written: list[Step] = parse_steps(steps)
        return written
    plan = Pipeline.load(pipeline or Path()).to_dict()
    found: list[Step] = [step for branch in ("record", *subject.parts) for step in plan.get(branch, [])]
    if not found:
        kinds = " and ".join(subject.parts)
        raise ConfigError(f"pipeline {str(pipeline)!r} has no steps for {kinds}. Choose another file or pipeline.")
    return found


def _levels(written: str | None) -> tuple[float, ...]:
    if written is None:
        return ()
    parts = written.split(",")
    if not all(re.fullmatch(r"\s*(0|1|0?\.\d+|[01]\.0*|0\.\d+)\s*", part) for part in parts):
        raise click.UsageError(f"--level {written!r} must be numbers from 0 to 1, such as 0.2,0.5,1.")
    return tuple(float(part) for part in parts)


def _save(sections: list[Section], files: Sequence[Path], target: Path, subtitle: str) -> None:
    from augreg.cli.report import printable
    from augreg.showcase.sheet import contact_sheet

    picture = contact_sheet(sections, printable(", ".join(file.name for file in files)), subtitle)
    try:
        picture.save(target)
    except OSError as error:
        reason = f"cannot be written: {error.strerror}. Give another -o."
        raise MediaError(target, reason) from None
    click.echo(f"Wrote {target}.")

"""`augreg demo`: a small mixed batch, made and augmented on the spot."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import click

DEFAULT = Path("augreg-demo")


@click.command("demo", short_help="Augment a small mixed batch and write everything to a folder.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write. Default: ./augreg-demo, or the next free."
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another seed, other augmentations.")
@click.option("--copies", type=click.IntRange(1, 20), default=3, show_default=True, help="Versions per sample.")
@click.option("--overwrite", is_flag=True, help="Replace the files of an earlier demo.")
def demo_command(out: Path | None, seed: int, copies: int, overwrite: bool) -> None:
    """Make a picture, a voice, a clip and sentences, augment them as one batch, and write all of it to a folder.

    The folder then holds inputs/, outputs/, manifest.jsonl (which steps ran with which parameters), pipeline.yaml (to
    use with `augreg run`) and contact_sheet.png, which shows everything side by side. Nothing is downloaded.
    """
    folder = _folder(out, overwrite)
    click.echo("Painting a landscape, speaking a few syllables, filming a balloon ...", err=True)
    from augreg.showcase.demo import make_demo

    made = make_demo(folder, seed, copies)
    click.echo(
        f"{made.samples} samples of 4 modalities went through one pipeline, {copies} times: {made.outputs} outputs."
    )
    click.echo(f"  {folder}/contact_sheet.png   look here first")
    click.echo(f"  {folder}/inputs, outputs     the files")
    click.echo(f"  {folder}/manifest.jsonl      what was done to each")
    if made.missing:
        click.echo(f"Left out, because no plugin offers them: {', '.join(made.missing)}.")
    click.echo(f"Next: augreg run {folder}/pipeline.yaml {folder}/inputs more/ --seed 8 --copies 5")


def _folder(out: Path | None, overwrite: bool) -> Path:
    """Return a folder that holds nothing yet, unless its files may be replaced."""
    wanted = out or DEFAULT
    if overwrite or _free(wanted):
        return wanted
    if out is not None and not out.is_dir():
        raise click.UsageError(f"{out} is a file. Choose another --out.")
    if out is not None:
        raise click.UsageError(f"{out} is not empty. Choose another --out, or --overwrite to replace what is there.")
    free = next(path for n in count(2) if _free(path := Path(f"{DEFAULT}-{n}")))
    click.echo(f"{DEFAULT} is there already; writing to {free}.", err=True)
    return free


def _free(folder: Path) -> bool:
    return not folder.exists() or (folder.is_dir() and not any(folder.iterdir()))

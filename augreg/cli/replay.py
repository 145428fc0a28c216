"""`augreg replay`: one output again."""

from __future__ import annotations

from pathlib import Path

import click

from augreg.cli.report import printable


@click.command("replay")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.argument("line", metavar="LINE")
@click.option("--source", metavar="IN", required=True, help="The input of the job.")
@click.option("--root", metavar="DIR", help="Where IN is a list: the folder from which its paths count.")
@click.option("--labels", metavar="FORM:WHERE", help="Where labels of IN lie, if not where they lay in the job.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--names", type=click.Path(path_type=Path), help="What --names-to wrote, where names are aliases.")
@click.pass_context
def replay_command(
    context: click.Context,
    out: Path,
    line: str,
    source: str,
    root: str | None,
    labels: str | None,
    output: Path,
    names: Path | None,
) -> None:
    """Make one output of a job again, from its source and what the manifest says of it.

    LINE is the number of a line of OUT/manifest.jsonl, the line itself, or the path of an output; of a member of a tar
    its path within OUT (augreg-000000.tar/cat/1__a0.png), of a cell of a table its file, row and column
    (data/train-00000-of-00001.parquet/7#image). What was mixed into the output is read from IN, too. Exit code 1: what
    was made is not what was recorded.

    \b
    Examples:
      augreg replay augmented/ cat/001__a0.jpg --source photos/ -o again.jpg
      augreg replay augmented/ augreg-000000.tar/cat/1__a0.jpg --source 'shards/*.tar' -o again.jpg
    """
    from augreg.jobs import replay

    found = replay(out, line, source, output, names, root, labels)
    for note in found.notes:
        click.echo(f"Another version: {printable(note)}.", err=True)
    said = "the recorded one" if found.same else f"not the recorded one, {found.line['sha256']}"
    click.echo(f"{output}: its SHA-256 {found.sha256} is {said}.", err=not found.same)
    context.exit(int(not found.same))

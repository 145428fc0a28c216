"""`augreg forget`: removes what came from some inputs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from augreg.cli.report import printable
from augreg.errors import ConfigError

SHOWN: Final = 10
"""Mixed outputs' inputs that are named."""


@click.command("forget")
@click.argument("out", metavar="OUT", type=click.Path(path_type=Path))
@click.option("--source", "sources", metavar="ID", multiple=True, help="Source or key as manifest.jsonl has it.")
@click.option("--from-file", "listed", type=click.Path(path_type=Path), help="A file with one ID on each line.")
@click.option("--names", type=click.Path(path_type=Path), help="What --names-to wrote, where names are aliases.")
def forget_command(out: Path, sources: tuple[str, ...], listed: Path | None, names: Path | None) -> None:
    """Remove all that came from some inputs out of OUT: outputs, lines, names and hashes; and look that it is gone.

    A file of a record stands for the whole record. Outputs into which a forgotten input was mixed go as well, with all
    copies of the input that they were made of. run.json then says how many were forgotten, and by keyed hashes lets
    --resume leave them out. Killed at any moment, the command can be given again. The source itself, and copies of
    OUT elsewhere, are yours to remove.
    """
    from augreg.jobs import forget

    found = forget(out, [*sources, *(_read(listed) if listed is not None else [])], names)
    click.echo(f"{found.inputs} inputs forgotten, {found.outputs} outputs removed. Nothing of them is left in {out}.")
    if found.before:
        click.echo(f"{found.before} had been forgotten before.")
    if found.twins:
        shown = ", ".join(printable(key) for key in found.twins[:SHOWN])
        click.echo(f"{len(found.twins)} other inputs hold the same bytes, and stay: {shown}.")
    if found.mixed:
        shown = ", ".join(printable(key) for key in found.mixed[:SHOWN])
        more = f" and {len(found.mixed) - SHOWN} more" if len(found.mixed) > SHOWN else ""
        click.echo(f"{len(found.mixed)} further inputs lost their outputs, into which it was mixed: {shown}{more}.")


def _read(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise ConfigError(f"list {str(path)!r} cannot be read: {reason}.") from None

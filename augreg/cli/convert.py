"""`augreg convert`: another library's pipeline as a pipeline file of augreg."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from augreg.cli.aside import aside
from augreg.errors import ConfigError


@click.command("convert")
@click.argument("source", metavar="FILE_OR_STRING")
@click.option("-o", "--output", metavar="FILE", help="Write there, instead of to the terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object with the pipeline and the report.")
def convert_command(source: str, output: str | None, as_json: bool) -> None:
    """Turn another library's pipeline into a pipeline file of augreg.

    FILE is JSON or YAML: what albumentations' to_dict or A.save writes, settings of ultralytics (args.yaml), or a
    train_pipeline of MMDetection (or a Python file with train_pipeline = [...], which is read but not run). A string
    of timm, such as rand-m9-mstd0.5, is read too. Pipelines that are Python objects (torchvision, audiomentations,
    nlpaug) go through augreg.convert(object).

    \b
    Examples:
      augreg convert transform.json -o pipeline.yaml
      augreg convert runs/detect/train/args.yaml
      augreg convert rand-m9-mstd0.5-inc1

    What became of each transform, and what is not quite the same, goes to stderr and stands in the file as a comment.
    """
    from augreg.conversion.convert import convert

    with aside():
        try:
            found = convert(_read(source))
        except ConfigError as error:
            raise ConfigError(f"{source}: {error}") from None
    click.echo(str(found), err=True)
    if as_json:
        import json

        lines = [{"transform": x.transform, "how": x.how, "ours": x.ours, "differs": x.differs} for x in found.lines]
        report = {"pipeline": found.pipeline.to_dict(), "report": lines, "notes": found.notes}
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    elif output is None:
        click.echo(found.to_yaml(), nl=False)
    if output is not None:
        _write(found, output)


def _read(source: str) -> Any:
    """Return the plain data of a file, or a string of timm."""
    from augreg.conversion.of_mmdet import literal
    from augreg.conversion.peers import is_timm
    from augreg.pipeline import config

    path = Path(source)
    if not path.exists() and is_timm(source):
        return source
    if not path.exists():
        raise ConfigError("there is no such file, and no string of timm begins so. Check the path.")
    if path.suffix == ".py":
        try:
            return literal(path.read_text(encoding="utf-8"), source)
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot be read: {error}. Give a Python file in UTF-8.") from None
    return config.read(path)


def _write(found: Any, output: str) -> None:
    from augreg.pipeline import config

    if Path(output).suffix.lower() == ".json":  # JSON has no comments
        config.write(found.pipeline.to_dict(), output)
        return
    try:
        Path(output).write_text(found.to_yaml(), encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"{output!r} cannot be written: {error.strerror}. Give a path in a folder that is there."
        ) from None

"""`augreg show`: everything there is to know about one augmenter."""

from __future__ import annotations

import click

from augreg.cli.aside import aside, installed
from augreg.cli.complete import augmenter_names


@click.command("show")
@click.argument("name", shell_complete=augmenter_names)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show_command(name: str, as_json: bool) -> None:
    """Describe one augmenter: parameters, targets, devices, examples.

    \b
    Examples:
      augreg show image.rotate
      augreg show augreg-image/image.rotate     where two plugins offer the name
      augreg show image.rotate --json | jq .parameters
    """
    from augreg.cli import sheet

    known = installed()
    spec = known.resolve(name)
    with aside():
        cls = known.load(name)
    facts = sheet.Sheet(spec, cls)
    if as_json:
        import json

        click.echo(json.dumps(facts.as_dict(), indent=2))
    else:
        click.echo("\n".join(facts.lines()))

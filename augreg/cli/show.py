"""`augreg show`: everything there is to know about one augmenter, policy, set of operations or generator."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import click

from augreg.cli.aside import aside, installed
from augreg.cli.complete import show_names
from augreg.registry import Registry

SET: Final = re.compile(r"[a-z][a-z0-9_/]*/[0-9]+")
"""How names of sets look: "image/1"; full ids of augmenters, which have a slash too, do not end in a number."""


@click.command("show")
@click.argument("name", shell_complete=show_names)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object.")
def show_command(name: str, as_json: bool) -> None:
    """Describe one augmenter, policy, set or generator: parameters, targets, devices, examples; members.

    \b
    Examples:
      augreg show image.rotate
      augreg show augreg-image/image.rotate     where two plugins offer the name
      augreg show policy.trivial                where it says how a policy draws
      augreg show image/1                       the operations of a set, with what speaks for each
      augreg show image.rotate --json | jq .parameters
    """
    from augreg.cli import sheet

    known = installed()
    if SET.fullmatch(name) or known.is_policy(name):
        _show_policy(known, name, as_json)
        return
    if name in {found.name for found in known.generators()}:
        _show_generator(known, name, as_json)
        return
    spec = known.resolve(name)
    with aside():
        cls = known.load(name)
    facts = sheet.Sheet(spec, cls)
    if as_json:
        import json

        click.echo(json.dumps(facts.as_dict(), indent=2))
    else:
        click.echo("\n".join(facts.lines()))


def _show_policy(known: Registry, name: str, as_json: bool) -> None:
    """Print what is known about a policy, or about a set of operations."""
    from augreg.cli import policies

    lines: Iterable[str]
    if SET.fullmatch(name):
        found = known.operation_set(name)
        with aside():
            facts, lines = policies.set_as_dict(found), list(policies.about_set(found, known))
    else:
        spec = known.policy(name)
        with aside():
            cls = known.load_policy(name)
        facts, lines = policies.policy_as_dict(spec, cls), policies.about_policy(spec, cls, known)
    if as_json:
        import json

        click.echo(json.dumps(facts, indent=2, default=str))
    else:
        click.echo("\n".join(lines))


def _show_generator(known: Registry, name: str, as_json: bool) -> None:
    """Print what is known about a generator, which need not be imported for that."""
    from augreg.cli import policies

    facts = policies.generator_as_dict(known.generator(name))
    if as_json:
        import json

        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo("\n".join(policies.about_generator(facts)))

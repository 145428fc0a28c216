"""A command whose help shows its options under headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click


class Grouped(click.Command):
    """A command with many options.

    Args:
        groups: heading -> names of options; those that none names, as --help, come last under "Options".

    """

    def __init__(self, *args: Any, groups: Mapping[str, Sequence[str]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write every group as a list of its own."""
        left = {param.name: param.get_help_record(ctx) for param in self.get_params(ctx)}
        named = {heading: [left.pop(name) for name in names] for heading, names in self.groups.items()}
        for heading, records in {**named, "Options": list(left.values())}.items():
            if shown := [record for record in records if record is not None]:
                with formatter.section(heading):
                    formatter.write_dl(shown)

"""The command line. Commands live in modules of their own, imported when they are called."""

from __future__ import annotations


def main() -> None:
    """Run `augreg` with the arguments of this process, and exit."""
    from augreg.cli.app import app

    app(prog_name="augreg")

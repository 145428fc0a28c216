"""The command line. Commands live in modules of their own, imported when they are called."""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run `augreg` with the arguments of this process, and exit."""
    from augreg.cli.app import app

    if isinstance(sys.stdout, io.TextIOWrapper):
        # A pipe or a terminal without Unicode shall show an escape, not a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    app(prog_name="augreg")

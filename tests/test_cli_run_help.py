"""The help of `augreg run`: every option under one heading, in one sentence."""

from __future__ import annotations

from collections import Counter

import click
from click.testing import CliRunner

from augreg.cli.app import app
from augreg.cli.run import GROUPS, run_command


def test_every_option_stands_under_one_heading() -> None:
    options = {param.name for param in run_command.params if isinstance(param, click.Option)}
    named = Counter(name for names in GROUPS.values() for name in names)
    assert named == Counter(options)
    shown = CliRunner().invoke(app, ["run", "--help"]).output
    for heading in GROUPS:
        assert f"\n{heading}:\n" in shown
    for param in run_command.params:
        if isinstance(param, click.Option):
            assert shown.count(f"\n  {param.opts[0]}") >= 1
            assert param.help is not None
            assert param.help.endswith(".")
            assert ". " not in param.help.replace("...", ""), param.help

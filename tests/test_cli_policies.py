"""`augreg list --policies` and `augreg show` of policies and sets say what the registry holds."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from augreg.cli.app import app
from augreg.registry import default


def run(*arguments):
    # So wide that nothing is wrapped.
    return CliRunner(env={"COLUMNS": "400"}).invoke(app, list(arguments), prog_name="augreg")


def test_policies_and_sets_are_listed():
    listed = {entry["name"]: entry for entry in json.loads(run("list", "--policies", "--json").stdout)}
    assert {p.name for p in default().policies()} | {s.name for s in default().operation_sets()} == set(listed)
    shown = run("list", "text", "--policies", "--plugin", "Augreg_Text").stdout.splitlines()
    assert [line.split()[0] for line in shown] == ["NAME", "text/1"]
    refused = run("list", "--policies", "--tag", "geometry")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "augreg: policies have no tags. Leave out --tag geometry, or --policies.\n",
    )


@pytest.mark.parametrize("name", [s.name for s in default().operation_sets()])
def test_a_set_is_shown_with_its_members_and_what_speaks_for_them(name):
    found, shown = default().operation_set(name), run("show", name).stdout
    assert all(member.name in shown and member.why in shown for member in found.operations)
    facts = json.loads(run("show", name, "--json").stdout)
    assert [o["name"] for o in facts["operations"]] == [o.name for o in found.operations]


@pytest.mark.parametrize("name", [p.name for p in default().policies()])
def test_a_policy_is_shown_with_its_parameters(name):
    shown, facts = run("show", name).stdout, json.loads(run("show", name, "--json").stdout)
    assert facts["parameters"]
    assert all(f"  {parameter['name']} " in shown for parameter in facts["parameters"])
    assert ">>>" not in shown


def test_wrong_names_are_refused_with_the_nearest():
    assert "no set of operations named 'image/2'. Did you mean 'image/1'?" in run("show", "image/2").stderr

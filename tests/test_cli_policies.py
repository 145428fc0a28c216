"""`augreg list --policies` and `augreg show` of policies and sets say what the registry holds."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

import augreg
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


def test_a_set_says_what_its_strengths_set():
    """ "0 to 1" beside image.rotate was read as degrees."""
    lines = {line.split("  ")[0]: line for line in run("show", "image/1").stdout.splitlines()}
    assert "  degrees -30 to 30  " in lines["image.rotate"]
    assert "  0 to 0.571  bits 8 to 4  " in lines["image.posterize"]
    assert "  factor 0.1 to 1.9 ratio  " in lines["image.brightness"]
    assert "  sigma 0.004 to 0.02 fraction of the shorter side  " in lines["image.gaussian_blur"]


def test_the_values_are_those_that_are_drawn():
    rng = augreg.Rng(7, np.arange(64, dtype=np.uint64))
    for member in default().operation_set("image/1").operations:
        level = default().load(member.name).declares.level
        for strength in member.level:
            drawn = set(level.values(np.full(64, strength), rng).tolist())
            assert drawn == {level.at(strength), level.at(-strength)} if level.signed else {level.at(strength)}

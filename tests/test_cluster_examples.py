"""The job files of examples/clusters: they parse, and their commands are ones that `augreg run` takes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from augreg.cli.run import run_command

FOLDER = Path(__file__).parents[1] / "examples" / "clusters"
ECHO = '#!/bin/sh\nfor word in "$@"; do echo "$word"; done\n'


def said(command: list[str], tmp_path: Path, **environment: str) -> list[str]:
    """What a shell command gives to `augreg`, word by word."""
    stand_in = tmp_path / "augreg"
    stand_in.write_text(ECHO)
    stand_in.chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PATH": path, **environment})
    return done.stdout.splitlines()


def options(words: list[str]) -> dict[str, Any]:
    """The options as `augreg run` reads them; it must know each of them."""
    assert words[0] == "run"
    context: click.Context = run_command.make_context("run", words[1:])
    return context.params


@pytest.mark.parametrize("environment", [{"SLURM_ARRAY_TASK_MAX": "64"}, {"SHARES": "64"}])
def test_slurm(tmp_path: Path, environment: dict[str, str]) -> None:
    file = FOLDER / "slurm.sh"
    subprocess.run(["bash", "-n", str(file)], check=True)
    numbers = {"SLURM_ARRAY_TASK_ID": "17", "SLURM_CPUS_PER_TASK": "16", **environment}
    found = options(said(["bash", str(file), "p.yaml", "in", "my out"], tmp_path, **numbers))
    assert (found["share"], found["workers"], found["seed"]) == ((17, 64), 16, 7)
    assert [str(found[name]) for name in ("pipeline", "source", "out")] == ["p.yaml", "in", "my out"]
    asked = [line.split()[1] for line in file.read_text().splitlines() if line.startswith("#SBATCH")]
    assert "--array=1-64" in asked
    assert "--requeue" in asked


def test_kubernetes(tmp_path: Path) -> None:
    job = yaml.safe_load((FOLDER / "kubernetes.yaml").read_text())
    assert (job["kind"], job["spec"]["completionMode"]) == ("Job", "Indexed")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    given = {entry["name"]: entry["value"] for entry in container["env"]}
    assert int(given["SHARES"]) == job["spec"]["completions"]
    shares = []
    for index in (0, job["spec"]["completions"] - 1):
        words = said([*container["command"], *container["args"]], tmp_path, JOB_COMPLETION_INDEX=str(index), **given)
        shares.append(options(words)["share"])
    assert shares == [(1, 64), (64, 64)]
    mounts = {mount["name"] for mount in container["volumeMounts"]}
    assert mounts == {volume["name"] for volume in job["spec"]["template"]["spec"]["volumes"]}
    assert job["spec"]["template"]["spec"]["restartPolicy"] == "Never"  # podFailurePolicy wants it

"""benchmarks/gpu.sh ends well without a GPU, without an installation, and writes what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parent.parent


def run(*arguments):
    command = ["bash", str(ROOT / "benchmarks" / "gpu.sh"), *map(str, arguments)]
    environment = {**os.environ, "PYTHON": sys.executable}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.mark.slow
def test_the_rehearsal_writes_figures_and_a_summary(tmp_path):
    done = run("--rehearse", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert len(found["kernels"]) >= 4
    assert all(row["passes"] for row in found["kernels"])
    assert set(found["pipelines"]) == {"standard", "heavy"}
    for times in found["pipelines"].values():
        assert {"one copy, device to device", "augreg, on the device", "augreg, there and back"} <= set(times)
    summary = (tmp_path / "summary.md").read_text()
    assert f"{len(found['kernels'])} within the tolerances" in summary
    assert (tmp_path / "profile_heavy.txt").stat().st_size


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is here")
def test_without_a_device_it_says_so(tmp_path):
    done = run(tmp_path)
    assert done.returncode != 0
    assert "Add --rehearse" in done.stderr

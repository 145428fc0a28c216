"""`augreg.ray.Augment` where Ray calls it, and what Ray reads of the folders that jobs write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

import augreg
from augreg.jobs import Settings, run


@pytest.mark.slow
def test_rows_are_the_same_by_id_for_every_batch_size_and_ray_reads_what_jobs_write(tmp_path: Path) -> None:
    pytest.importorskip("ray.data", reason="needs Ray: uv pip install 'ray[data]'")
    (tmp_path / "in").mkdir()
    for i in range(3):
        PIL.Image.fromarray(np.full((4, 5, 3), i, np.uint8)).save(tmp_path / "in" / f"{i}.png")
    pipeline = augreg.Pipeline.from_dict({"image": ["image.hflip"]})
    run(pipeline, Settings(source=tmp_path / "in", out=tmp_path / "out", seed=7, copies=2))
    command = [sys.executable, str(Path(__file__).parent / "support" / "ray_rows.py"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["count"] == 120
    assert len(found["digests"]) == 3
    assert len(set(found["digests"].values())) == 1
    assert found["errors"] == {"77": "E_SAMPLE: column 'caption' is empty here."}
    assert found["read"] == [f"{i}__a{copy}.png" for i in range(3) for copy in range(2)]

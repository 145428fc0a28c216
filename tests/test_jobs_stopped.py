"""Jobs that stop: at the first error, or killed; and what the next one finds."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from toys import pipeline

from augreg.jobs import Settings, run
from augreg.jobs.commit import STAGE, locked, prepare, staging

KILLED = """
import sys, time
from pathlib import Path
from augreg.jobs.commit import staging

with staging(Path(sys.argv[1])) as stage:
    (stage / "half").write_text("half")
    print("staged", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(9):
        (folder / f"{i}.txt").write_bytes(b"\xff" if i in (4, 6) else b"word")
    return folder


@pytest.mark.parametrize("batch_size", [1, 2, 4, 32])
def test_raise_writes_what_comes_before_the_first_error_and_nothing_else(source: Path, batch_size: int) -> None:
    out = source.parent / "out"
    settings = Settings(source=source, out=out, seed=0, copies=2, batch_size=batch_size, on_error="raise")
    summary = run(pipeline({"text": ["toy.upper"]}), settings)
    assert (summary.written, summary.rejected, summary.skipped) == (4, 1, 4)
    wanted = {f"{i}__a{copy}.txt" for i in range(4) for copy in range(2)}
    assert {path.name for path in out.iterdir()} == {*wanted, "manifest.jsonl", "run.json"}
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert {line["output"] for line in lines} == {*wanted, None}
    assert [line["source"] for line in lines if line["outcome"] == "error"] == ["4.txt"]


@pytest.mark.slow
def test_what_a_killed_job_left_is_removed_by_the_next(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "staged\n"
        with staging(tmp_path) as mine:
            # The other job is still at it.
            assert len(list(tmp_path.glob(f"{STAGE}*"))) == 2
        assert not mine.exists()
        job.send_signal(signal.SIGKILL)
    (left,) = tmp_path.glob(f"{STAGE}*")
    assert (left / "half").exists()
    prepare(tmp_path / "in", tmp_path, overwrite=False)  # it alone does not make the folder one that is in use
    with staging(tmp_path) as mine:
        assert list(tmp_path.glob(f"{STAGE}*")) == [mine]
    assert not left.exists()


def test_a_lock_is_held_once_and_goes_with_its_holder(tmp_path: Path) -> None:
    with locked(tmp_path) as mine, locked(tmp_path, wait=False) as yours:
        assert (mine, yours) == (True, False)
    with locked(tmp_path, wait=False) as again:
        assert again


def test_without_locks_nothing_is_taken_for_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{STAGE}old").mkdir()
    monkeypatch.setattr("augreg.jobs.commit.fcntl", None)
    with staging(tmp_path) as stage:
        assert stage.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == [f"{STAGE}old"]

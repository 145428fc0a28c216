"""Jobs in worker processes: what they leave does not hang on how many there are, nor on which of them are killed."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, run
from augreg.jobs.engines.suspicion import PATIENCE, CrashError, Suspicion

DEADLY = """
import os, signal
from dataclasses import dataclass

import augreg

@dataclass(frozen=True, kw_only=True)
class Shout(augreg.AugmenterBase):
    '''Put a random number behind a text; some words kill.'''

    declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",), keeps_shape=False)

    def draw(self, batch, rng, level=None):
        return augreg.Params(len(batch), number=rng.integers("number", 0, 1_000_000))

    def apply(self, batch, params):
        for text in batch.data:
            if "segfault" in text:
                os.kill(os.getpid(), signal.SIGSEGV)
            if "memory" in text:
                raise MemoryError
            if "name" in text:
                undefined_name
        return batch.replace([f"{t} {n}" for t, n in zip(batch.data, params["number"])])
"""

PLUGIN = """
import augreg

@augreg.hookimpl
def augreg_augmenters():
    return [augreg.AugmenterSpec("deadly.shout", "deadly.steps:Shout", modalities=("text",), summary="Put a number.")]
"""

INPUTS = 60


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(INPUTS):
        (folder / f"{i:02}.txt").write_text(f"word {i}")
    return folder


@pytest.fixture
def deadly(site: Any, tmp_path: Path) -> Any:
    files = {"deadly/__init__.py": "", "deadly/plugin.py": PLUGIN, "deadly/steps.py": DEADLY}
    site.install("deadly", files, {"deadly": "deadly.plugin"})
    (tmp_path / "pipeline.yaml").write_text("text: [deadly.shout]\n")
    return site


def command(tmp_path: Path, out: str, *options: str) -> list[str]:
    places = [str(tmp_path / "pipeline.yaml"), str(tmp_path / "in"), str(tmp_path / out)]
    return ["-m", "augreg", "run", *places, "--seed", "5", "--copies", "2", "--shard-size", "4", *options]


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def test_the_number_of_processes_changes_nothing(tmp_path: Path, source: Path, deadly: Any) -> None:
    for out, options in {"one": ["--engine", "inline"], "two": ["--workers", "2", "--engine", "process"]}.items():
        done = deadly.run(*command(tmp_path, out, *options))
        assert done.returncode == 0, done.stderr
        assert f"{2 * INPUTS} files written" in done.stdout
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert not (tmp_path / "two" / ".augreg").exists()


def test_a_sample_that_kills_its_process_is_refused_by_name(tmp_path: Path, source: Path, deadly: Any) -> None:
    wanted = deadly.run(*command(tmp_path, "whole"))
    assert wanted.returncode == 0, wanted.stderr
    (source / "17.txt").write_text("segfault")
    (source / "18.txt").write_text("segfault, too")
    (source / "40.txt").write_text("memory")
    done = deadly.run(*command(tmp_path, "out", "--workers", "2"))
    assert done.returncode == 1, done.stderr
    refused = {line["source"]: line for line in lines(tmp_path / "out") if line["outcome"] == "error"}
    assert {name: line["code"] for name, line in refused.items()} == {
        "17.txt": "E_CRASH",
        "18.txt": "E_CRASH",
        "40.txt": "E_MEMORY",
    }
    assert "ended by SIGSEGV, twice, while it was worked on" in refused["17.txt"]["reason"]
    whole, out = tree(tmp_path / "whole"), tree(tmp_path / "out")
    assert {name for name in whole if name not in out} == {f"{n}__a{k}.txt" for n in (17, 18, 40) for k in (0, 1)}
    assert all(out[name] == whole[name] for name in out if name.endswith(".txt"))


def test_an_error_of_the_program_stops_the_job(tmp_path: Path, source: Path, deadly: Any) -> None:
    (source / "30.txt").write_text("name")
    done = deadly.run(*command(tmp_path, "out", "--workers", "2"))
    assert done.returncode not in (0, 1)
    assert "undefined_name" in done.stderr


def test_augmenters_of_this_process_are_not_sent_to_others(source: Path) -> None:
    class Loud(augreg.AugmenterBase):
        """Write in capitals."""

        declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))

        def apply(self, batch: augreg.Batch, params: augreg.Params) -> augreg.Batch:
            return batch.replace([text.upper() for text in batch.data])

    augreg.register(Loud, "mine.loud", modalities=["text"])
    try:
        pipeline = augreg.Pipeline({"text": ["mine.loud"]})
        settings: dict[str, Any] = {"source": source, "out": source.parent / "out", "seed": 1, "shard_size": 4}
        with pytest.raises(ConfigError, match="Install them as a plugin, or use engine='inline'"):
            run(pipeline, Settings(**settings, engine="process"))
        assert not (source.parent / "out").exists()
        assert run(pipeline, Settings(**settings)).written == INPUTS
    finally:
        augreg.unregister("mine.loud")


def children(pid: int) -> Iterator[int]:
    """Yield the processes that descend from one, the deepest first."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from children(int(child))
            yield int(child)


def soak(tmp_path: Path, deadly: Any, kills: int, seed: int, *options: str) -> int:
    """Kill a job, its nursery or one of its workers at random until so many kills are done; then let it end."""
    rng = random.Random(seed)
    environment = {**os.environ, "PYTHONPATH": str(deadly.folder)}
    done = 0
    while True:
        workers = str(rng.randint(1, 4))
        given = command(tmp_path, "out", "--resume", "--engine", "process", "--workers", workers, *options)
        with (tmp_path / "stderr").open("w") as said:
            job = subprocess.Popen([sys.executable, *given], env=environment, stderr=said, stdout=said)
            if done < kills:
                time.sleep(rng.uniform(1.5, 6.0))  # most of it the import of torch
                family = [*children(job.pid), job.pid] if job.poll() is None else []
                if family:
                    os.kill(rng.choice(family), signal.SIGKILL)
                    done += 1
            code = job.wait(120)
        if code == 0 and done >= kills:
            return done
        # 3: the nursery was killed.
        assert code in (0, -signal.SIGKILL, 3), (tmp_path / "stderr").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(("to", "kills"), [("folder", 10), ("webdataset", 4), ("parquet", 4)])
def test_a_job_that_is_killed_again_and_again_ends_as_one_that_never_was(
    tmp_path: Path, source: Path, deadly: Any, to: str, kills: int
) -> None:
    if to == "parquet":
        pytest.importorskip("pyarrow")
    assert deadly.run(*command(tmp_path, "whole", "--to", to)).returncode == 0
    assert soak(tmp_path, deadly, kills, 1, "--to", to) == kills
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_suspicion_needs_two_deaths_at_one_sample() -> None:
    case = Suspicion()
    assert case.of(3) == ("", {})
    case.died(3, [], "why")
    assert case.of(3) == ("each", {})
    case.died(3, [7], "why")  # by somebody who kills at random
    case.died(3, [9], "why")
    assert case.of(3) == ("each", {})
    case.died(3, [9], "why")
    assert case.of(3)[1].keys() == {9}
    case.clear(3)
    assert case.of(3) == ("", {})


def test_a_batch_that_kills_is_tried_one_by_one_and_refused_if_each_lives() -> None:
    case = Suspicion()
    case.died(0, [], "why")
    for care in ("each", "each", "alone", "alone"):
        assert case.of(0)[0] == care
        case.died(0, [1, 2], "why")
    assert case.of(0)[1].keys() == {1, 2}


def test_workers_that_die_at_nothing_are_no_samples_fault() -> None:
    case = Suspicion()
    for _ in range(PATIENCE - 1):
        case.died(0, [], "why")
    with pytest.raises(CrashError, match=r"workers died 5 times on shard 0 without a sample at work: why"):
        case.died(0, [], "why")

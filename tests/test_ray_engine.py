"""Jobs as tasks of a Ray cluster: what a task does, without Ray; and, where Ray is there, jobs whose workers die."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ray_soak import digest_of

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, run
from augreg.jobs.engines import ray_task
from augreg.jobs.engines.suspicion import ENOUGH, CrashError, Suspicion
from augreg.jobs.planfile import PlanFile
from augreg.jobs.spec import JobSpec
from augreg.jobs.state import part_of, staging_of, state_of

SOAK = Path(__file__).parent / "support" / "ray_soak.py"
STEPS = {"text": [{"text.char_case": {"rate": 0.5}}]}
DEADLY_STEPS = {"text": ["deadly.shout"]}
DEADLY = {
    "deadly/__init__.py": "",
    "deadly/plugin.py": """
import augreg

@augreg.hookimpl
def augreg_augmenters():
    return [augreg.AugmenterSpec("deadly.shout", "deadly.steps:Shout", modalities=("text",), summary="Shout, or die.")]
""",
    "deadly/steps.py": """
import os, signal, time
from dataclasses import dataclass

import augreg

@dataclass(frozen=True, kw_only=True)
class Shout(augreg.AugmenterBase):
    '''Write in capitals; some words kill.'''

    declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))

    def apply(self, batch, params):
        time.sleep(0.05)
        if any("segfault" in text for text in batch.data):
            os.kill(os.getpid(), signal.SIGSEGV)
        return batch.replace([text.upper() for text in batch.data])
""",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(60):
        (folder / f"{i:02}.txt").write_text(f"the word {i}")
    return folder


@pytest.fixture
def spec(tmp_path: Path, source: Path) -> JobSpec:
    """A job that is planned and about to start, with the driver's probe in its place."""
    out = tmp_path / "out"
    first = run(augreg.Pipeline.from_dict(STEPS), Settings(source=source, out=out, seed=7), stop=lambda: True)
    assert not first.finished
    name = json.loads((state_of(out) / "job.json").read_text())["plan_at"]
    made = JobSpec(
        out=out,
        source={"kind": "folder", "given": str(source)},
        sink={"kind": "folder"},
        pipeline=STEPS,
        seed=7,
        plan=name,
        run="0a0b0c0d",
    )
    stage = staging_of(out, "", made.run)
    stage.mkdir(parents=True)
    (stage / ray_task.PROBE).write_bytes(b"probe")
    ray_task._built.cache_clear()
    return made


def ask(spec: JobSpec, **message: Any) -> dict[str, Any]:
    said = {"versions": ray_task.versions(), **message}
    answer: dict[str, Any] = json.loads(ray_task.task(json.dumps(spec.to_json()), json.dumps(said)))
    return answer


def do(spec: JobSpec, shard: int, care: str = "") -> dict[str, Any]:
    work = {"shard": shard, "kind": "do", "suspects": [], "how": "hash"}
    return ask(spec, at="do", work=work, care=care, poison={}, notes="doing-0-1")


def test_a_node_answers_and_does_shards(spec: JobSpec) -> None:
    stage = staging_of(spec.out, "", spec.run)
    assert ask(spec, at="greet", answer="answer-x") == {"at": "greeted"}
    assert (stage / "answer-x").read_bytes() == b"seen"
    done = do(spec, 0)
    assert done["tally"]["written"] == 60
    assert [len(tick) for tick in done["ticks"]] == [32, 28]
    assert part_of(spec.out, 0).exists()
    assert not (stage / "doing-0-1").exists()


def test_with_care_it_notes_what_it_does(spec: JobSpec) -> None:
    do(spec, 0, care="each")
    notes = (staging_of(spec.out, "", spec.run) / "doing-0-1").read_text().splitlines()
    assert json.loads(notes[0]) == [0]
    assert list(range(32)) in map(json.loads, notes)
    assert json.loads(notes[-1]) == []


def test_a_folder_that_is_not_shared_is_said(spec: JobSpec) -> None:
    (staging_of(spec.out, "", spec.run) / ray_task.PROBE).unlink()
    answer = ask(spec, at="greet", answer="x")
    assert answer["error"]["type"] == "ConfigError"
    assert "does not see what this machine writes into the output folder" in answer["error"]["text"]


def test_inputs_that_are_not_shared_are_said(spec: JobSpec, source: Path) -> None:
    source.rename(source.with_name("elsewhere"))
    answer = ask(spec, at="greet", answer="x")
    assert "does not see the input '00.txt' as this machine does" in answer["error"]["text"]


def test_other_versions_are_said(spec: JobSpec) -> None:
    answer = ask(spec, at="greet", answer="x", versions={"augreg": "0.0.1"})
    assert "augreg 0.0.1. Install the same on all nodes." in answer["error"]["text"]


def test_a_task_of_a_job_that_was_begun_anew_commits_nothing(spec: JobSpec, source: Path) -> None:
    """Its driver died, the lock is free, and it works on: what it stages is gone when the next job has begun."""
    assert ask(spec, at="greet", answer="x") == {"at": "greeted"}  # it has read everything that it needs
    new = {"text": [{"text.char_case": {"rate": 1.0}}]}
    run(augreg.Pipeline.from_dict(new), Settings(source=source, out=spec.out, seed=7, overwrite=True))
    before = digest_of(spec.out)
    answer = do(spec, 0)
    assert answer["error"]["type"] == "FileNotFoundError"
    assert digest_of(spec.out) == before


def test_a_plan_is_read_once_in_each_process(spec: JobSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    whole = PlanFile.read
    monkeypatch.setattr(PlanFile, "read", lambda folder: read.append(folder) or whole(folder))
    assert do(spec, 0)["tally"]["written"] == 60
    assert do(spec, 0)["tally"]["written"] == 60
    assert len(read) == 1


def test_deaths_at_ever_other_samples_end_a_job() -> None:
    suspicion = Suspicion()
    for i in range(ENOUGH - 1):
        suspicion.died(3, [i], "killed")
    with pytest.raises(CrashError, match=f"died {ENOUGH} times on shard 3, each time at another sample: killed"):
        suspicion.died(3, [0], "killed")


def test_ray_is_asked_for_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="only engine='ray' uses it"):
        Settings(source=tmp_path, out=tmp_path / "out", seed=1, ray_address="auto")
    monkeypatch.setattr("augreg.jobs.settings.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'augreg\[ray\]'"):
        Settings(source=tmp_path, out=tmp_path / "out", seed=1, engine="ray")


def test_ray_is_not_imported_by_other_engines(source: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "import augreg\nfrom augreg.jobs import Settings, run\n"
        "from pathlib import Path\n"
        f"settings = Settings(source={str(source)!r}, out=Path({str(tmp_path / 'o')!r}), seed=7)\n"
        f"print(run(augreg.Pipeline.from_dict({STEPS!r}), settings).finished)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_workers_that_are_killed_leave_the_same_files(source: Path, tmp_path: Path, site: Any) -> None:
    pytest.importorskip("ray", reason="needs Ray: uv pip install 'ray[data]'")
    site.install("deadly", DEADLY, {"deadly": "deadly.plugin"})
    (tmp_path / "pipeline.json").write_text(json.dumps(DEADLY_STEPS))
    command = ["-m", "augreg", "run", str(tmp_path / "pipeline.json"), str(source), str(tmp_path / "one")]
    done = site.run(*command, "--seed", "7", "--engine", "inline", "--shard-size", "4", "--batch-size", "2")
    assert done.returncode == 0, done.stderr
    done = site.run(str(SOAK), str(source), str(tmp_path), json.dumps(DEADLY_STEPS), "10")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["killed"] == 10
    assert {job["digest"] for job in found["jobs"]} == {digest_of(tmp_path / "one")}

    (source / "17.txt").write_text("segfault")
    done = site.run(*command[:-1], str(tmp_path / "bad"), "--seed", "7", "--engine", "ray", "--workers", "2")
    assert done.returncode == 1, done.stderr
    refused = {line["source"]: line for line in lines(tmp_path / "bad") if line["outcome"] == "error"}
    assert {name: line["code"] for name, line in refused.items()} == {"17.txt": "E_CRASH"}
    assert "its process ended, twice, while it was worked on" in refused["17.txt"]["reason"]
    for i in range(60):
        assert i == 17 or (tmp_path / "bad" / f"{i:02}__a0.txt").read_text() == f"THE WORD {i}"


@pytest.mark.slow
def test_a_job_whose_driver_was_killed_is_resumed(source: Path, tmp_path: Path, site: Any) -> None:
    pytest.importorskip("ray", reason="needs Ray: uv pip install 'ray[data]'")
    site.install("deadly", DEADLY, {"deadly": "deadly.plugin"})
    (tmp_path / "pipeline.json").write_text(json.dumps(DEADLY_STEPS))
    places = [str(tmp_path / "pipeline.json"), str(source)]
    options = ["--seed", "7", "--shard-size", "2", "--batch-size", "1"]
    assert site.run("-m", "augreg", "run", *places, str(tmp_path / "one"), *options).returncode == 0
    out = tmp_path / "out"
    ray = ["--engine", "ray", "--workers", "2"]
    command = [sys.executable, "-m", "augreg", "run", *places, str(out), *options, *ray]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(site.folder)}) as driver:
        while not list(state_of(out).glob("parts/*")) and driver.poll() is None:
            time.sleep(0.05)
        driver.send_signal(signal.SIGKILL)
    assert (state_of(out) / "job.json").exists()
    done = site.run("-m", "augreg", "run", *places, str(out), *options, "--resume", "--engine", "inline")
    assert done.returncode == 0, done.stderr
    assert digest_of(out) == digest_of(tmp_path / "one")

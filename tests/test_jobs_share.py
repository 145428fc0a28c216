"""One job, shared by several processes: at once, one after the other, killed and sent again; the files are the same."""

from __future__ import annotations

import fcntl
import hashlib
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, run
from augreg.jobs.begin import begin
from augreg.jobs.end import finish
from augreg.jobs.sinks import open_sink
from augreg.jobs.sources import open_source
from augreg.jobs.state import STATE, alone, held, last_one, part_of, staging_of, state_of

STEPS = {"text": [{"text.char_case": {"rate": 0.5}}]}
PIPELINE = augreg.Pipeline.from_dict(STEPS)
N = 3


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(50):
        (folder / f"{i:02}.txt").write_text(f"the quick brown fox {i}")
    (tmp_path / "pipeline.json").write_text(json.dumps(STEPS))
    return folder


def tree(out: Path) -> dict[str, str]:
    files = (path for path in out.rglob("*") if path.is_file())
    return {str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def job(source: Path, out: Path, share: tuple[int, int] | None, shard_size: int = 4) -> Settings:
    return Settings(source=source, out=out, seed=7, shard_size=shard_size, engine="inline", share=share)


@pytest.fixture
def whole(source: Path, tmp_path: Path) -> dict[str, str]:
    """The files that one machine leaves."""
    run(PIPELINE, job(source, tmp_path / "whole", None))
    return tree(tmp_path / "whole")


def start(tmp_path: Path, share: str, *more: str) -> subprocess.Popen[str]:
    places = [str(tmp_path / name) for name in ("pipeline.json", "in", "out")]
    options = ["--seed", "7", "--shard-size", "4", "--engine", "inline", "--quiet", "--shard", share, *more]
    command = [sys.executable, "-m", "augreg", "run", *places, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str]) -> int:
    _, said = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), said
    return process.returncode


def test_one_after_the_other_the_last_one_makes_the_whole(source: Path, tmp_path: Path, whole: dict[str, str]) -> None:
    out = tmp_path / "out"
    for i in range(1, N + 1):
        assert not (out / "manifest.jsonl").exists()
        summary = run(PIPELINE, job(source, out, (i, N)))
        assert summary.finished == (i == N)
        assert (out / STATE).exists() == (i < N)
    assert tree(out) == whole


def test_a_share_of_a_job_that_ended_has_nothing_to_do(source: Path, tmp_path: Path, whole: dict[str, str]) -> None:
    out = tmp_path / "out"
    for i in (1, 2, 3, 2):
        summary = run(PIPELINE, job(source, out, (i, N)))
    assert summary.finished
    assert not (out / STATE).exists()
    assert tree(out) == whole


def test_more_machines_than_shards(source: Path, tmp_path: Path) -> None:
    run(PIPELINE, job(source, tmp_path / "one", None, shard_size=40))
    for i in range(1, 6):
        run(PIPELINE, job(source, tmp_path / "out", (i, 5), shard_size=40))
    assert tree(tmp_path / "out") == tree(tmp_path / "one")


def test_one_machine_may_end_what_several_began(source: Path, tmp_path: Path, whole: dict[str, str]) -> None:
    out = tmp_path / "out"
    run(PIPELINE, job(source, out, (2, N)))
    summary = run(PIPELINE, Settings(source=source, out=out, seed=7, shard_size=4, engine="inline", resume=True))
    assert (summary.finished, tree(out)) == (True, whole)


def test_who_only_looks_keeps_another_from_making_the_whole(
    source: Path, tmp_path: Path, whole: dict[str, str]
) -> None:
    """A share that was sent again, although all its shards are done, looks at them while another one ends."""
    out = tmp_path / "out"
    for i in (1, 2):
        run(PIPELINE, job(source, out, (i, N)))
    with held(out, "1of3") as locks:
        begun = begin(PIPELINE, job(source, out, (1, N)), open_source(source), open_sink("folder"))
        summary = run(PIPELINE, job(source, out, (3, N)))
        assert not summary.finished
        assert part_of(out, 0).exists()
        assert finish(begun, open_sink("folder"), {}, locks, PIPELINE.registry) is not None
    assert tree(out) == whole
    assert not (out / STATE).exists()


def test_of_two_that_leave_at_once_one_is_the_last(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with held(out, "1of2") as mine, held(out, "2of2") as yours:
        (state_of(out) / "job.json").write_text("{}")
        assert not last_one(out, mine)
        assert last_one(out, yours)


def test_a_share_that_fails_leaves_the_folder_to_those_that_plan(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with held(out, "1of2"):
        with pytest.raises(ConfigError), held(out, "2of2"):
            raise ConfigError("no")
        assert (state_of(out) / "lock").exists()
    assert not out.exists()


def test_a_share_waits_for_the_one_that_makes_the_whole(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom augreg.jobs.state import alone, held, last_one\n"
        "out = Path(sys.argv[1])\n"
        "with held(out, '1of2') as locks, alone(out, 'end'):\n"
        "    assert last_one(out, locks)\n    print('ending', flush=True)\n    sys.stdin.readline()\n"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", code, str(out)], **pipes) as ender:  # type: ignore[call-overload]
        assert ender.stdout.readline() == "ending\n"
        with pytest.raises(ConfigError, match="another job"), held(out):
            pass  # no part of the job: it does not wait
        ender.stdin.write("\n")
        ender.stdin.flush()
        with held(out, "2of2"), alone(out, "begin"):
            assert (state_of(out) / "parts").is_dir()


def test_the_same_share_twice_is_refused(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with held(out, "1of3"), pytest.raises(ConfigError, match="another job is writing"):
        run(PIPELINE, job(source, out, (1, N)))


def test_a_file_system_without_locks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(number: int, how: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(ConfigError, match="has no locks: Function not implemented"), held(tmp_path / "out"):
        pass


def test_what_a_killed_share_staged_goes_and_that_of_others_stays(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(PIPELINE, job(source, out, (1, N)))
    for share in ("2of3", "3of3"):
        staging_of(out, share, "dead").mkdir(parents=True)
    run(PIPELINE, job(source, out, (2, N)))
    assert [path.name for path in staging_of(out).iterdir()] == ["3of3-dead"]


def test_other_settings_are_refused(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(PIPELINE, job(source, out, (1, N)))
    with pytest.raises(ConfigError, match="its seed was 7 and is 8 now"):
        run(PIPELINE, Settings(source=source, out=out, seed=8, shard_size=4, share=(2, N)))


def test_a_share_needs_a_seed(source: Path, tmp_path: Path) -> None:
    command = [str(tmp_path / name) for name in ("pipeline.json", "in", "out")]
    done = subprocess.run(
        [sys.executable, "-m", "augreg", "run", *command, "--shard", "1/3"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--shard needs --seed" in done.stderr
    assert not (tmp_path / "out").exists()


def test_three_at_the_same_time(source: Path, tmp_path: Path, whole: dict[str, str]) -> None:
    running = [start(tmp_path, f"{i}/{N}") for i in range(1, N + 1)]
    assert [ended(process) for process in running] == [0, 0, 0]
    assert tree(tmp_path / "out") == whole
    assert not (tmp_path / "out" / STATE).exists()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_some_are_killed_and_sent_again(source: Path, tmp_path: Path, whole: dict[str, str], seed: int) -> None:
    choose, out = random.Random(seed), tmp_path / "out"
    waiting, running = [1, 2, 3], {}
    kills = 4
    while waiting or running:
        while waiting:
            share = waiting.pop()
            running[share] = start(tmp_path, f"{share}/{N}")
        time.sleep(choose.uniform(0, 1.5))
        victim = choose.choice(list(running))
        if kills and (out / STATE).exists():
            running[victim].kill()
            kills -= 1
        for share, process in list(running.items()):
            if process.poll() is not None:
                del running[share]
                if ended(process):
                    waiting.append(share)
    assert tree(out) == whole
    assert not (out / STATE).exists()


@pytest.mark.parametrize(
    ("share", "valid"), [((0, 2), "1/2 and 2/2."), ((9, 8), "1/8, 2/8 and so on to 8/8."), ((2, 1), "1/2 and 2/2.")]
)
def test_a_share_that_is_none_is_answered_by_those_of_as_many_machines(
    tmp_path: Path, share: tuple[int, int], valid: str
) -> None:
    with pytest.raises(ConfigError, match=f"shard {share[0]}/{share[1]} is out of range") as told:
        Settings(source=tmp_path, out=tmp_path / "out", seed=1, share=share)
    assert str(told.value).endswith(valid)

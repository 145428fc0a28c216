"""What people and machines do to a job: full disks, two jobs at once, odd names, pipes and links, folders too deep."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow
from toys import pipeline

from augreg.jobs import Settings, run
from augreg.jobs.walk import walk

PIPE = pipeline({"text": ["toy.upper"]})
COMMAND = [sys.executable, "-m", "augreg", "run"]


def job(source: Path, out: Path, **changes: Any) -> Settings:
    return Settings(**{"source": source, "out": out, "seed": 3, **changes})


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "pipeline.yaml").write_text("text: [text.char_case]\nimage: [image.hflip]\n")
    return folder


def test_two_jobs_that_begin_in_the_same_moment(source: Path) -> None:
    for i in range(40):
        (source / f"{i:02}.txt").write_text(f"word {i}")
    given = [*COMMAND, "../pipeline.yaml", ".", "../out", "--shard-size", "5", "--engine", "inline", "--seed"]
    both = [
        subprocess.Popen([*given, seed], cwd=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for seed in ("1", "2")
    ]
    said = [process.communicate()[0] for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 2], said
    refused = said[codes.index(2)]
    assert "another job is writing into" in refused or "is not empty" in refused
    seed = json.loads((source.parent / "out" / "run.json").read_text())["seed"]
    assert seed == codes.index(0) + 1
    alone = subprocess.run([*given[:-3], "--seed", str(seed)], cwd=source, check=False, capture_output=True)
    assert alone.returncode == 2  # the folder is not empty any more
    assert {line["seed"] for line in lines(source.parent / "out")} == {seed}


def limited(size: int) -> Callable[[], None]:
    """Let a process write no file that is larger."""

    def before() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that the call fails, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return before


@pytest.mark.parametrize("size", [2_000, 20_000])
def test_a_disk_that_takes_no_more_stops_the_job_and_it_goes_on_when_there_is_room(source: Path, size: int) -> None:
    rng = np.random.default_rng(0)
    for i in range(6):
        side = 16 if i < 4 else 160
        Pillow.fromarray(rng.integers(0, 255, (side, side, 3), dtype=np.uint8)).save(source / f"{i}.jpg", quality=95)
    given = [*COMMAND, "../pipeline.yaml", ".", "../out", "--shard-size", "2", "--engine", "inline", "--resume"]
    small = subprocess.run(given, cwd=source, preexec_fn=limited(size), capture_output=True, text=True, check=False)
    assert small.returncode == 3, small.stderr
    assert "--resume goes on" in small.stderr
    out = source.parent / "out"
    for path in out.glob("*.jpg"):
        with Pillow.open(path) as picture:
            picture.load()
    seed = json.loads((out / ".augreg" / "job.json").read_text())["seed"]
    assert subprocess.run(given, cwd=source, check=False, capture_output=True).returncode == 0
    whole = [*given[:2], given[2], "../pipeline.yaml", ".", "../whole", "--shard-size", "2", "--seed", str(seed)]
    assert subprocess.run(whole, cwd=source, check=False, capture_output=True).returncode == 0
    assert tree(out) == tree(source.parent / "whole")


def test_a_folder_that_cannot_be_written_is_named(source: Path) -> None:
    (source / "a.txt").write_text("word")
    given = [*COMMAND, "../pipeline.yaml", ".", "/proc/self/out"]
    done = subprocess.run(given, cwd=source, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


TERMINAL = "\x1b[31mred.txt"
ODD = [TERMINAL, "-rf.txt", "a\nb.txt", "<img src=x onerror=alert(1)>.txt", "\u00e9" * 100 + ".txt", "caf\udce9.txt"]


def test_names_of_every_kind_come_out_and_never_reach_the_terminal_raw(source: Path) -> None:
    for name in ODD:
        (source / name).write_bytes(b"word" if name != TERMINAL else b"\xff")
    given = [*COMMAND, "../pipeline.yaml", ".", "../out", "--seed", "1"]
    done = subprocess.run(given, cwd=source, check=False, capture_output=True)
    assert done.returncode == 1
    assert b"\x1b" not in done.stdout + done.stderr
    found = lines(source.parent / "out")
    assert {line["source"] for line in found} == set(ODD)
    assert all((source.parent / "out" / line["output"]).is_file() for line in found if line["output"])


def test_what_is_no_file_is_left_alone(source: Path) -> None:
    os.mkfifo(source / "pipe.txt")
    (source / "zero.txt").symlink_to("/dev/zero")
    (source / "round").symlink_to(source)
    (source / "a.txt").write_text("word")
    summary = run(PIPE, job(source, source.parent / "out"))
    assert {path: code for path, code, _ in summary.errors} == {"zero.txt": "E_OUTSIDE"}
    assert summary.written == 1


@pytest.fixture
def deep(source: Path) -> Iterator[Path]:
    """1,100 nested folders, which Python's own rmtree cannot remove."""
    here = os.open(source, os.O_RDONLY)
    for _ in range(1_100):
        os.mkdir("d", dir_fd=here)
        deeper = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    yield source
    subprocess.run(["rm", "-rf", str(source / "d")], check=True)


def test_folders_nested_deeper_than_python_calls(deep: Path) -> None:
    (deep / "a.txt").write_text("word")
    assert [name for name, _, _ in walk(deep)] == ["a.txt"]
    assert run(PIPE, job(deep, deep.parent / "out")).written == 1


def test_a_folder_that_was_made_by_somebody_else_stays_as_it_is(source: Path) -> None:
    (source / "a.txt").write_text("word")
    out = source.parent / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    given = [*COMMAND, "../pipeline.yaml", ".", "../out"]
    assert subprocess.run(given, cwd=source, check=False, capture_output=True).returncode == 2
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]


def test_the_account_adds_up_and_is_the_same_for_programs(source: Path) -> None:
    for i in range(7):
        (source / f"{i}.txt").write_bytes(b"\xff" if i == 3 else b"word")
    given = [*COMMAND, "../pipeline.yaml", ".", "../out", "--seed", "1", "--json", "--copies", "2"]
    done = subprocess.run(given, cwd=source, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert (said["inputs"], said["written"], said["refused"], said["skipped"], said["outputs"]) == (7, 6, 1, 0, 12)
    assert said["errors"][0][:2] == ["3.txt", "E_ENCODING"]
    record = json.loads((source.parent / "out" / "run.json").read_text())
    assert (record["inputs"], record["written"], record["refused"], record["outputs"]) == (7, 6, 1, 12)


def test_quiet_says_nothing_when_all_is_well(source: Path) -> None:
    (source / "a.txt").write_text("word")
    given = [*COMMAND, "../pipeline.yaml", ".", "../out", "--seed", "1", "--quiet"]
    done = subprocess.run(given, cwd=source, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

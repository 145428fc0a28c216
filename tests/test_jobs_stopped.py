"""Jobs that stop: at the first error, at too many, or killed; and what the next one finds."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from toys import pipeline

from augreg.errors import ConfigError
from augreg.jobs import Settings, run
from augreg.jobs.state import STATE, held

HOLD = """
import sys, time
from pathlib import Path
from augreg.jobs.state import held

with held(Path(sys.argv[1])):
    (Path(sys.argv[1]) / ".augreg" / "job.json").write_text("{}")
    print("held", flush=True)
    time.sleep(60)
"""

PIPE = pipeline({"text": ["toy.upper"]})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(9):
        (folder / f"{i}.txt").write_bytes(b"\xff" if i in (4, 6) else b"word")
    return folder


def outputs(out: Path) -> set[str]:
    return {path.name for path in out.iterdir() if path.name != STATE}


@pytest.mark.parametrize("batch_size", [1, 2, 32])
def test_raise_stops_at_the_first_error_and_the_job_goes_on_when_it_is_mended(source: Path, batch_size: int) -> None:
    out = source.parent / "out"
    settings = {"source": source, "out": out, "seed": 0, "copies": 2, "batch_size": batch_size, "shard_size": 2}
    summary = run(PIPE, Settings(**settings, on_error="raise"))  # type: ignore[arg-type]
    assert (summary.written, summary.rejected, summary.skipped) == (4, 1, 4)
    assert summary.stopped == "an input was refused"
    assert not summary.finished
    assert outputs(out) == {f"{i}__a{copy}.txt" for i in range(4) for copy in range(2)}
    for i in (4, 6):
        (source / f"{i}.txt").write_text("x")
    again = run(PIPE, Settings(**settings, on_error="raise", resume=True))  # type: ignore[arg-type]
    assert (again.written, again.resumed, again.finished) == (9, 4, True)


def test_copy_passes_on_what_cannot_be_augmented(source: Path) -> None:
    out = source.parent / "out"
    (source / "7.txt").unlink()
    (source / "7.txt").symlink_to("/etc/hostname")
    summary = run(PIPE, Settings(source=source, out=out, seed=0, on_error="copy"))
    assert (summary.written, summary.tally.kept, summary.rejected) == (8, 2, 1)  # what leads out is not copied
    assert (out / "4__a0.txt").read_bytes() == b"\xff"
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    assert [(line["source"], line["code"]) for line in lines if line["outcome"] == "copied"] == [
        ("4.txt", "E_ENCODING"),
        ("6.txt", "E_ENCODING"),
    ]


def test_too_many_refused_inputs_stop_the_job(source: Path) -> None:
    out = source.parent / "out"
    settings = {"source": source, "out": out, "seed": 0, "shard_size": 1}
    summary = run(PIPE, Settings(**settings, max_errors=1))  # type: ignore[arg-type]
    reason = "byte 0xff at offset 0 is not UTF-8 (invalid start byte). Convert it"
    assert summary.stopped == f"2 inputs were refused, and at most 1 may be. The last was 6.txt (E_ENCODING): {reason}"
    assert (summary.written, summary.refused) == (5, 2)
    shutil.rmtree(out)
    assert run(PIPE, Settings(**settings, max_errors=2)).finished  # type: ignore[arg-type]
    (source / "5.txt").write_bytes(b"\xff")
    shutil.rmtree(out)
    summary = run(PIPE, Settings(**settings, max_in_a_row=3))  # type: ignore[arg-type]
    assert summary.stopped.startswith("3 inputs in a row were refused")
    assert summary.stopped.endswith(f"The last was 6.txt (E_ENCODING): {reason}")
    shutil.rmtree(out)
    whole = {**settings, "shard_size": 8, "batch_size": 7}  # of a shard that never ended there is no account
    summary = run(PIPE, Settings(**whole, max_in_a_row=3))  # type: ignore[arg-type]
    assert (summary.rejected, summary.errors) == (0, [])
    assert summary.stopped.endswith(f"The last was 6.txt (E_ENCODING): {reason}")
    shutil.rmtree(out)
    assert run(PIPE, Settings(**settings, max_in_a_row=0)).finished  # type: ignore[arg-type]


def test_one_job_holds_a_folder_until_its_process_is_gone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", HOLD, str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as job:
        assert job.stdout is not None
        assert job.stdout.readline() == "held\n"
        with pytest.raises(ConfigError, match="another job is writing into"), held(out):
            pass
        with pytest.raises(ConfigError, match="another job is writing into"), held(out, "1of2"):
            pass
        job.send_signal(signal.SIGKILL)
    with held(out):
        assert (out / STATE / "job.json").exists()


def test_machines_that_share_a_job_hold_its_folder_together(tmp_path: Path) -> None:
    with held(tmp_path, "1of2"), held(tmp_path, "2of2"):
        for share in ("", "1of2"):
            with pytest.raises(ConfigError, match="another job is writing into"), held(tmp_path, share):
                pass


def test_a_folder_in_which_nothing_began_is_as_it_was(tmp_path: Path) -> None:
    with held(tmp_path / "deep" / "out"):
        pass
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mine").mkdir()
    with held(tmp_path / "mine"):
        pass
    assert [path.name for path in tmp_path.rglob("*")] == ["mine"]


def test_what_a_kill_left_before_the_job_was_recorded_is_no_obstacle(source: Path) -> None:
    out = source.parent / "out"
    (out / STATE / "plan-1").mkdir(parents=True)
    (out / STATE / "plan-1" / "plan.jsonl").write_text("torn")
    (out / STATE / "staging" / "x").mkdir(parents=True)
    assert run(PIPE, Settings(source=source, out=out, seed=0)).finished
    assert not (out / STATE).exists()


def test_a_stopped_job_is_named_so(source: Path) -> None:
    out = source.parent / "out"
    run(PIPE, Settings(source=source, out=out, seed=0, shard_size=1, on_error="raise"))
    with pytest.raises(ConfigError, match="a job was stopped in .*--resume to go on with it"):
        run(PIPE, Settings(source=source, out=out, seed=0, shard_size=1))
    assert run(PIPE, Settings(source=source, out=out, seed=1, overwrite=True)).finished


def test_a_link_in_the_output_is_not_followed_out_of_it(source: Path) -> None:
    out = source.parent / "out"
    (source / "deep").mkdir()
    (source / "deep" / "a.txt").write_text("word")
    out.mkdir()
    (source.parent / "elsewhere").mkdir()
    (out / "deep").symlink_to(source.parent / "elsewhere")
    with pytest.raises(ConfigError, match="is a link that leads out of the output folder"):
        run(PIPE, Settings(source=source, out=out, seed=0, overwrite=True))
    assert list((source.parent / "elsewhere").iterdir()) == []

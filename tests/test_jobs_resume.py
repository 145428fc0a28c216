"""Jobs that are stopped and resumed: the same files and the same manifest as of a job that never stopped."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from toys import pipeline

import augreg
from augreg import Audio, Image, Video, media
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, Summary, run, trace_of
from augreg.jobs.resume import SAME
from augreg.jobs.sinks import FolderSink
from augreg.jobs.state import held

PIPE = pipeline({"text": [{"toy.tag": {"p": 0.7}}]})


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(11):
        (folder / f"{i:02}.txt").write_text(f"word {i}")
    (folder / "bad.txt").write_bytes(b"\xff")
    return folder


def job(source: Path, out: str = "out", **changes: Any) -> Settings:
    return Settings(
        **{"source": source, "out": source.parent / out, "seed": 3, "copies": 2, "shard_size": 2, **changes}
    )


def stop_after(shards: int) -> Callable[[Summary], None]:
    """Interrupt when so many shards are done."""

    def progress(summary: Summary) -> None:
        if summary.tally.inputs - summary.before >= 2 * shards:
            raise KeyboardInterrupt

    return progress


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.mark.parametrize("stops", [[1], [3], [5], [1, 1, 2]])
def test_a_resumed_job_ends_as_one_that_never_stopped(source: Path, stops: list[int]) -> None:
    whole = run(PIPE, job(source, "whole"))
    for shards in stops:
        with pytest.raises(KeyboardInterrupt):
            run(PIPE, job(source, resume=True), stop_after(shards))
    before = {path.name: path.stat().st_mtime_ns for path in (source.parent / "out").glob("*.txt")}
    summary = run(PIPE, job(source, resume=True))
    assert summary.resumed == len(before) // 2 == 2 * sum(stops)
    assert (summary.written, summary.outputs, summary.rejected) == (whole.written, whole.outputs, whole.rejected)
    assert content(source.parent / "out") == content(source.parent / "whole")
    after = {path.name: path.stat().st_mtime_ns for path in (source.parent / "out").glob("*.txt")}
    assert {name: after[name] for name in before} == before  # not written again


def spoil(out: Path, kind: str) -> None:
    output = out / "00__a1.txt"
    if kind == "removed":
        output.unlink()
    elif kind == "emptied":
        output.write_bytes(b"")
    elif kind == "edited":
        output.write_bytes(output.read_bytes().swapcase())
    elif kind == "linked":
        output.unlink()
        output.symlink_to(out / "01__a1.txt")
    else:  # a machine that lost power while writing
        manifest = out / "manifest.jsonl"
        manifest.write_bytes(manifest.read_bytes()[:-200])


@pytest.mark.parametrize("kind", ["removed", "emptied", "edited", "linked", "torn"])
def test_what_is_not_as_recorded_is_done_again_and_nothing_else(source: Path, kind: str) -> None:
    run(PIPE, job(source))
    out = source.parent / "out"
    wanted = content(out)
    spoil(out, kind)
    before = {path.name: path.stat().st_mtime_ns for path in out.glob("*.txt") if path.name[:2] not in ("00", "01")}
    summary = run(PIPE, job(source, resume=True))
    assert content(out) == wanted
    assert summary.finished
    if kind == "torn":
        assert "is not recorded whole" in summary.redone[0]
    else:
        assert "00__a1.txt" in summary.redone[0]
        assert {name: (out / name).stat().st_mtime_ns for name in before} == before
    assert summary.resumed == 9 if kind != "torn" else summary.resumed < 11


def test_sizes_alone_are_compared_where_that_is_asked_for(source: Path) -> None:
    run(PIPE, job(source))
    out = source.parent / "out"
    wanted = content(out)
    spoil(out, "edited")
    assert run(PIPE, job(source, resume=True, check="size")).redone == []
    assert content(out) != wanted
    spoil(out, "emptied")
    assert len(run(PIPE, job(source, resume=True, check="size")).redone) == 1
    assert content(out) == wanted


def test_a_mended_input_is_picked_up(source: Path) -> None:
    assert run(PIPE, job(source)).rejected == 1
    assert run(PIPE, job(source, resume=True)).resumed == 11
    (source / "bad.txt").write_text("g")  # of the same size
    summary = run(PIPE, job(source, resume=True))
    assert (summary.rejected, summary.written, summary.resumed) == (0, 12, 10)
    run(PIPE, job(source, "whole"))
    assert content(source.parent / "out") == content(source.parent / "whole")


@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / "99.txt").write_text("new"), "+ 99.txt"),
        (lambda folder: (folder / "00.txt").unlink(), "- 00.txt"),
        (lambda folder: (folder / "00.txt").write_text("another word"), "~ 00.txt"),
        (lambda folder: (folder / "00.txt").write_text("WORD 0"), "~ 00.txt"),
    ],
    ids=["added", "removed", "longer", "same size"],
)
def test_other_inputs_are_shown_and_refused(
    source: Path, change: Callable[[Path], object], said: str, ended: bool
) -> None:
    if ended:
        run(PIPE, job(source))
    else:
        with pytest.raises(KeyboardInterrupt):
            run(PIPE, job(source), stop_after(3))
    before = content(source.parent / "out")
    change(source)
    for _ in range(2):  # it is not forgotten
        with pytest.raises(ConfigError, match="its inputs are others now") as refused:
            run(PIPE, job(source, resume=True))
        assert said in str(refused.value) or "inputs, and" in str(refused.value)
    left = content(source.parent / "out")
    assert {name: left[name] for name in before if ".augreg" not in name} == {
        name: data for name, data in before.items() if ".augreg" not in name
    }


def test_an_input_that_was_renamed_after_the_end_is_shown(source: Path) -> None:
    run(PIPE, job(source))
    before = content(source.parent / "out")
    (source / "05.txt").rename(source / "05b.txt")
    with pytest.raises(ConfigError, match=r"its inputs are others now\.\n  - 05\.txt\n"):
        run(PIPE, job(source, resume=True))
    assert content(source.parent / "out") == before


def test_an_input_that_was_only_touched_is_the_same(source: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(PIPE, job(source), stop_after(3))
    os.utime(source / "00.txt", ns=(1, 1))
    summary = run(PIPE, job(source, resume=True))
    assert (summary.resumed, summary.written) == (6, 11)
    run(PIPE, job(source, "whole"))
    assert content(source.parent / "out") == content(source.parent / "whole")


def test_an_input_that_was_not_reached_may_change(source: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(PIPE, job(source), stop_after(1))
    (source / "10.txt").write_text("another")
    run(PIPE, job(source, resume=True))
    run(PIPE, job(source, "whole"))
    assert content(source.parent / "out") == content(source.parent / "whole")


def test_an_input_that_changes_while_the_job_runs_is_refused(source: Path) -> None:
    def meddle(summary: Summary) -> None:
        (source / "08.txt").write_text("another")
        (source / "10.txt").unlink(missing_ok=True)

    summary = run(PIPE, job(source), meddle)
    assert {path: code for path, code, _ in summary.errors} == {
        "08.txt": "E_CHANGED",
        "10.txt": "E_CHANGED",
        "bad.txt": "E_ENCODING",
    }


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 4}, "its seed was 3 and is 4 now"),
        ({"copies": 1}, "its copies was 2 and is 1 now"),
        ({"epoch": 2}, "its epoch was 0 and is 2 now"),
        ({"batch_size": 3}, "its batch_size was 32 and is 3 now"),
        ({"shard_size": 3}, "its shard_size was 2 and is 3 now"),
    ],
)
def test_another_job_is_not_resumed(source: Path, change: dict[str, Any], named: str) -> None:
    run(PIPE, job(source))
    before = content(source.parent / "out")
    with pytest.raises(ConfigError, match=named):
        run(PIPE, job(source, resume=True, **change))
    with pytest.raises(ConfigError, match="its pipeline was"):
        run(pipeline({"text": ["toy.upper"]}), job(source, resume=True))
    assert content(source.parent / "out") == before


def test_the_record_names_all_that_results_hang_on(source: Path) -> None:
    run(PIPE, job(source))
    assert set(SAME) <= set(json.loads((source.parent / "out" / "run.json").read_text()))


def test_a_folder_in_which_no_job_began_is_not_resumed(source: Path) -> None:
    out = source.parent / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("x")
    with pytest.raises(ConfigError, match="is not empty"):
        run(PIPE, job(source, resume=True))
    (out / "run.json").write_text("{")
    with pytest.raises(ConfigError, match=r"run.json' cannot be read"):
        run(PIPE, job(source, resume=True))
    with pytest.raises(ConfigError, match="exclude each other"):
        job(source, resume=True, overwrite=True)


def test_two_jobs_do_not_write_into_one_folder(source: Path) -> None:
    run(PIPE, job(source))
    before = content(source.parent / "out")
    with held(source.parent / "out"), pytest.raises(ConfigError, match="another job is writing into"):
        run(PIPE, job(source, overwrite=True))
    assert content(source.parent / "out") == before


def invoke(source: Path, *options: str) -> Result:
    path = source.parent / "pipeline.yaml"
    path.write_text("text: [{text.char_case: {p: 0.7}}]\n")
    return CliRunner().invoke(
        app, ["run", str(path), str(source), str(source.parent / "out"), "--device", "cpu", *options]
    )


def test_the_command_resumes_with_the_seed_that_was_drawn(source: Path) -> None:
    first = invoke(source)
    assert first.exit_code == 1, first.output
    wanted = content(source.parent / "out")
    (source.parent / "out" / "03__a0.txt").unlink()
    again = invoke(source, "--resume")
    assert again.exit_code == 1, again.output
    assert content(source.parent / "out") == wanted
    assert "--resume to go on" in invoke(source).output


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """SIGINT interrupts, as in a terminal: a shell that starts tests in the background lets it be ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_the_command_in_order(
    source: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    calls: list[int] = []

    def write(self: FolderSink, shard: int, rows: Any, stage: Path) -> list[tuple[Path, str]]:
        calls.append(shard)
        if shard == 1:
            os.kill(os.getpid(), number)
        return real(self, shard, rows, stage)

    real = FolderSink.write
    monkeypatch.setattr(FolderSink, "write", write)
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    result = invoke(source, "--seed", "1", "--shard-size", "3", "--engine", "inline")
    assert result.exit_code == code, result.output
    assert "--resume goes on" in result.output
    assert calls == [0, 1]
    # Ctrl-C lets the shard in work end.
    done = 6 if number == signal.SIGINT else 3
    found = content(source.parent / "out")
    assert {name for name in found if ".augreg" not in name} == {f"{i:02}__a0.txt" for i in range(done)}
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    monkeypatch.undo()
    assert invoke(source, "--shard-size", "3", "--resume").exit_code == 1  # bad.txt
    assert len(content(source.parent / "out")) == 13


def test_a_second_interruption_does_not_wait(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(self: FolderSink, shard: int, rows: Any, stage: Path) -> list[tuple[Path, str]]:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("it went on")

    monkeypatch.setattr(FolderSink, "write", write)
    result = invoke(source, "--seed", "1", "--engine", "inline")
    assert result.exit_code == 130
    assert "Press Ctrl-C again" in result.output


def test_a_full_disk_is_one_line(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28), str(source.parent / "out"))

    monkeypatch.setattr(FolderSink, "write", full)
    result = invoke(source, "--seed", "1")
    assert result.exit_code == 3
    assert result.output.count("\n") == 1
    assert result.output.startswith("augreg: No space left on device: ")
    assert "--resume goes on" in result.output


def test_manifest_lines_replay(source: Path) -> None:
    run(PIPE, job(source))
    out = source.parent / "out"
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]
    done = [line for line in lines if line["outcome"] == "ok"]
    inputs = [(source / line["source"]).read_text() for line in done]
    again = PIPE.replay(inputs, [trace_of(line) for line in done])
    assert again == [(out / line["output"]).read_text() for line in done]
    assert sum(a != b for a, b in zip(again, inputs, strict=True)) > 5


def test_records_resume_and_replay(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    rng = np.random.default_rng(0)
    for i in range(4):
        media.write(Image(torch.from_numpy(rng.integers(0, 256, (3, 9, 8), dtype=np.uint8))), source / f"{i}.png")
        (source / f"{i}.txt").write_text(f"word {i}")
    steps = {"image": ["toy.mirror"], "text": [{"toy.tag": {"p": 0.7}}]}
    pipe = pipeline(steps, schema={"picture": "image", "caption": "text"})
    run(pipe, job(source, "whole"))
    with pytest.raises(KeyboardInterrupt):
        run(pipe, job(source), stop_after(1))
    assert run(pipe, job(source, resume=True)).resumed == 2
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    lines = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    for i in range(4):
        for copy in range(2):
            of_copy = [line for line in lines if line["key"] == str(i) and line["copy"] == copy]
            assert [line["field"] for line in of_copy] == ["picture", "caption"]
            record = {"picture": media.read(source / f"{i}.png"), "caption": (source / f"{i}.txt").read_text()}
            again = pipe.replay([record], [trace_of(*of_copy)])[0]
            assert again["caption"] == (tmp_path / "out" / f"{i}__a{copy}.txt").read_text()
            assert torch.equal(again["picture"].data, media.read(tmp_path / "out" / f"{i}__a{copy}.png").data)


def test_a_film_is_replayed_with_its_sound(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    frames = torch.arange(8, dtype=torch.uint8)[:, None, None, None].expand(8, 3, 16, 16) * 20
    wave = torch.linspace(-0.5, 0.5, 8_000)[None]
    media.write(Video(frames.contiguous(), fps=8.0), source / "film.mp4", sound=Audio(wave, 8_000))
    pipe = augreg.Pipeline({"record": [{"av.speed": {"factor": [1.5, 2.0]}}], "audio": [{"audio.gain": {"p": 1.0}}]})
    run(pipe, job(source, copies=1))
    (line,) = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    trace = trace_of(line)
    assert isinstance(trace, dict)
    assert [(field, of.modality, of.field) for field, of in trace.items()] == [
        ("video", "video", "video"),
        ("audio", "audio", "audio"),
    ]
    again = pipe.replay([media.read_film(source / "film.mp4")], [trace])[0]
    assert list(again["audio"].data.shape) == line["sound"]["out"]["shape"]
    assert len(again["video"].data) == line["out"]["shape"][0] < 8

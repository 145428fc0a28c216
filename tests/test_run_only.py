"""`augreg run --only`: the inputs that a list names, and no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from planted import picture, write_picture, write_text

from augreg.cli.app import app
from augreg.jobs import Settings, run, verify
from augreg.pipeline import Pipeline

STEPS = "image: [{image.hflip: {p: 0.5}}]\n"


def invoke(*args: object) -> Result:
    return CliRunner().invoke(app, [*map(str, args)])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "steps.yaml").write_text(STEPS)
    for seed in range(4):
        write_picture(tmp_path / "in" / "cat" / f"{seed}.png", picture(seed))
    write_picture(tmp_path / "in" / "copy.png", picture(2))
    return tmp_path


def outputs(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*.png")}


def test_a_run_takes_what_clean_found_good(place: Path) -> None:
    assert invoke("clean", place / "in", "--list", place / "good.txt").exit_code == 1
    for out, more in (("some", ["--only", place / "good.txt"]), ("all", [])):
        done = invoke("run", place / "steps.yaml", place / "in", place / out, "--seed", 7, *more)
        assert done.exit_code == 0, done.output
    some, everything = outputs(place / "some"), outputs(place / "all")
    assert len(some) == 4
    assert some.items() < everything.items()
    done = invoke("run", place / "steps.yaml", place / "in", place / "x", "--seed", 7, "--only", place / "good.txt")
    assert "1 other files were left aside (1 x not in the list of --only)" in done.output
    assert verify(place / "some", place / "in").faults == []


def test_a_name_that_is_no_input_is_an_error(place: Path) -> None:
    (place / "list").write_text("cat/1.png\ncat/4.png\n")
    done = invoke("run", place / "steps.yaml", place / "in", place / "out", "--seed", 7, "--only", place / "list")
    assert done.exit_code == 2
    assert "'cat/4.png', which is no input. Did you mean 'cat/" in done.output
    (place / "list").write_text("\n")
    assert (
        "names no input"
        in invoke("run", place / "steps.yaml", place / "in", place / "out", "--only", place / "list").output
    )
    gone = invoke("run", place / "steps.yaml", place / "in", place / "out", "--only", place / "gone")
    assert gone.exit_code == 2
    assert "which is no file" in gone.output


def test_a_record_is_taken_whole_or_not_at_all(tmp_path: Path) -> None:
    for seed in range(2):
        write_picture(tmp_path / "in" / f"{seed}.png", picture(seed))
        write_text(tmp_path / "in" / f"{seed}.txt", ["a", "cat"])
    (tmp_path / "list").write_text("0.png\n0.txt\n1.png\n")
    pipe = Pipeline.from_dict({"schema": {"image": "image", "text": "text"}, "image": [{"image.hflip": {}}]})
    summary = run(pipe, Settings(source=tmp_path / "in", out=tmp_path / "out", seed=7, only=tmp_path / "list"))
    assert summary.inputs == 1
    assert summary.ignored == {"not in the list of --only": 2}
    lines = [json.loads(line) for line in (tmp_path / "out" / "manifest.jsonl").read_text().splitlines()]
    assert {line["source"] for line in lines} == {"0.png", "0.txt"}

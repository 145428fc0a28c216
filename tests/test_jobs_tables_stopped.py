"""Jobs on tables that are stopped and resumed: the bytes of a job that never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("datasets")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from tables import FLIP, cells, lines, png, rich, tree  # noqa: E402

from augreg.errors import ConfigError  # noqa: E402
from augreg.jobs import Settings, Summary, run  # noqa: E402
from augreg.pipeline import Pipeline  # noqa: E402

PIPE = Pipeline({**FLIP, "text": ["text.char_swap"], "schema": {"image": "image", "caption": "text"}})


def settings(given: Path, out: Path, to: str, **changes: Any) -> Settings:
    asked = {"seed": 3, "copies": 2, "batch_size": 2, "shard_size": 5, "engine": "inline", **changes}
    return Settings(source=given, out=out, to=to, **asked)


def stop_after(batches: int) -> Callable[[Summary], None]:
    """Interrupt when so many batches are done in this run."""
    left = [batches]

    def progress(summary: Summary) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    return progress


@pytest.mark.parametrize("to", ["parquet", "arrow", "folder"])
@pytest.mark.parametrize("source", ["parquet", "arrow"])
def test_a_job_that_was_stopped_ends_with_the_same_bytes(tmp_path: Path, source: str, to: str) -> None:
    given = tmp_path / "in"
    if source == "parquet":
        given.mkdir()
        rich(23).to_parquet(given / "x.parquet", batch_size=4)
    else:
        rich(23).save_to_disk(given, num_shards=2)
    run(PIPE, settings(given, tmp_path / "whole", to))
    for stops in (1, 3, 7):
        out = tmp_path / f"stopped{stops}"
        with pytest.raises(KeyboardInterrupt):
            run(PIPE, settings(given, out, to), stop_after(stops))
        with pytest.raises(KeyboardInterrupt):
            run(PIPE, settings(given, out, to, resume=True), stop_after(2))
        assert run(PIPE, settings(given, out, to, resume=True)).finished
        assert tree(out) == tree(tmp_path / "whole")


@pytest.mark.parametrize("to", ["parquet", "arrow"])
def test_a_table_that_was_changed_or_removed_is_written_again(tmp_path: Path, to: str) -> None:
    given = tmp_path / "in"
    rich(12).save_to_disk(given)
    run(PIPE, settings(given, tmp_path / "out", to))
    before = tree(tmp_path / "out")
    files = sorted(path for path in (tmp_path / "out").rglob(f"*.{to}"))
    files[0].write_bytes(files[0].read_bytes()[:-1] + b"x")
    files[1].unlink()
    summary = run(PIPE, settings(given, tmp_path / "out", to, resume=True))
    assert len(summary.redone) == 2
    assert tree(tmp_path / "out") == before


def small(path: Path, labels: list[int], count: int = 6) -> None:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table({"image": cells([png(i) for i in range(count)]), "label": labels}), path)


def test_inputs_that_changed_in_between_are_refused(tmp_path: Path) -> None:
    given = tmp_path / "in" / "x.parquet"
    small(given, [0] * 6)
    asked = {"shard_size": 2, "copies": 1}
    pipe = Pipeline(FLIP)
    with pytest.raises(KeyboardInterrupt):
        run(pipe, settings(given, tmp_path / "out", "parquet", **asked), stop_after(3))
    small(given, [1] * 6)  # another label alone: the pictures are the same
    with pytest.raises(ConfigError, match="its inputs are others now"):
        run(pipe, settings(given, tmp_path / "out", "parquet", resume=True, **asked))
    small(given, [0] * 5, 5)
    with pytest.raises(ConfigError, match="- x/5#image"):
        run(pipe, settings(given, tmp_path / "out", "parquet", resume=True, **asked))
    pq.write_table(pa.table({"image": cells([png(i) for i in range(6)])}), given)
    with pytest.raises(ConfigError, match="their columns"):
        run(pipe, settings(given, tmp_path / "out", "parquet", resume=True, **asked))
    small(given, [0] * 6)
    assert run(pipe, settings(given, tmp_path / "out", "parquet", resume=True, **asked)).finished


def test_a_table_that_changes_while_the_job_runs_is_refused(tmp_path: Path) -> None:
    given = tmp_path / "in" / "x.parquet"
    small(given, [0] * 6)
    calls: list[int] = []

    def replace(summary: Summary) -> None:
        if summary.done and not calls:
            small(given, [7] * 6)
            calls.append(1)

    run(Pipeline(FLIP), settings(given, tmp_path / "out", "parquet", shard_size=2, copies=1), replace)
    outcomes = [(line["outcome"], line.get("code")) for line in lines(tmp_path / "out")]
    assert outcomes == [("ok", None)] * 2 + [("error", "E_CHANGED")] * 4

"""Addresses as inputs, by fsspec: what lies there gives what the local copy gives."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest
from packed import files, job, lines, pack, picture
from toys import pipeline

import augreg
from augreg.errors import ConfigError
from augreg.jobs import Settings, run


@pytest.fixture
def local(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    for i, name in enumerate(("cat/1.png", "dog/2.png", "dog/.hidden.png", "notes.md")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(picture(i))
    for i in range(2):
        pack(tmp_path / "tars" / f"{i}.tar", (f"k{i}.png", picture(i)), (f"k{i}.cls", b"1"))
    (root / "list.csv").write_text("path,label\ncat/1.png,0\n./dog/2.png,1\n../out.png,2\nno.png,3\n")
    return tmp_path


@pytest.fixture
def memory(local: Path) -> Iterator[str]:
    store = fsspec.filesystem("memory")
    store.put(str(local / "in"), "/bucket/in", recursive=True)
    store.put(str(local / "tars"), "/bucket/tars", recursive=True)
    yield "memory://bucket"
    store.rm("/bucket", recursive=True)


@pytest.fixture(params=["memory", "file"])
def address(request: pytest.FixtureRequest, local: Path, memory: str) -> str:
    return memory if request.param == "memory" else f"file://{local}"


def test_a_folder(address: str, local: Path) -> None:
    summary = job(f"{address}/in", local / "out", copies=2, shard_size=1)
    assert (summary.written, summary.ignored) == (2, {".md": 1, ".csv": 1})
    job(local / "in", local / "wanted", copies=2)
    assert files(local / "out") == files(local / "wanted")
    assert [line["key"] for line in lines(local / "out")] == [line["key"] for line in lines(local / "wanted")]


@pytest.mark.parametrize("names", ["tars/{0..1}.tar", "tars/*.tar", "tars/0.tar,ADDRESS/tars/1.tar"])
def test_tars(address: str, local: Path, names: str) -> None:
    given = f"{address}/{names}".replace("ADDRESS", address)
    assert job(given, local / "out", shard_size=1).told == "2 tars of 2 records"
    job(local / "tars", local / "wanted")
    assert files(local / "out") == files(local / "wanted")


def test_a_list(address: str, local: Path) -> None:
    summary = job(f"{address}/in/list.csv", local / "out")
    assert (summary.written, sorted(code for _, code, _ in summary.errors)) == (2, ["E_MISSING", "E_OUTSIDE"])
    job(local / "in" / "list.csv", local / "wanted")
    assert files(local / "out") == files(local / "wanted")


def test_what_changes_at_an_address_is_noticed(address: str, local: Path) -> None:
    system, path = fsspec.core.url_to_fs(f"{address}/in/cat/1.png")
    job(f"{address}/in", local / "out", shard_size=1)
    system.pipe_file(path, picture(7))
    with pytest.raises(ConfigError, match="its inputs are others now"):
        job(f"{address}/in", local / "out", shard_size=1, resume=True)


def test_what_goes_while_the_job_runs_is_refused(memory: str, local: Path) -> None:
    store = fsspec.filesystem("memory")

    def stop() -> bool:
        if store.exists("/bucket/in/dog/2.png"):
            store.rm("/bucket/in/dog/2.png")
        return False

    settings = Settings(source=f"{memory}/in", out=local / "out", seed=3, engine="inline")
    summary = run(pipeline({"image": ["toy.brightness"]}), settings, stop=stop)
    assert (summary.written, [code for _, code, _ in summary.errors]) == (1, ["E_MISSING"])


@pytest.mark.slow
def test_workers_load_from_an_address(local: Path) -> None:
    steps = augreg.Pipeline({"image": ["image.hflip"]})
    for engine in ("inline", "process"):
        job(f"file://{local}/in", local / engine, steps, engine=engine, workers=2, shard_size=1)
    assert files(local / "inline") == files(local / "process")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("memory://nothing/here", "there is nothing at"),
        ("memory://nothing/{0..1}.tar", "cannot be read"),
        ("memory://nothing/a.csv", "cannot be read"),
        ("nosuch://bucket/in", "Protocol not known: nosuch"),
        ("s3://bucket/in", "needs a library that is not installed.*s3fs"),
        ("https://example.org/photos", "cannot be listed"),
        ("simplecache::s3://bucket/in", "chains"),
        ("memory://a/1.tar,file:///tmp/2.tar", "several kinds of places"),
        ("s3://bucket/x.tar.gz", "compressed tar"),
    ],
)
def test_addresses_that_cannot_be_read_say_why(tmp_path: Path, given: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        job(given, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_fsspec_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("fsspec"):
            raise ImportError(name)
        return imported(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"pip install 'augreg\[remote\]'"):
        job("s3://bucket/in", tmp_path / "out")


def test_the_memory_of_this_process_is_not_that_of_another(memory: str, local: Path) -> None:
    steps = augreg.Pipeline({"image": ["image.hflip"]})
    with pytest.raises(ConfigError, match="memory:// is the memory of this one"):
        job(f"{memory}/in", local / "out", steps, engine="process")
    assert job(f"{memory}/in", local / "out", steps, engine="auto", shard_size=1).written == 2

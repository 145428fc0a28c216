"""Every form of input into every form of output: counted, verified, made again, resumed, mended, and taken back."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("datasets")
pytest.importorskip("fsspec")

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
from click.testing import CliRunner
from tables import lines, png, tree

from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, forget, replay, run, verify
from augreg.jobs.sinks import SINKS
from augreg.jobs.sources import SOURCES
from augreg.pipeline import Pipeline

COUNT = 7
BAD = 4
"""The input whose picture is none."""

PIPE = Pipeline(
    {
        "image": [{"image.rotate": {"p": 0.7}}, {"image.hflip": {"p": 0.5}}],
        "text": [{"text.keyboard": {"p": 0.7, "rate": 0.3}}],
        "schema": {"image": "image", "caption": "text"},
    }
)


def picture(i: int) -> bytes:
    return b"no picture" if i == BAD else png(i)


def caption(i: int) -> bytes:
    return f"a picture of number {i}, drawn at random".encode()


def label(i: int) -> int:
    return i % 2


def a_folder(root: Path) -> Path:
    for i in range(COUNT):
        folder = root / "pets" / ("cat", "dog")[label(i)]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{i}.png").write_bytes(picture(i))
        (folder / f"{i}.txt").write_bytes(caption(i))
    return root / "pets"


def an_address(root: Path) -> str:
    return f"file://{a_folder(root)}"


def tars(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    for first in (0, 4):
        with tarfile.open(root / f"pets-{first}.tar", "w") as tar:
            for i in range(first, min(first + 4, COUNT)):
                for extension, content in {"png": picture(i), "txt": caption(i), "cls": b"%d" % label(i)}.items():
                    info = tarfile.TarInfo(f"pet/{i}.{extension}")
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
    return root


def a_list(root: Path) -> Path:
    folder = a_folder(root)
    rows = []
    for i in range(COUNT):
        place = f"{('cat', 'dog')[label(i)]}/{i}"
        rows.append({"image_file_name": f"{place}.png", "caption_file_name": f"{place}.txt", "label": label(i)})
    (folder / "pets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder / "pets.jsonl"


def dataset() -> datasets.Dataset:
    features = {
        "image": datasets.Image(),
        "caption": datasets.Value("string"),
        "label": datasets.ClassLabel(names=["cat", "dog"]),
    }
    rows = {
        "image": [{"bytes": picture(i), "path": None} for i in range(COUNT)],
        "caption": [caption(i).decode() for i in range(COUNT)],
        "label": [label(i) for i in range(COUNT)],
    }
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))


def a_parquet(root: Path) -> Path:
    root.mkdir(exist_ok=True)
    dataset().to_parquet(root / "pets.parquet", batch_size=3)
    return root / "pets.parquet"


def an_arrow(root: Path) -> Path:
    dataset().save_to_disk(root / "pets", num_shards=2)
    return root / "pets"


GIVEN: dict[str, Callable[[Path], Any]] = {
    "folder": a_folder,
    "address": an_address,
    "webdataset": tars,
    "list": a_list,
    "parquet": a_parquet,
    "arrow": an_arrow,
}


ANNOTATED = {"conll", "texts", "rows"}
"""Files of texts, see test_jobs_texts and test_jobs_rows."""

ANY = [to for to in SINKS if to not in ("lines", "csv", "tsv", "jsonl")]
"""What any input can be written as: lines are of annotated texts alone, rows of texts."""


def settings(given: Any, out: Path, to: str, **changes: Any) -> Settings:
    asked = {"seed": 3, "copies": 2, "shard_size": 3, "batch_size": 2, "engine": "inline", **changes}
    return Settings(source=given, out=out, to=to, **asked)


def held(out: Path, line: dict[str, Any]) -> bytes:
    """The bytes of an output, read by other means than augreg's own."""
    path = out / line["output"]
    if "member" in line:
        with tarfile.open(path) as tar:
            found = tar.extractfile(line["member"])
            assert found is not None
            return found.read()
    if "column" not in line:
        return path.read_bytes()
    if path.suffix == ".parquet":
        table = pq.read_table(path)
    else:
        with pa.ipc.open_stream(path) as reader:
            table = reader.read_all()
    cell = table.column(line["column"])[line["row"]].as_py()
    return cell.encode() if isinstance(cell, str) else bytes(cell["bytes"])


def everything(out: Path) -> Iterator[bytes]:
    """All bytes that an output folder holds, tables without their compression."""
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        yield str(path.relative_to(out)).encode() + b"\n" + path.read_bytes()
        if path.suffix == ".parquet":
            yield repr(pq.read_table(path).to_pylist()).encode()


def test_all_forms_are_here() -> None:
    assert GIVEN.keys() | ANNOTATED == SOURCES.keys()


@pytest.mark.parametrize("to", ANY)
@pytest.mark.parametrize("source", GIVEN)
def test_any_input_goes_with_any_output(tmp_path: Path, source: str, to: str) -> None:
    given, out = GIVEN[source](tmp_path / "in"), tmp_path / "out"
    done = run(PIPE, settings(given, out, to))
    assert (done.inputs, done.written, done.refused) == (COUNT, COUNT - 1, 1)
    found = verify(out, given)
    assert found.faults == []
    assert (found.inputs, found.written, found.refused, found.outputs) == (COUNT, COUNT - 1, 1, 4 * (COUNT - 1))
    assert found.hashed_inputs == 2 * COUNT
    written = [line for line in lines(out) if line["outcome"] != "error"]
    for line in written:
        assert hashlib.sha256(held(out, line)).hexdigest() == line["sha256"]
    for line in (written[2], written[-1]):
        assert replay(out, lines(out).index(line) + 1, given, tmp_path / "again").same
        assert (tmp_path / "again").read_bytes() == held(out, line)

    whole = tree(out)
    again = run(PIPE, settings(given, out, to, resume=True))
    assert (again.resumed, again.refused, again.redone) == (COUNT - 1, 1, [])
    assert tree(out) == whole
    (out / written[0]["output"]).unlink()
    assert verify(out).faults == [f"{written[0]['output']} is gone"]
    assert run(PIPE, settings(given, out, to, resume=True)).redone == [f"{written[0]['output']} is gone"]
    assert tree(out) == whole


@pytest.mark.parametrize("to", ANY)
@pytest.mark.parametrize("source", ["folder", "webdataset", "list", "parquet"])
def test_any_input_can_be_forgotten(tmp_path: Path, source: str, to: str) -> None:
    given, out = GIVEN[source](tmp_path / "in"), tmp_path / "out"
    run(PIPE, settings(given, out, to))
    before = [line for line in lines(out) if line["outcome"] != "error"]
    keys = sorted({line["key"] for line in before})
    gone, whole_shard = keys[1], {line["key"] for line in before if line["shard"] == 0}
    lost = [line for line in before if line["key"] == gone]
    assert len(lost) == 4
    found = forget(out, [lost[0]["source"]])
    assert (found.inputs, found.outputs, found.mixed) == (1, 4, [])
    verdict = verify(out, given)
    assert verdict.faults == []
    assert (verdict.inputs, verdict.written, verdict.refused, verdict.forgotten) == (COUNT, COUNT - 2, 1, 1)
    left = [line for line in lines(out) if line["outcome"] != "error"]
    assert len(left) == len(before) - 4
    for line in left:
        assert hashlib.sha256(held(out, line)).hexdigest() == line["sha256"]
    for raw in everything(out):
        assert lost[0]["source"].encode() not in raw
        assert not [line for line in lost if line["sha256"].encode() in raw]
    assert replay(out, lines(out).index(left[-1]) + 1, given, tmp_path / "again").same
    forget(out, [next(line["source"] for line in left if line["key"] == key) for key in whole_shard - {gone}])
    assert verify(out, given).faults == []


def facts(out: Path) -> dict[str, Any]:
    found = json.loads((out / "run.json").read_text())
    return {name: found[name] for name in ("inputs", "written", "refused", "outputs", "shards", "forgotten")}


@pytest.mark.parametrize("to", ANY)
@pytest.mark.parametrize("source", GIVEN)
def test_a_job_that_forgot_is_resumed_and_mends_the_rest_alone(tmp_path: Path, source: str, to: str) -> None:
    given, out = GIVEN[source](tmp_path / "in"), tmp_path / "out"
    run(PIPE, settings(given, out, to))
    written = [line for line in lines(out) if line["outcome"] != "error"]
    first, last = ({line["key"]: line["source"] for line in written if line["shard"] == n} for n in (0, 2))
    forget(out, [list(first.values())[1], *last.values()])  # one of a shard, and all of another
    gone = {list(first)[1], *last}
    before, kept = tree(out), facts(out)
    whole = run(PIPE, settings(given, out, to, resume=True))
    left = COUNT - 1 - len(gone)
    assert (whole.resumed, whole.refused, whole.redone) == (left, 1, [])
    assert facts(out) == kept
    described = {"run.json", "state.json"}
    assert {n: v for n, v in tree(out).items() if n not in described} == {
        n: v for n, v in before.items() if n not in described
    }

    target = next(line["output"] for line in written if line["key"] == next(iter(first)))
    (out / target).unlink()
    again = run(PIPE, settings(given, out, to, resume=True))
    assert (again.redone, again.written, again.finished) == ([f"{target} is gone"], left, True)
    assert facts(out) == kept
    assert {n: v for n, v in tree(out).items() if n not in described} == {
        n: v for n, v in before.items() if n not in described
    }
    verdict = verify(out, given)
    assert (verdict.faults, verdict.written, verdict.forgotten) == ([], left, len(gone))
    assert not gone & {line["key"] for line in lines(out)}
    forget(out, [line["source"] for line in lines(out)[:1]])
    assert run(PIPE, settings(given, out, to, resume=True)).redone == []
    assert verify(out, given).forgotten == len(gone) + 1


@pytest.mark.parametrize("to", ["webdataset", "parquet"])
def test_a_stopped_resume_of_a_job_that_forgot_goes_on(tmp_path: Path, to: str) -> None:
    given, out = a_folder(tmp_path / "in"), tmp_path / "out"
    run(PIPE, settings(given, out, to))
    forget(out, ["cat/0.png"])
    before = tree(out)
    for line in lines(out):
        if line["output"]:
            (out / line["output"]).unlink(missing_ok=True)
    assert not run(PIPE, settings(given, out, to, resume=True), stop=iter([False, True, True, True]).__next__).finished
    (given / "cat/0.png").unlink()  # as whoever asks to be forgotten will want it
    (given / "cat/0.txt").unlink()
    assert run(PIPE, settings(given, out, to, resume=True)).finished
    assert {n: v for n, v in tree(out).items() if n != "run.json"} == {
        n: v for n, v in before.items() if n != "run.json"
    }
    (given / "dog/1.png").rename(given / "dog/9.png")
    with pytest.raises(ConfigError, match="its inputs are others now"):
        run(PIPE, settings(given, out, to, resume=True))


@pytest.mark.parametrize("to", ["parquet", "arrow"])
def test_tables_that_would_have_other_columns_are_not_mended(tmp_path: Path, to: str) -> None:
    folder = a_folder(tmp_path / "in")
    rows = [{"file_name": f"cat/{i}.png", **({"note": "hers"} if i == 0 else {"n": i})} for i in (0, 2, 6)]
    given, out = folder / "list.jsonl", tmp_path / "out"
    given.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(PIPE, settings(given, out, to))
    forget(out, [lines(out)[0]["source"]])
    given.write_text("".join(json.dumps(row) + "\n" for row in rows[1:]))
    before = tree(out)
    with pytest.raises(ConfigError, match=r"other columns \(note\).*leave it as it is, or begin anew"):
        run(PIPE, settings(given, out, to, resume=True))
    assert tree(out) == before


@pytest.mark.parametrize("to", ["webdataset", "parquet", "arrow"])
@pytest.mark.parametrize("stop", [1, 2, 3, 4, 5])
def test_a_killed_forget_can_be_given_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, stop: int
) -> None:
    given, out = tars(tmp_path / "in"), tmp_path / "out"
    run(PIPE, settings(given, out, to, shard_size=2))
    names = ["pet/0", "pet/1", "pet/5"]
    wanted = shutil.copytree(out, tmp_path / "wanted")
    forget(wanted, names)
    left = [stop]
    real = Path.replace

    def dying(*args: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patched, contextlib.suppress(KeyboardInterrupt):
        patched.setattr(Path, "replace", dying)
        forget(out, names)
    forget(out, names)
    assert tree(out) == tree(wanted)
    assert verify(out).faults == []


@pytest.mark.parametrize("to", ["webdataset", "parquet", "arrow"])
def test_a_file_that_was_changed_is_not_rewritten(tmp_path: Path, to: str) -> None:
    given, out = a_parquet(tmp_path / "in"), tmp_path / "out"
    run(PIPE, settings(given, out, to))
    line = lines(out)[0]
    content = bytearray((out / line["output"]).read_bytes())
    content[len(content) // 2] ^= 1
    (out / line["output"]).write_bytes(content)
    with pytest.raises(ConfigError, match="Mend it by --resume|cannot be read"):
        forget(out, [line["source"]])


@pytest.mark.parametrize("to", ANY)
@pytest.mark.parametrize("source", GIVEN)
def test_aliases_hide_names_in_every_form(tmp_path: Path, source: str, to: str) -> None:
    given, out, kept = GIVEN[source](tmp_path / "in"), tmp_path / "out", tmp_path / "names"
    run(PIPE, settings(given, out, to, anonymize_names=True, names_to=kept))
    assert len([line for line in lines(out) if line["outcome"] != "error"]) == 4 * (COUNT - 1)
    for raw in everything(out):
        assert not [name for name in (b"pet/", b"pets", b"cat/", b"dog/", b"/0.png") if name in raw]
    found = verify(out, given, names=kept)
    assert found.faults == []
    assert found.hashed_inputs == 2 * COUNT
    assert replay(out, 3, given, tmp_path / "again", names=kept).same


def test_outputs_are_named_by_their_places(tmp_path: Path) -> None:
    given = tars(tmp_path / "in")
    run(PIPE, settings(given, tmp_path / "tars", "webdataset"))
    run(PIPE, settings(given, tmp_path / "tables", "parquet"))
    places = {
        "tars": ("augreg-000000.tar/pet/0__a0.png", "augreg-000000.tar"),
        "tables": ("data/train-00000-of-00003.parquet/0#image", "data/train-00000-of-00003.parquet/0"),
    }
    for out, (place, unclear) in places.items():
        asked = ["replay", str(tmp_path / out), place, "--source", str(given), "-o", str(tmp_path / "again")]
        done = CliRunner().invoke(app, asked)
        assert done.exit_code == 0, done.output
        with pytest.raises(ConfigError, match="outputs are in .* Say which, as in"):
            replay(tmp_path / out, unclear, given, tmp_path / "again")
    with pytest.raises(ConfigError, match="has no output 'augreg-000000.tar/pet/0__a9.png'.*Did you mean"):
        replay(tmp_path / "tars", "augreg-000000.tar/pet/0__a9.png", given, tmp_path / "again")


def test_labels_and_columns_of_inputs_are_compared(tmp_path: Path) -> None:
    given = a_list(tmp_path / "in")
    run(PIPE, settings(given, tmp_path / "out", "folder"))
    given.write_text(given.read_text().replace('"label": 1', '"label": 2'))
    faults = verify(tmp_path / "out", given).faults
    assert len(faults) == 3
    assert all("its labels or columns are others" in fault for fault in faults)


def test_attached_files_are_no_strays_and_are_hashed(tmp_path: Path) -> None:
    given, out = tars(tmp_path / "in"), tmp_path / "out"
    run(PIPE, settings(given, out, "folder"))
    assert verify(out).faults == []
    (out / "pet" / "0__a0.cls").write_text("9")
    assert verify(out).faults == ["pet/0__a0.cls was changed"]


def test_no_place_stands_in_the_record(tmp_path: Path) -> None:
    for source, make in GIVEN.items():
        given, out = make(tmp_path / source), tmp_path / f"out_{source}"
        run(PIPE, settings(given, out, "folder"))
        for name in ("run.json", "manifest.jsonl"):
            assert str(tmp_path) not in (out / name).read_text(), (source, name)

"""Lists of paths as inputs: rows by their numbers, paths within a root, columns that come out as they went in."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import datasets
import pytest
from click.testing import CliRunner
from packed import BRIGHT, files, job, lines, members, picture
from toys import pipeline

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, run

Listed = Callable[[str, str], Path]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for i, name in enumerate(("cat/1.png", "cat/2.png", "dog/3.png", "dog/3.mask.png")):
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(picture(i))
    return tmp_path / "data"


@pytest.fixture
def listed(root: Path) -> Listed:
    def write(name: str, content: str) -> Path:
        (root / name).write_bytes(content.encode())
        return root / name

    return write


ALL = ["cat/1.png", "cat/2.png", "dog/3.png"]

FORMS = {
    "a.jsonl": "".join(json.dumps({"label": i, "path": path}) + "\n" for i, path in enumerate(ALL)),
    "a.ndjson": "\ufeff" + "\n\n".join(json.dumps({"image": path, "x": None}) for path in ALL),
    "a.csv": "\ufeffid,file_name\r\n" + "".join(f'"{i}, ""x""",{path}\r\n' for i, path in enumerate(ALL)),
    "a.tsv": "filename\tlabel\n" + "".join(f"./{path}\t{i}\n" for i, path in enumerate(ALL)),
    "a.txt": "\r\n".join(ALL),
    "b.txt": "\0".join([*ALL, ""]),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_list_gives_what_the_folder_gives(root: Path, listed: Listed, tmp_path: Path, name: str) -> None:
    job(root, tmp_path / "whole")
    path = listed(name, FORMS[name])
    summary = job(path, tmp_path / "out", copies=1)
    assert (summary.written, summary.rejected, summary.told) == (3, 0, "a list of 3 rows")
    wanted = {f"{path[:-4]}__a0.png" for path in ALL}
    found, whole = files(tmp_path / "out"), files(tmp_path / "whole")
    assert {name: content for name, content in found.items() if name != "metadata.jsonl"} == {
        name: whole[name] for name in sorted(wanted)
    }
    assert ("metadata.jsonl" in found) == (not name.endswith(".txt"))


def test_hugging_face_reads_the_folder_with_its_columns(root: Path, listed: Listed, tmp_path: Path) -> None:
    rows = [{"file_name": path, "label": i, "tags": [path, "b"], "split": "x"} for i, path in enumerate(ALL)]
    path = listed("metadata.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    job(path, out, copies=2)
    cache = str(tmp_path / "cache")
    found = datasets.load_dataset("imagefolder", data_dir=str(out), split="train", cache_dir=cache)
    assert found.column_names == ["image", "label", "tags", "split"]
    got = sorted((row["label"], *row["tags"], row["image"].size) for row in found)
    assert got == [(i, path, "b", (8, 6)) for i, path in enumerate(ALL) for _ in range(2)]
    first = json.loads((out / "metadata.jsonl").read_text().splitlines()[0])
    assert first == {"file_name": "cat/1__a0.png", "label": 0, "tags": ["cat/1.png", "b"], "split": "x"}
    again = job(out / "metadata.jsonl", tmp_path / "again")  # it is a list again
    assert again.written == 6


def test_several_columns_make_a_record_and_come_out_as_such(root: Path, listed: Listed, tmp_path: Path) -> None:
    path = listed("a.jsonl", '{"image_file_name": "dog/3.png", "mask_file_name": "dog/3.mask.png", "label": 7}\n')
    steps = augreg.Pipeline.from_dict(
        {"schema": {"image": "image", "mask": "image"}, "image": ["toy.brightness"]}, registry=pipeline({}).registry
    )
    out = tmp_path / "out"
    assert job(path, out, steps).tally.modalities == {"image + image": 1}
    wanted = {"image_file_name": "dog/3__a0.png", "mask_file_name": "dog/3.mask__a0.png", "label": 7}
    assert json.loads((out / "metadata.jsonl").read_text()) == wanted
    assert {line["key"] for line in lines(out)} == {"dog/3.png"}
    job(path, tmp_path / "tars", steps, to="webdataset")
    made = members(tmp_path / "tars" / "augreg-000000.tar")
    assert list(made) == ["dog/3__a0.image.png", "dog/3__a0.mask.png", "dog/3__a0.json"]
    assert json.loads(made["dog/3__a0.json"]) == {"label": 7}


BAD = {
    '{"path": "cat/1.png"': ("E_RECORD", "it is no JSON"),
    '["cat/1.png"]': ("E_RECORD", "it is list, not an object"),
    '{"path": "cat/1.png", "path": "cat/2.png"}': ("E_RECORD", "'path' stands there twice"),
    '{"path": "cat/1.png", "x": NaN}': ("E_RECORD", "NaN is no number"),
    '{"path": 3}': ("E_RECORD", "its path is 3, not a path"),
    '{"label": 3}': ("E_RECORD", "it has no path in path"),
    '{"path": "cat/9.png"}': ("E_MISSING", "line 2 names 'cat/9.png', which cannot be read"),
    '{"path": "../outside.png"}': ("E_OUTSIDE", "leads out of the root"),
    '{"path": "/etc/passwd.png"}': ("E_OUTSIDE", "leads out of the root"),
    '{"path": "cat/../../outside.png"}': ("E_OUTSIDE", "leads out of the root"),
    '{"path": "s3://bucket/1.png"}': ("E_OUTSIDE", "is an address"),
    '{"path": "https://example.org/1.png"}': ("E_OUTSIDE", "is an address"),
    '{"path": "link.png"}': ("E_MISSING", "a link that leads out of the root"),
    '{"path": "pipe.png"}': ("E_MISSING", "it is no file"),
    '{"path": "cat/\\u0000.png"}': ("E_OUTSIDE", "leads out"),
}


@pytest.mark.parametrize("row", BAD)
def test_a_bad_row_is_refused_by_its_number_and_the_others_are_not(
    root: Path, listed: Listed, tmp_path: Path, row: str
) -> None:
    (root.parent / "outside.png").write_bytes(picture(9))
    (root / "link.png").symlink_to(root.parent / "outside.png")
    os.mkfifo(root / "pipe.png")
    path = listed("a.jsonl", f'{{"path": "cat/1.png"}}\n{row}\n{{"path": "dog/3.png"}}\n')
    summary = job(path, tmp_path / "out")
    assert (summary.inputs, summary.written) == (3, 2)
    ((_, code, reason),) = summary.errors
    assert code == BAD[row][0]
    assert BAD[row][1] in reason
    assert "line 2" in reason


def test_a_list_that_is_torn_says_so(root: Path, listed: Listed, tmp_path: Path) -> None:
    for name, content, said in (
        ("a.jsonl", '{"path": "cat/1.png"}\n{"path": "cat/2.p', "torn here"),
        ("a.csv", 'path,label\ncat/1.png,0\n"cat/2.p', "torn here"),
        ("a.txt", "cat/1.png\ncat/2.p", "torn there"),
    ):
        summary = job(listed(name, content), tmp_path / "out", overwrite=True)
        assert summary.written == 1
        assert said in summary.errors[0][2]


def test_rows_of_another_width_are_refused(root: Path, listed: Listed, tmp_path: Path) -> None:
    summary = job(listed("a.csv", "path,label\ncat/1.png,0\ncat/2.png\ndog/3.png,1,2\n"), tmp_path / "out")
    assert [reason for _, _, reason in summary.errors] == [
        "line 3: it has 1 values for 2 columns.",
        "line 4: it has 3 values for 2 columns.",
    ]


@pytest.mark.parametrize(
    ("name", "content", "said", "how"),
    [
        ("a.txt", "cat/1.png\ncat/2.png\n./cat/1.png\n", "line 3 .* names 'cat/1.png' again, after line 1", {}),
        ("a.csv", "url,label\nx,y\n", "none of the columns .* is known to hold paths", {}),
        ("a.csv", "url,label\nx,y\n", "no column 'urll'. Did you mean 'url'", {"columns": ("urll",)}),
        ("a.jsonl", "", "", {}),
        ("a.json", "{}", "is a file", {}),
    ],
)
def test_what_is_no_list_of_paths_is_refused(
    root: Path, listed: Listed, tmp_path: Path, name: str, content: str, said: str, how: dict
) -> None:
    path = listed(name, content)
    if not said:
        assert job(path, tmp_path / "out").inputs == 0
        return
    with pytest.raises(ConfigError, match=said):
        job(path, tmp_path / "out", **how)
    assert not (tmp_path / "out").exists()


def test_columns_and_root_can_be_said(root: Path, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "a.csv"
    path.parent.mkdir()
    path.write_text(f"url,image\n{root}/cat/1.png,x\ncat/2.png,y\n/etc/hosts.png,z\n")
    summary = job(path, tmp_path / "out", columns=("url",), root=root)
    assert (summary.written, [code for _, code, _ in summary.errors]) == (2, ["E_OUTSIDE"])
    rows = [json.loads(line) for line in (tmp_path / "out" / "metadata.jsonl").read_text().splitlines()]
    assert [(row["file_name"], row["image"]) for row in rows] == [("cat/1__a0.png", "x"), ("cat/2__a0.png", "y")]
    with pytest.raises(ConfigError, match="root belongs to lists of paths"):
        job(root, tmp_path / "other", root=root)


@pytest.mark.parametrize("separator", ["\0", "\n"])
def test_standard_input(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str) -> None:
    (tmp_path / "p.yaml").write_text("image: [image.hflip]\n")
    names = [f"./{path}" for path in ALL] + ["./notes.md"]
    (root / "notes.md").write_text("x")
    command = ["run", str(tmp_path / "p.yaml"), "-", str(tmp_path / "out"), "--root", str(root), "--engine", "inline"]
    result = CliRunner().invoke(app, command, input=separator.join([*names, ""]).encode())
    assert result.exit_code == 0, result.output
    assert "Input: a list of 4 rows on standard input." in result.output
    assert "1 other files were left aside (1 x .md)" in result.output
    assert set(files(tmp_path / "out")) == {f"{path[:-4]}__a0.png" for path in ALL}


@pytest.mark.slow
def test_find_and_processes(root: Path, tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text("image: [image.hflip]\n")
    (root / "new\nline.png").write_bytes(picture(5))
    run = f"{sys.executable} -m augreg run ../p.yaml - ../out --root . --seed 1 --shard-size 2 --workers 2 --json"
    command = f"find . -name '*.png' -print0 | {run}"
    done = subprocess.run(["bash", "-c", command], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["written"] == 5
    assert "new\nline__a0.png" in files(tmp_path / "out")


def test_a_name_that_is_not_utf8_survives(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(os.fsdecode(os.fsencode(root) + b"/caf\xe9.png")).write_bytes(picture(5))
    content = b"caf\xe9.png\0"
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    assert job("-", tmp_path / "out", root=root).written == 1
    assert list(files(tmp_path / "out")) == ["caf\udce9__a0.png"]


def test_a_stopped_job_on_a_list_is_resumed(root: Path, listed: Listed, tmp_path: Path) -> None:
    path = listed("a.jsonl", FORMS["a.jsonl"])
    job(path, tmp_path / "whole", shard_size=1)
    stop = iter([False, True])

    how = {"source": path, "out": tmp_path / "out", "seed": 3, "engine": "inline", "shard_size": 1}
    assert run(pipeline(BRIGHT), Settings(**how), stop=lambda: next(stop)).stopped
    assert not (tmp_path / "out" / "metadata.jsonl").exists()
    assert run(pipeline(BRIGHT), Settings(**how, resume=True)).finished
    assert files(tmp_path / "out") == files(tmp_path / "whole")

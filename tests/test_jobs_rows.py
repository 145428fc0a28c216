"""Texts in a column of CSV, TSV and JSON Lines: read row by row, written as rows, by run and by expand."""

from __future__ import annotations

import csv
import json
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, forget, replay, run, verify
from augreg.jobs.state import STATE
from augreg.jobs.tables.rows import Rows, RowsWriter
from augreg.learn import grow_files
from augreg.learn.gates import Gates

WORDS = {
    "up": "lovely warm bright tender funny honest clever graceful moving fresh",
    "down": "dull cold tired empty noisy clumsy bitter grim hollow stale",
}
PIPE = augreg.Pipeline({"text": [{"text.word_swap": {}}, {"text.keyboard": {"p": 0.5}}]})
FORMS = ("csv", "tsv", "jsonl", "parquet")


def examples() -> list[dict[str, Any]]:
    """Return 36 short reviews, a third of them the test."""
    rows = []
    for number in range(36):
        label = "up" if number % 2 else "down"
        words = WORDS[label].split()
        said = [words[(number * step + step) % 10] for step in (1, 3, 7)]
        text = f'a {said[0]}, {said[1]} and "{said[2]}" film {number}'
        rows.append(
            {"text": text, "label": label, "split": "test" if number % 3 == 0 else "train", "stars": number % 5}
        )
    return rows


def written(folder: Path, form: str, rows: list[dict[str, Any]] | None = None) -> Path:
    """Write rows by other means than augreg's own."""
    rows = examples() if rows is None else rows
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"said.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        with path.open("w", newline="") as file:
            out = csv.DictWriter(file, list(rows[0]), delimiter="," if form == "csv" else "\t")
            out.writeheader()
            out.writerows(rows)
    return path


def read(out: Path) -> list[dict[str, Any]]:
    """Read what was written, by other means, in the order of its files."""
    found = []
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.stem != "manifest" and STATE not in p.parts):
        if path.suffix == ".parquet":
            found += pq.read_table(path).to_pylist()
        elif path.suffix == ".jsonl":
            found += [json.loads(line) for line in path.read_text().splitlines()]
        elif path.suffix in (".csv", ".tsv"):
            with path.open(newline="") as file:
                found += list(csv.DictReader(file, delimiter="," if path.suffix == ".csv" else "\t"))
    return [{**row, "copy": int(row["copy"]), "stars": int(row["stars"])} for row in found]


def pipe_for(form: str) -> augreg.Pipeline:
    """Parquet needs to be told which column is text."""
    return augreg.Pipeline({**PIPE.to_dict(), "schema": {"text": "text"}}) if form == "parquet" else PIPE


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def asked(source: Path, out: Path, **changes: Any) -> Settings:
    return Settings(**{"source": source, "out": out, "seed": 4, "engine": "inline", **changes})


@pytest.mark.parametrize("form", FORMS)
def test_a_set_of_rows_grows_by_rows(form: str, tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", form), tmp_path / "out"
    found = grow_files(pipe_for(form), asked(source, out), per_class=16)
    assert found.shortage == {}
    rows = read(out)
    given = examples()
    originals = [row for row in rows if row["copy"] == -1]
    for row, one in zip(originals, given, strict=True):
        assert {name: row[name] for name in one} == one
    new = [row for row in rows if row["copy"] >= 0]
    assert Counter(row["label"] for row in new) == {"up": 4, "down": 4}
    for row in new:
        number = int(row["key"].rpartition("/")[2])
        assert {name: row[name] for name in ("label", "split", "stars")} == {
            name: given[number][name] for name in ("label", "split", "stars")
        }
        assert row["split"] == "train"
        again = augreg.augment(given[number]["text"], PIPE, seed=4, keys=row["key"], copy=row["copy"])
        assert row["text"] == again != given[number]["text"]
    # What was written is what was judged: the same gates, asked again, let every row pass.
    train = [row for row in given if row["split"] == "train"]
    held = [row["text"] for row in given if row["split"] == "test"]
    gates = Gates([row["text"] for row in train], [row["label"] for row in train], held_out=held)
    places = {row["text"]: place for place, row in enumerate(train)}
    origins = [places[given[int(row["key"].rpartition("/")[2])]["text"]] for row in new]
    assert all(one.passed for one in gates.judge([row["text"] for row in new], origins))


@pytest.mark.parametrize("form", FORMS)
def test_rows_verify_replay_and_forget(form: str, tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", form), tmp_path / "out"
    grow_files(pipe_for(form), asked(source, out, shard_size=10), per_class=16)
    assert verify(out, source).faults == []
    made = [line for line in lines(out) if line["outcome"] == "ok"]
    for line in (lines(out)[0], made[0], made[-1]):
        assert replay(out, line, source, tmp_path / "again.txt").same
        row = next(r for r in read(out) if (r["key"], r["copy"]) == (line["key"], line["copy"]))
        assert (tmp_path / "again.txt").read_text() == row["text"]
    gone = made[0]["key"]
    assert forget(out, [gone]).inputs == 1
    assert verify(out, source).faults == []
    assert gone not in {row["key"] for row in read(out)}
    assert replay(out, made[-1] if made[-1]["key"] != gone else made[1], source, tmp_path / "again.txt").same


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("on_error", ["skip", "copy"])
def test_a_row_without_a_text_is_refused_by_its_number_and_the_rest_goes_on(
    form: str, on_error: Any, tmp_path: Path
) -> None:
    rows = examples()[:4]
    rows[1]["text"], rows[2]["text"] = (None if form in ("jsonl", "parquet") else ""), ""
    source, out = written(tmp_path / "in", form, rows), tmp_path / "out"
    found = run(pipe_for(form), Settings(source=source, out=out, seed=4, engine="inline", to=form, on_error=on_error))
    assert [(path, code) for path, code, _ in found.errors] == [("said/1#text", "E_EMPTY"), ("said/2#text", "E_EMPTY")]
    assert "its 'text' is null or empty" in found.errors[0][2]
    assert (found.inputs, found.written, found.refused) == (4, 2, 2)
    assert [row["key"] for row in read(out)] == ["said/0", "said/3"]
    assert verify(out, source).faults == []


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_forgot_are_mended_and_make_nothing_of_it_again(form: str, tmp_path: Path) -> None:
    source, out = written(tmp_path / "in", form), tmp_path / "out"
    asked = Settings(source=source, out=out, seed=4, engine="inline", shard_size=10, to=form)
    run(pipe_for(form), asked)
    gone = [line["key"] for line in lines(out)][13]
    forget(out, [gone])
    tables = sorted(out.rglob(f"*-of-*.{form}"))
    before = {path: path.read_bytes() for path in tables}
    assert len(before) == 4
    tables[0].unlink()
    tables[1].write_bytes(b"torn")
    again = run(pipe_for(form), replace(asked, resume=True))
    assert (len(again.redone), again.written) == (2, 35)
    assert {path: path.read_bytes() for path in out.rglob(f"*-of-*.{form}")} == before
    assert (verify(out, source).faults, verify(out).forgotten) == ([], 1)
    assert gone not in {row["key"] for row in read(out)}


@pytest.mark.parametrize("form", FORMS)
def test_a_stopped_command_ends_with_the_same_bytes(form: str, tmp_path: Path) -> None:
    source = written(tmp_path / "in", form)
    first, second = tmp_path / "first", tmp_path / "second"
    grow_files(pipe_for(form), asked(source, first, shard_size=9), per_class=15)
    rounds: list[int] = []
    done: list[int] = []
    grow_files(
        *(pipe_for(form), asked(source, second, shard_size=9)),
        per_class=15,
        grows=lambda passed, wanted: rounds.append(passed),
        progress=lambda summary: done.append(summary.tally.inputs),
        stop=lambda: bool(done) and done[-1] >= 9,
    )
    assert (second / STATE).exists()
    grow_files(pipe_for(form), asked(source, second, shard_size=9, resume=True), per_class=15)
    files = [{p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} for out in (first, second)]
    for held in files:
        held.pop(Path("run.json"))
    assert files[0] == files[1]


@pytest.mark.parametrize("form", ["csv", "tsv", "jsonl"])
def test_run_writes_rows_too_and_other_forms_where_they_are_asked_for(form: str, tmp_path: Path) -> None:
    source = written(tmp_path / "in", form)
    run(PIPE, asked(source, tmp_path / "out", copies=2))
    rows = read(tmp_path / "out")
    assert [row["copy"] for row in rows] == [0, 1] * 36
    for row in rows:
        one = examples()[int(row["key"].rpartition("/")[2])]
        assert row["text"] == augreg.augment(one["text"], PIPE, seed=4, keys=row["key"], copy=row["copy"])
    run(PIPE, asked(source, tmp_path / "table", to="parquet"))
    found = pq.read_table(next((tmp_path / "table").rglob("*.parquet"))).to_pylist()
    assert [row["text"] for row in found] == [row["text"] for row in rows if row["copy"] == 0]
    run(PIPE, asked(source, tmp_path / "files", to="folder"))
    assert len(list((tmp_path / "files").rglob("*.txt"))) == 36


VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t\"',"), max_size=20)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5), st.sampled_from(["csv", "tsv", "jsonl"]))
def test_any_texts_are_read_as_they_were_written(values: list[tuple[str, str]], form: str) -> None:
    """Whatever they hold: separators, quotes, line ends. What begins as a formula CSV and TSV refuse to read."""
    table = pa.table({"text": [a for a, _ in values], "label": [b for _, b in values]})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"said.{form}"
        with RowsWriter(path, table.schema, form) as out:
            out.write_table(table)
        formula = form != "jsonl" and any(value.startswith("=") for pair in values for value in pair)
        if formula:
            with pytest.raises(ConfigError, match="a formula of spreadsheets"):
                Rows(path, path.name)
            return
        found = Rows(path, path.name)
        rows = [row for batch in found.batches(0, ["text", "label"]) for row in batch.to_pylist()]
    assert rows == table.to_pylist()


def test_numbers_truth_values_lists_and_what_is_missing_stay_what_they_are_in_json(tmp_path: Path) -> None:
    rows = [{"text": f"some words {n}", "label": "ab"[n % 2], "n": n, "ok": n > 1, "tags": ["x"] * n} for n in range(4)]
    rows[2]["n"] = None
    source = written(tmp_path, "jsonl", rows)
    run(PIPE, asked(source, tmp_path / "out"))
    found = [json.loads(line) for line in (tmp_path / "out" / "said.jsonl").read_text().splitlines()]
    assert [{name: row[name] for name in ("label", "n", "ok", "tags")} for row in found] == [
        {name: row[name] for name in ("label", "n", "ok", "tags")} for row in rows
    ]


def test_what_is_a_list_of_paths_stays_one(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("some words here")
    listed = tmp_path / "list.csv"
    listed.write_text("file_name,text\na.txt,said\n")
    run(PIPE, asked(listed, tmp_path / "out"))
    assert (tmp_path / "out" / "a__a0.txt").is_file()
    named = tmp_path / "named.csv"
    named.write_text("where,text\na.txt,said\n")
    run(PIPE, asked(named, tmp_path / "other", columns=("where",)))
    assert (tmp_path / "other" / "a__a0.txt").is_file()


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    def fails(content: str, message: str, pipe: Any = PIPE, name: str = "said.csv", **changes: Any) -> None:
        source = tmp_path / name
        source.write_text(content)
        with pytest.raises(ConfigError, match=message):
            run(pipe, asked(source, tmp_path / "out", **changes))
        assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())

    fails("text,label\nsome words,b\na,b,c\n", "said.csv, line 3: it has 3 values for 2 columns. Mend it")
    fails("text,label\n=1+1,b\n", r"line 2: its text is '=1\+1', a formula of spreadsheets", form="rows")
    fails(
        "body,label\nsome words,b\n",
        r"has no column 'text'. Name the one of texts .* schema: \{body: text\}",
        form="rows",
    )
    fails("text,key\nsome words,b\n", "column 'key'.*--column-prefix")
    fails("some words\n", "is no file of rows. They end in", form="rows", name="said.txt")
    several = '{"text": "some words", "n": 1}\n{"text": "more words", "n": "one"}\n'
    fails(several, "a column with values of several types", name="said.jsonl")
    picture = tmp_path / "pictures"
    picture.mkdir()
    augreg.media.write(augreg.Image(__import__("torch").zeros(3, 8, 8)), picture / "a.png")
    with pytest.raises(ConfigError, match="is image, and csv holds texts alone"):
        run(augreg.Pipeline({"image": ["image.hflip"]}), asked(picture, tmp_path / "no", to="csv"))
    with pytest.raises(ConfigError, match="lies in the input folder"):
        run(PIPE, asked(written(tmp_path / "in", "csv"), tmp_path / "in"))


def test_another_column_is_named_by_the_schema(tmp_path: Path) -> None:
    rows = [{"body": row.pop("text"), **row} for row in examples()]
    source = written(tmp_path / "in", "csv", rows)
    pipe = augreg.Pipeline({**PIPE.to_dict(), "schema": {"body": "text"}})
    found = grow_files(pipe, asked(source, tmp_path / "out", form="rows"), per_class=14)
    assert found.shortage == {}
    assert all(row["body"] for row in read(tmp_path / "out"))


def test_the_command_line_grows_a_file_of_rows(tmp_path: Path) -> None:
    source, pipe, out = written(tmp_path / "in", "csv"), tmp_path / "p.yaml", tmp_path / "out"
    PIPE.save(pipe)
    command = [
        "expand",
        "--data",
        str(source),
        "--out",
        str(out),
        "--pipeline",
        str(pipe),
        "--per-class",
        "14",
        "--seed",
        "1",
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    assert "4 new samples beside 24" in done.stdout
    assert len(read(out)) == 40

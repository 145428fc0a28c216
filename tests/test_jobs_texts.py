"""Files of annotated texts through `augreg run`: one file of the same form comes out, read back by other libraries."""

from __future__ import annotations

import json

import conllu
import datasets
import pytest
from click.testing import CliRunner

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, forget, replay, run, verify

STEPS = [{"text.word_swap": {"rate": 0.5, "p": 1}}]
SWAP = augreg.Pipeline(STEPS)


@pytest.fixture
def tree(tmp_path):
    """A file of 30 sentences of CoNLL-U, the words of each of its own, every one a child of the one before."""
    lines = ["# newdoc id = d1"]
    for s in range(30):
        lines += [f"# sent_id = s-{s}", f"# text = {' '.join(f'w{s}x{i}' for i in range(1, 7))}"]
        lines += [f"{i}\tw{s}x{i}\tl{s}x{i}\tX\t_\t_\t{i - 1}\tdep\t_\t_" for i in range(1, 7)]
        lines.append("")
    path = tmp_path / "in" / "train.conllu"
    path.parent.mkdir()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def spans(tmp_path):
    """Rows of texts with spans."""
    path = tmp_path / "in" / "train.jsonl"
    path.parent.mkdir()
    rows = [{"id": i, "text": f"ada{i} met bob{i} in rome{i}", "label": _found(i)} for i in range(20)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def _found(i):
    text = f"ada{i} met bob{i} in rome{i}"
    return [[text.index(w), text.index(w) + len(w), w] for w in (f"ada{i}", f"bob{i}", f"rome{i}")]


def settings(path, out, **more):
    return Settings(source=path, out=out, seed=7, **{"engine": "inline", "shard_size": 7, **more})


def whole(out):
    """Return every file of a folder by name."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def test_conllu_comes_out_as_one_file_that_conllu_reads(tree, tmp_path):
    done = run(SWAP, settings(tree, tmp_path / "out", copies=2))
    assert (done.told, done.written, done.refused) == ("30 sentences in train.conllu", 30, 0)
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["manifest.jsonl", "run.json", "train.conllu"]
    found = conllu.parse((tmp_path / "out/train.conllu").read_text(encoding="utf-8"))
    assert [s.metadata["sent_id"] for s in found] == [f"s-{s}__a{copy}" for s in range(30) for copy in range(2)]
    assert [s.metadata["newdoc id"] for s in found if "newdoc id" in s.metadata] == ["d1"]
    moved = 0
    for sentence in found:
        forms = {0: "", **{token["id"]: token["form"] for token in sentence}}
        assert sentence.metadata["text"] == " ".join(token["form"] for token in sentence)
        for token in sentence:
            stem, _, number = token["form"].partition("x")
            assert token["lemma"] == f"l{stem[1:]}x{number}"
            assert forms[token["head"]] == ("" if number == "1" else f"{stem}x{int(number) - 1}")
            moved += token["id"] != int(number)
    assert moved > 60
    assert not verify(tmp_path / "out", tree).faults


def test_rows_of_spans_come_out_as_one_file_that_datasets_reads(spans, tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    run(SWAP, settings(spans, tmp_path / "out", copies=2))
    lines = (tmp_path / "out/train.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == [f"{i}__a{copy}" for i in range(20) for copy in range(2)]
    for line in lines:
        row = json.loads(line)
        assert len(row["label"]) == 3
        assert all(row["text"][start:end] == label for start, end, label in row["label"])
    rows = [{**json.loads(line), "label": [label for _, _, label in json.loads(line)["label"]]} for line in lines]
    plain = tmp_path / "plain.jsonl"
    plain.write_text("".join(json.dumps(row) + "\n" for row in rows))
    read = datasets.load_dataset("json", data_files=str(plain), split="train", cache_dir=str(tmp_path / "cache"))
    assert read["text"][:] == [row["text"] for row in rows]


def test_a_file_of_spans_as_dictionaries_is_read_by_datasets_as_it_was(tmp_path):
    path = tmp_path / "in.jsonl"
    rows = [{"text": "ada met bob", "spans": [{"start": 8, "end": 11, "label": "bob"}], "n": i} for i in range(5)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run(SWAP, settings(path, tmp_path / "out"))
    both = [
        datasets.load_dataset("json", data_files=str(p), split="train", cache_dir=str(tmp_path / "cache"))
        for p in (path, tmp_path / "out/in.jsonl")
    ]
    assert both[0].features == both[1].features
    assert both[1]["n"][:] == [0, 1, 2, 3, 4]
    assert all(r["text"][s["start"] : s["end"]] == "bob" for r in both[1] for s in r["spans"])


def test_a_job_that_was_stopped_ends_with_the_same_files(tree, tmp_path):
    run(SWAP, settings(tree, tmp_path / "once", copies=2))
    asked = iter([False, False, True])
    stopped = run(SWAP, settings(tree, tmp_path / "out", copies=2), stop=lambda: next(asked, True))
    assert stopped.stopped
    assert not (tmp_path / "out/train.conllu").exists()
    run(SWAP, settings(tree, tmp_path / "out", copies=2, resume=True))
    assert whole(tmp_path / "out") == whole(tmp_path / "once")
    run(SWAP, settings(tree, tmp_path / "more", copies=2, engine="process", workers=2))
    assert whole(tmp_path / "more") == whole(tmp_path / "once")


def test_what_was_changed_is_found_and_mended(tree, tmp_path):
    out = tmp_path / "out"
    run(SWAP, settings(tree, out))
    before = whole(out)
    (out / "train.conllu").write_bytes(before["train.conllu"].replace(b"dep", b"obj", 1))
    assert verify(out).faults == ["train.conllu was changed"]
    run(SWAP, settings(tree, out, resume=True))
    assert whole(out) == before


def test_labels_that_changed_are_found_although_the_text_is_the_same(tree, tmp_path):
    run(SWAP, settings(tree, tmp_path / "out"))
    tree.write_bytes(tree.read_bytes().replace(b"\tX\t", b"\tY\t", 1))
    assert verify(tmp_path / "out", tree).faults == ["labels of input s-0.txt were changed"]
    with pytest.raises(ConfigError, match=r"~ s-0\.txt"):
        run(SWAP, settings(tree, tmp_path / "out", resume=True))


def test_one_sentence_is_made_again_and_one_is_forgotten(tree, tmp_path):
    out = tmp_path / "out"
    run(SWAP, settings(tree, out, copies=2))
    again = replay(out, "train.conllu/s-3__a1", tree, tmp_path / "again.txt")
    wanted = next(s for s in conllu.parse((out / "train.conllu").read_text()) if s.metadata["sent_id"] == "s-3__a1")
    assert again.same
    assert (tmp_path / "again.txt").read_text() == wanted.metadata["text"]
    assert forget(out, ["s-3.txt"]).outputs == 2
    ids = [s.metadata["sent_id"] for s in conllu.parse((out / "train.conllu").read_text())]
    assert ids == [f"s-{s}__a{copy}" for s in range(30) if s != 3 for copy in range(2)]
    assert not any(b"w3x" in content for content in whole(out).values())
    assert not verify(out).faults
    before = (out / "train.conllu").read_bytes()
    (out / "train.conllu").unlink()
    run(SWAP, settings(tree, out, copies=2, resume=True))
    assert (out / "train.conllu").read_bytes() == before
    assert (verify(out, tree).faults, verify(out).forgotten) == ([], 1)


def test_bad_sentences_are_refused_by_line_and_the_rest_goes_on(tree, tmp_path):
    lines = tree.read_text().splitlines(keepends=True)
    lines[4] = lines[4].replace("\tdep", "")
    lines[12] = lines[12].replace("\t0\tdep", "\t77\tdep")
    tree.write_text("".join(lines))
    done = run(SWAP, settings(tree, tmp_path / "out"))
    assert (done.written, done.refused) == (28, 2)
    said = {path: reason for path, _, reason in done.tally.errors}
    assert said == {
        "s-0.txt": "line 5: it has 9 columns, and the file has 10. Write one value in each.",
        "s-1.txt": "line 13: HEAD is '77'. Give 0 for the root, or an ID of a word.",
    }
    assert not verify(tmp_path / "out", tree).faults


def test_two_samples_with_one_id_are_refused(tree, tmp_path):
    tree.write_text(tree.read_text().replace("s-4\n", "s-5\n"))
    with pytest.raises(ConfigError, match="in column 'id': 's-5'. .*: give every sentence an id of"):
        run(SWAP, settings(tree, tmp_path / "out"))
    done = run(SWAP, settings(tree, tmp_path / "out", key_column=""))
    assert done.written == 30


def test_the_output_stays_away_from_its_input(tree, tmp_path):
    with pytest.raises(ConfigError, match="lies in the input folder"):
        run(SWAP, settings(tree, tree.parent, overwrite=True))
    tree.rename(tree.with_name("run.json"))
    with pytest.raises(ConfigError, match="is what a job writes besides"):
        run(SWAP, settings(tree.with_name("run.json"), tmp_path / "out", form="conll"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"to": "parquet"}, "go into folders and tars, and not into 'parquet'"),
        ({"encrypt_to": ("age1",)}, "file by file, and 'lines' writes none"),
        ({"anonymize_names": True}, "may name the files whose names aliases hide"),
        ({"labels": "coco"}, "this input holds its own: conll"),
        ({"labels_to": "yolo"}, "labels_to is 'yolo', and what is read as conll is written as that"),
    ],
)
def test_what_does_not_go_together_is_refused(tree, tmp_path, more, said):
    with pytest.raises(ConfigError, match=said):
        run(SWAP, settings(tree, tmp_path / "out", **more))


@pytest.mark.parametrize(
    ("given", "said"),
    [("*.conll", "Give one file; of several each is a job of its own"), ("s3://b/a.conll", "Load the file down first")],
)
def test_one_local_file_is_taken(tmp_path, given, said):
    with pytest.raises(ConfigError, match=said):
        run(SWAP, settings(given, tmp_path / "out"))


def test_a_pipeline_without_steps_for_text_is_refused(tree, tmp_path):
    with pytest.raises(ConfigError, match="no steps for text"):
        run(augreg.Pipeline({"image": ["image.brightness"]}), settings(tree, tmp_path / "out"))


def test_a_schema_of_other_fields_is_refused(tree, tmp_path):
    schema = {"tokens": "tokens", "ner_tags": "tags of tokens"}
    with pytest.raises(ConfigError, match="schema speaks of 'tokens', and a file of annotated texts says itself"):
        run(augreg.Pipeline({"text": ["text.word_swap"]}, schema=schema), settings(tree, tmp_path / "out"))


def test_other_inputs_are_not_written_as_lines(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text("a text")
    with pytest.raises(ConfigError, match="is no text of a file of annotated texts"):
        run(SWAP, settings(tmp_path / "in", tmp_path / "out", to="lines"))


def test_a_list_of_paths_stays_a_list(tmp_path):
    (tmp_path / "a.txt").write_text("ada met bob")
    rows = [{"file_name": "a.txt", "text": "ada", "label": [[0, 3, "X"]]}]
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pipeline = augreg.Pipeline(STEPS, schema={"extra": ["label"]})  # spans of something else, as it happens
    done = run(pipeline, settings(tmp_path / "list.jsonl", tmp_path / "out"))
    assert done.told == "a list of 1 rows"
    assert (tmp_path / "out/a__a0.txt").exists()


def test_explicit_folders_hold_a_text_each(spans, tmp_path):
    run(SWAP, settings(spans, tmp_path / "out", to="folder"))
    rows = [json.loads(line) for line in (tmp_path / "out/train.jsonl").read_text().splitlines()]
    assert {row["id"]: row["text"] for row in rows} == {
        path.stem: path.read_text() for path in (tmp_path / "out").glob("*.txt")
    }
    assert len(rows) == 20


def test_the_command_takes_columns(tmp_path, monkeypatch):
    (tmp_path / "two.bio").write_text("in O\nNew B-LOC\nYork I-LOC\nnow O\n\n")
    (tmp_path / "p.yaml").write_text("version: 1\ntext:\n- text.word_swap: {rate: 1, p: 1}\n")
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["run", "p.yaml", "two.bio", "out", "--seed", "7", "--copies", "3"])
    assert done.exit_code == 0, done.output
    blocks = (tmp_path / "out/two.bio").read_text().strip().split("\n\n")
    assert len(blocks) == 3
    assert all({*block.split("\n")} == {"in O", "New B-LOC", "York I-LOC", "now O"} for block in blocks)

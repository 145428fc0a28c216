"""Jobs on tables, read and checked by Hugging Face `datasets` and pyarrow themselves."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pillow

datasets = pytest.importorskip("datasets")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from tables import FLIP, cells, do, lines, opened, pixels, png, raw, rich, tree, wav  # noqa: E402

import augreg  # noqa: E402
from augreg.errors import ConfigError  # noqa: E402
from augreg.jobs import verify  # noqa: E402
from augreg.jobs.tables.layout import OWN  # noqa: E402

BOTH = {**FLIP, "text": [{"text.strip_diacritics": {"p": 1.0}}], "schema": {"image": "image", "caption": "text"}}


@pytest.fixture(autouse=True)
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    datasets.disable_progress_bars()


def load(out: Path, tmp_path: Path, split: str = "train") -> Any:
    """What `load_dataset` makes of an output folder."""
    return datasets.load_dataset(str(out), cache_dir=str(tmp_path / "cache"))[split]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    rich().to_parquet(folder / "things.parquet", batch_size=7)
    return folder


@pytest.mark.parametrize("to", ["parquet", "arrow"])
def test_rows_come_back_in_order_with_flipped_pictures_and_all_else_untouched(
    tmp_path: Path, table: Path, to: str
) -> None:
    summary = do(table, tmp_path / "out", to, BOTH, copies=2)
    assert (summary.written, summary.refused, summary.outputs) == (30, 0, 120)
    found = load(tmp_path / "out", tmp_path) if to == "parquet" else datasets.load_from_disk(tmp_path / "out")
    before = rich()
    assert found.features == datasets.Features(
        {
            **before.features,
            "key": datasets.Value("string"),
            "source": datasets.Value("string"),
            "copy": datasets.Value("int64"),
        }
    )
    for copy in (0, 1):
        rows = [row for row in raw(found) if row["copy"] == copy]
        assert [row["caption"] for row in rows] == [f"cafe {i}" for i in range(30)]
        for i, row in enumerate(rows):
            np.testing.assert_array_equal(opened(row["image"]), pixels(i)[:, ::-1])
            assert row["image"]["path"] == f"{i}__a{copy}.png"
            assert (row["key"], row["source"]) == (f"things/{i}", f"things.parquet/{i}")
        kept = [{name: v for name, v in row.items() if name not in ("image", "caption", *OWN)} for row in rows]
        assert kept == raw(before, "image", "caption")
    assert isinstance(found[0]["image"], Pillow.Image)  # `datasets` casts


def test_the_manifest_says_where_every_cell_is(tmp_path: Path, table: Path) -> None:
    do(table, tmp_path / "out", "parquet", BOTH)
    found = lines(tmp_path / "out")
    assert len(found) == 60
    for line in found:
        row = pq.read_table(tmp_path / "out" / line["output"]).slice(line["row"], 1).to_pylist()[0]
        cell = row[line["column"]]
        content = cell.encode() if isinstance(cell, str) else cell["bytes"]
        assert len(content) == line["bytes"]
        assert line["key"] == row["key"]
    first = found[0]
    assert (first["output"], first["row"], first["field"]) == ("data/train-00000-of-00004.parquet", 0, "image")
    assert first["source_bytes"] == len(png(0))
    trace = augreg.Pipeline(BOTH).replay([{"image": pixels(0), "caption": "café 0"}], [_traces(found[:2])])[0]
    np.testing.assert_array_equal(np.asarray(trace["image"]), pixels(0)[:, ::-1])


def _traces(found: list[dict[str, Any]]) -> Any:
    from augreg.jobs import trace_of

    return trace_of(*found)


def test_the_bytes_hang_neither_on_workers_nor_on_batches(tmp_path: Path, table: Path) -> None:
    do(table, tmp_path / "one", "parquet", BOTH)
    do(table, tmp_path / "two", "parquet", BOTH, engine="process", workers=2)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    do(table, tmp_path / "three", "parquet", BOTH, batch_size=3)
    one, three = tree(tmp_path / "one"), tree(tmp_path / "three")
    assert {n: h for n, h in one.items() if n != "run.json"} == {n: h for n, h in three.items() if n != "run.json"}


@pytest.mark.parametrize("form", ["dataset", "dict"])
def test_what_save_to_disk_wrote_is_read(tmp_path: Path, form: str) -> None:
    if form == "dict":
        datasets.DatasetDict({"train": rich(9), "test": rich(3)}).save_to_disk(tmp_path / "in")
        with pytest.raises(ConfigError, match="several splits. Choose one: --split test or --split train"):
            do(tmp_path / "in", tmp_path / "out", "arrow")
        with pytest.raises(ConfigError, match="no split 'tran'. Did you mean 'train'"):
            do(tmp_path / "in", tmp_path / "out", "arrow", split="tran")
        do(tmp_path / "in", tmp_path / "out", "arrow", split="train")
    else:
        rich(9).save_to_disk(tmp_path / "in", num_shards=2)
        do(tmp_path / "in", tmp_path / "out", "arrow")
    found = datasets.load_from_disk(tmp_path / "out")
    assert raw(found, "image", *OWN) == raw(rich(9), "image")
    np.testing.assert_array_equal(np.asarray(found[8]["image"]), pixels(8)[:, ::-1])
    again = do(tmp_path / "out", tmp_path / "again", "parquet", key_column="", column_prefix="second_")
    assert again.written == 9
    back = load(tmp_path / "again", tmp_path)
    np.testing.assert_array_equal(np.asarray(back[8]["image"]), pixels(8))
    assert back["label"] == rich(9)["label"]


def test_rows_picked_without_being_written_are_refused_or_written_flat(tmp_path: Path) -> None:
    rich(9).select([3, 1]).save_to_disk(tmp_path / "in")  # `datasets` writes it flat today
    do(tmp_path / "in", tmp_path / "out", "arrow")
    assert raw(datasets.load_from_disk(tmp_path / "out"), "image", *OWN) == raw(rich(9).select([3, 1]), "image")


def test_sounds_and_pictures_of_one_row_stay_together(tmp_path: Path) -> None:
    features = datasets.Features({"pic": datasets.Image(), "voice": datasets.Audio(sampling_rate=8_000)})
    columns = [cells([png(i) for i in range(3)]), cells([wav(i) for i in range(3)])]
    pq.write_table(pa.table(columns, schema=features.arrow_schema), tmp_path / "in.parquet")
    do(tmp_path / "in.parquet", tmp_path / "out", "parquet", {**FLIP, "audio": [{"audio.polarity": {"p": 1.0}}]})
    found = load(tmp_path / "out", tmp_path)
    assert found.features["voice"] == features["voice"]
    for i, row in enumerate(raw(found)):
        np.testing.assert_array_equal(opened(row["pic"]), pixels(i)[:, ::-1])
        assert row["voice"]["bytes"] != wav(i)
        assert row["voice"]["path"].endswith(f"{i}.voice__a0.wav")
    do(tmp_path / "in.parquet", tmp_path / "still", "parquet", FLIP)
    assert [row["voice"]["bytes"] for row in raw(load(tmp_path / "still", tmp_path))] == [wav(i) for i in range(3)]


def test_what_is_missing_passes_through(tmp_path: Path) -> None:
    table = pa.table(
        {
            "id": ["a", "b", "c", "d"],
            "image": cells([png(0), None, png(2), None]),
            "caption": pa.array(["é", "ü", "", None]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    summary = do(tmp_path / "in.parquet", tmp_path / "out", "parquet", BOTH, shard_size=2)
    assert (summary.written, summary.refused) == (3, 1)
    assert summary.errors[0][1] == "E_EMPTY"
    assert summary.errors[0][2].startswith("its 'image', 'caption' are all null or empty, so that nothing")
    rows = raw(load(tmp_path / "out", tmp_path))
    assert [(row["key"], row["caption"], row["image"] is None) for row in rows] == [
        ("a", "e", False),
        ("b", "u", True),
        ("c", "", False),
    ]


@pytest.mark.parametrize("on_error", ["skip", "copy"])
def test_a_row_whose_only_sample_is_null_is_refused_by_name_and_the_rest_goes_on(tmp_path: Path, on_error: Any) -> None:
    found = [png(0), None, {"bytes": None, "path": None}, png(3)]
    pq.write_table(pa.table({"image": cells(found), "label": [0, 1, 2, 3]}), tmp_path / "in.parquet")
    summary = do(tmp_path / "in.parquet", tmp_path / "out", "parquet", FLIP, on_error=on_error)
    assert [(path, code) for path, code, _ in summary.errors] == [("in/1#image", "E_EMPTY"), ("in/2#image", "E_EMPTY")]
    assert "its 'image' is null or empty" in summary.errors[0][2]
    assert [row["label"] for row in raw(load(tmp_path / "out", tmp_path))] == [0, 3]
    assert verify(tmp_path / "out", tmp_path / "in.parquet").faults == []


def test_a_row_without_its_picture_is_kept_where_the_schema_names_a_column_that_it_has(tmp_path: Path) -> None:
    table = pa.table({"image": cells([png(0), None]), "caption": ["é", "ü"], "label": [0, 1]})
    pq.write_table(table, tmp_path / "in.parquet")
    steps = {**FLIP, "schema": {"image": "image", "caption": "text"}}
    assert do(tmp_path / "in.parquet", tmp_path / "out", "parquet", steps).written == 2
    rows = raw(load(tmp_path / "out", tmp_path))
    assert [(row["image"] is None, row["caption"], row["label"]) for row in rows] == [(False, "é", 0), (True, "ü", 1)]


def test_plain_columns_are_samples_where_the_schema_says_so(tmp_path: Path) -> None:
    (tmp_path / "pics").mkdir()
    (tmp_path / "pics" / "1.png").write_bytes(png(1))
    table = pa.table({"blob": [png(0)], "file": ["pics/1.png"], "cell": cells(["pics/1.png"]), "said": ["é"]})
    pq.write_table(table, tmp_path / "in.parquet")
    steps = {**FLIP, "text": [{"text.strip_diacritics": {"p": 1.0}}]}
    summary = do(tmp_path / "in.parquet", tmp_path / "few", "parquet", steps)
    assert "column" in summary.notes[0]
    assert "'file' and 'said'" in summary.notes[0] or "file, said" in summary.notes[0]
    (row,) = raw(load(tmp_path / "few", tmp_path))
    assert (row["blob"], row["file"], row["said"]) == (png(0), "pics/1.png", "é")
    np.testing.assert_array_equal(opened(row["cell"]), pixels(1)[:, ::-1])
    schema = {"blob": "image", "file": "image", "cell": "image", "said": "text"}
    summary = do(tmp_path / "in.parquet", tmp_path / "all", "parquet", {**steps, "schema": schema})
    assert summary.notes == ()
    (row,) = raw(load(tmp_path / "all", tmp_path))
    assert row["said"] == "e"
    for name, number in (("blob", 0), ("file", 1), ("cell", 1)):
        np.testing.assert_array_equal(opened(row[name]), pixels(number)[:, ::-1])


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"imge": "image"}, "no column 'imge'. Did you mean 'image'"),
        ({"image": "audio"}, "'image' is audio, but the table says Image"),
        ({"label": "text"}, "'label' is text, but the column is of type int64"),
    ],
)
def test_a_schema_that_does_not_fit_is_refused(tmp_path: Path, table: Path, schema: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        do(table, tmp_path / "out", "parquet", {**FLIP, "schema": schema})
    assert not (tmp_path / "out").exists()


def test_what_would_stay_behind_is_refused(tmp_path: Path) -> None:
    table = pa.table({"image": cells([png(0)]), "objects": [{"bbox": [[1.0, 2.0, 3.0, 4.0]]}], "label": [1]})
    pq.write_table(table, tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="moves boxes, and column 'objects' looks like some .by the name 'bbox'"):
        do(tmp_path / "in.parquet", tmp_path / "out")
    extra = {"schema": {"image": "image", "extra": ["objects"]}}
    assert do(tmp_path / "in.parquet", tmp_path / "out", steps={**FLIP, **extra}).written == 1
    with pytest.raises(ConfigError, match="class in column 'label' would not follow"):
        do(tmp_path / "in.parquet", tmp_path / "mixed", steps={"image": ["image.mixup"], **extra})


def test_keys_are_those_of_a_column_and_every_one_once(tmp_path: Path) -> None:
    table = pa.table({"image": cells([png(0), png(1)]), "id": [7, 7], "name": ["x/../y", "z"]})
    pq.write_table(table, tmp_path / "in.parquet")
    given = tmp_path / "in.parquet"
    with pytest.raises(ConfigError, match="several rows have the same key in column 'id': '7'"):
        do(given, tmp_path / "out")
    with pytest.raises(ConfigError, match="no column 'nam'. Did you mean 'name'"):
        do(given, tmp_path / "out", key_column="nam")
    do(given, tmp_path / "out", "folder", key_column="name")
    assert {line["key"]: line["output"] for line in lines(tmp_path / "out")} == {
        "x/../y": "x/%2E%2E/y__a0.png",
        "z": "z__a0.png",
    }
    do(given, tmp_path / "places", key_column="")
    assert [row["key"] for row in raw(load(tmp_path / "places", tmp_path))] == ["in/0", "in/1"]


def test_own_columns_that_collide_are_refused_with_a_way_out(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": cells([png(0)]), "copy": [3]}), tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="has a column 'copy'.*--column-prefix augreg_"):
        do(tmp_path / "in.parquet", tmp_path / "out")
    do(tmp_path / "in.parquet", tmp_path / "out", column_prefix="augreg_")
    (row,) = raw(load(tmp_path / "out", tmp_path))
    assert (row["copy"], row["augreg_copy"]) == (3, 0)


def test_the_hub_layout_is_read_by_names_by_the_card_and_by_patterns(tmp_path: Path) -> None:
    data = tmp_path / "in" / "data"
    data.mkdir(parents=True)
    for i, name in enumerate(["train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"]):
        pq.write_table(pa.table({"image": cells([png(i)])}), data / f"{name}.parquet")
    with pytest.raises(ConfigError, match="--split test or --split train"):
        do(tmp_path / "in", tmp_path / "out")
    assert do(tmp_path / "in", tmp_path / "out", split="train").written == 2
    assert do(data / "t*-00000-of-*.parquet", tmp_path / "one", split="test").written == 1
    card = "---\nconfigs:\n- config_name: default\n  data_files:\n  - split: odd\n    path: data/*-00000-*\n---\nText\n"
    (tmp_path / "in" / "README.md").write_text(card)
    do(tmp_path / "in", tmp_path / "two")
    rows = raw(load(tmp_path / "two", tmp_path, "odd"))
    assert [row["source"] for row in rows] == [
        "data/test-00000-of-00001.parquet/0",
        "data/train-00000-of-00002.parquet/0",
    ]
    (tmp_path / "in" / "README.md").write_text(card.replace("data/*-00000-*", "../elsewhere/*"))
    with pytest.raises(ConfigError, match="names '../elsewhere/.', which lies elsewhere"):
        do(tmp_path / "in", tmp_path / "three")


def test_folders_become_tables(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / "sub").mkdir(parents=True)
    for i in range(5):
        (folder / "sub" / f"{i}.png").write_bytes(png(i))
    (folder / "a.wav").write_bytes(wav(0))
    do(folder, tmp_path / "out", "parquet", shard_size=2)
    found = load(tmp_path / "out", tmp_path)
    assert found.features["image"] == datasets.Image()
    assert isinstance(found.features["audio"], datasets.Audio)
    rows = raw(found)
    assert [row["key"] for row in rows] == ["a.wav", *(f"sub/{i}.png" for i in range(5))]
    assert rows[0]["audio"]["bytes"] == wav(0)
    assert rows[0]["image"] is None
    for i in range(5):
        np.testing.assert_array_equal(opened(rows[1 + i]["image"]), pixels(i)[:, ::-1])


def test_records_of_a_folder_become_rows(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(3):
        (folder / f"{i}.png").write_bytes(png(i))
        (folder / f"{i}.txt").write_text(f"é {i}")
    do(folder, tmp_path / "out", "arrow", BOTH)
    rows = raw(datasets.load_from_disk(tmp_path / "out"))
    assert [(row["caption"], row["image"]["path"]) for row in rows] == [(f"e {i}", f"{i}__a0.png") for i in range(3)]


def test_a_folder_made_of_a_table_says_in_the_manifest_what_was_carried(tmp_path: Path, table: Path) -> None:
    do(table, tmp_path / "out", "folder", BOTH)
    first, second = lines(tmp_path / "out")[:2]
    assert (first["output"], second["output"]) == ("things/0__a0.png", "things/0__a0.txt")
    assert second["carried"] == {
        "label": 0,
        "nested": [],
        "when": "2026-01-01T05:00:01.000234",
        "price": "0.00",
        "more": [],
    }
    assert (tmp_path / "out" / "things" / "0__a0.txt").read_text() == "cafe 0"
    assert "carried" not in first


def test_image_folder_reads_a_folder_by_class(tmp_path: Path, table: Path) -> None:
    torchvision = pytest.importorskip("torchvision.datasets")
    do(table, tmp_path / "out", "folder", class_column="label")
    found = torchvision.ImageFolder(tmp_path / "out")
    assert found.classes == ["cat", "dog", "unlabeled"]
    assert sorted(target for _, target in found.samples) == [0] * 14 + [1] * 15 + [2]
    names = {Path(path).relative_to(tmp_path / "out").as_posix() for path, _ in found.samples}
    assert names == {f"{'unlabeled' if i == 4 else ('cat', 'dog')[i % 2]}/things/{i}__a0.png" for i in range(30)}
    with pytest.raises(ConfigError, match="no column 'lable' holds classes.*'label'"):
        do(table, tmp_path / "other", "folder", class_column="lable")


def test_names_of_columns_may_hold_dots_and_slashes(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a.b/c": cells([png(0)]), "d.e": [5], "a": [1]}), tmp_path / "in.parquet")
    do(tmp_path / "in.parquet", tmp_path / "out", column_prefix="x.")
    (row,) = pq.read_table(tmp_path / "out" / "data").to_pylist()
    np.testing.assert_array_equal(np.asarray(Pillow.open(io.BytesIO(row["a.b/c"]["bytes"]))), pixels(0)[:, ::-1])
    assert (row["d.e"], row["a"], row["x.copy"]) == (5, 1, 0)


def test_a_folder_of_tables_and_pictures_asks_which_are_meant(tmp_path: Path, table: Path) -> None:
    (table / "x.png").write_bytes(png(0))
    with pytest.raises(ConfigError, match="--form parquet or --form folder"):
        do(table, tmp_path / "out")
    assert do(table, tmp_path / "out", "folder", form="folder").written == 1
    assert do(table, tmp_path / "rows", form="parquet").written == 30


def test_options_that_a_form_does_not_take_are_refused(tmp_path: Path, table: Path) -> None:
    with pytest.raises(ConfigError, match="split='train' is given, which input form 'folder' does not take"):
        do(table, tmp_path / "out", form="folder", split="train")
    with pytest.raises(ConfigError, match="column_prefix='x' is given, which output form 'folder' does not take"):
        do(table, tmp_path / "out", "folder", column_prefix="x")
    with pytest.raises(ConfigError, match="lies in the input folder"):
        do(table, table / "out")


def test_tars_become_tables_and_tables_tars(tmp_path: Path, table: Path) -> None:
    do(table, tmp_path / "tars", "webdataset", BOTH, shard_size=20)
    with tarfile.open(tmp_path / "tars" / "augreg-000000.tar") as tar:
        assert tar.getnames()[:3] == ["things/0__a0.png", "things/0__a0.txt", "things/0__a0.json"]
        held = tar.extractfile("things/3__a0.json")
        assert held is not None
        said = json.load(held)
    assert (said["label"], said["price"], said["nested"]) == (1, "0.75", [])
    do(tmp_path / "tars", tmp_path / "back", "parquet", {"image": FLIP["image"]})
    rows = raw(load(tmp_path / "back", tmp_path))
    assert [row["key"] for row in rows] == [f"things/{i}__a0" for i in range(30)]
    for i, row in enumerate(rows):
        np.testing.assert_array_equal(opened(row["png"]), pixels(i))
        assert row["txt"] == f"cafe {i}"
        assert json.loads(row["json"])["label"] == (i % 2 if i != 4 else None)


def test_lists_carry_their_columns_into_tables(tmp_path: Path) -> None:
    rows = [{"file_name": f"{i}.png", "label": i, "score": i / 2, "tags": ["a"] * i} for i in range(3)]
    for i in range(3):
        (tmp_path / f"{i}.png").write_bytes(png(i))
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    do(tmp_path / "list.jsonl", tmp_path / "out", "arrow")
    found = datasets.load_from_disk(tmp_path / "out")
    assert (found["label"][:], found["score"][:]) == ([0, 1, 2], [0.0, 0.5, 1.0])
    assert [json.loads(tags) for tags in found["tags"]] == [[], ["a"], ["a", "a"]]
    np.testing.assert_array_equal(np.asarray(found[2]["image"]), pixels(2)[:, ::-1])

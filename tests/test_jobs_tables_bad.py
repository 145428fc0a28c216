"""Tables that are damaged, lie, or try to reach out of their folder: refused by name, and their neighbors are not."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

datasets = pytest.importorskip("datasets")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from tables import FLIP, cells, do, lines, opened, pixels, png, raw, rich, wav  # noqa: E402

from augreg.errors import ConfigError  # noqa: E402


def table(tmp_path: Path, values: list[Any], **others: Any) -> Path:
    path = tmp_path / "in" / "in.parquet"
    path.parent.mkdir(exist_ok=True)
    features = datasets.Features({"image": datasets.Image()})
    found = pa.table({"image": cells(values)}, schema=features.arrow_schema)
    for name, column in others.items():
        found = found.append_column(name, pa.array(column))
    pq.write_table(found, path, row_group_size=2)
    return path


def codes(out: Path) -> dict[str, str]:
    return {line["source"]: line["code"] for line in lines(out) if line["outcome"] == "error"}


PATHS = [
    "../secret.png",
    "/etc/hostname",
    "sub/../../secret.png",
    "..\\secret.png",
    "C:\\x.png",
    "link.png",
    "https://example.org/x.png",
    "pipe:cat /etc/passwd",
    "gone.png",
    "a\0b.png",
    "sub",
    "loop.png",
]


def test_paths_in_cells_stay_within_the_folder_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(png(0))
    given = table(tmp_path, [*PATHS, "sub/good.png"])
    (given.parent / "sub").mkdir()
    (given.parent / "sub" / "good.png").write_bytes(png(1))
    (given.parent / "link.png").symlink_to("../secret.png")
    (given.parent / "loop.png").symlink_to("loop.png")
    do(given, tmp_path / "out")
    found = list(codes(tmp_path / "out").values())
    assert found == ["E_OUTSIDE"] * 6 + ["E_MISSING"] * 2 + ["E_MISSING", "E_OUTSIDE", "E_MISSING", "E_MISSING"]
    (row,) = pq.read_table(tmp_path / "out" / "data").to_pylist()
    np.testing.assert_array_equal(opened(row["image"]), pixels(1)[:, ::-1])


def test_bad_cells_are_refused_and_their_neighbors_are_not(tmp_path: Path) -> None:
    given = table(tmp_path, [png(0), b"", b"no picture", png(3)[:60], wav(4), png(5)])
    do(given, tmp_path / "out")
    assert list(codes(tmp_path / "out").values()) == ["E_EMPTY", "E_FORMAT", "E_TRUNCATED", "E_FORMAT"]
    assert "it holds audio, and its column 'image' image" in (tmp_path / "out" / "manifest.jsonl").read_text()
    assert [row["key"] for row in pq.read_table(tmp_path / "out" / "data").to_pylist()] == ["in/0", "in/5"]


def test_large_pictures_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    size = (60_000).to_bytes(4, "big")
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size + size + b"\x08\x02\0\0\0") + chunk(b"IEND", b"")
    do(table(tmp_path, [bomb, png(1)]), tmp_path / "out")
    assert codes(tmp_path / "out") == {"in/0#image": "E_TOO_LARGE"}


def test_a_row_group_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    given = table(tmp_path, [png(i) for i in range(8)], number=list(range(8)))
    chunk = pq.ParquetFile(given).metadata.row_group(1).column(0)
    content = bytearray(given.read_bytes())
    start = chunk.data_page_offset if chunk.dictionary_page_offset is None else chunk.dictionary_page_offset
    for at in range(start, start + chunk.total_compressed_size):
        content[at] ^= 0xFF
    given.write_bytes(content)
    do(given, tmp_path / "out")
    assert codes(tmp_path / "out") == {"in/2#image": "E_CORRUPT", "in/3#image": "E_CORRUPT"}
    assert "row group 1 of in.parquet cannot be read" in (tmp_path / "out" / "manifest.jsonl").read_text()
    assert [row["number"] for row in pq.read_table(tmp_path / "out" / "data").to_pylist()] == [0, 1, 4, 5, 6, 7]


def test_a_row_whose_other_columns_cannot_be_read_is_refused(tmp_path: Path) -> None:
    given = table(tmp_path, [png(i) for i in range(6)], words=[f"{i}" * 50 for i in range(6)])
    meta = pq.ParquetFile(given).metadata
    chunk = next(c for i in range(3) if (c := meta.row_group(2).column(i)).path_in_schema == "words")
    content = bytearray(given.read_bytes())
    for at in range(chunk.dictionary_page_offset, chunk.dictionary_page_offset + chunk.total_compressed_size):
        content[at] ^= 0xFF
    given.write_bytes(content)
    do(given, tmp_path / "out")
    assert codes(tmp_path / "out") == {"in/4#image": "E_CORRUPT", "in/5#image": "E_CORRUPT"}


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\xff" * 400 + b"PAR1"])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.parquet").write_bytes(content)
    with pytest.raises(ConfigError, match="table 'in.parquet' cannot be read as a Parquet file"):
        do(tmp_path / "in.parquet", tmp_path / "out")


def test_files_of_other_columns_are_refused(tmp_path: Path) -> None:
    given = table(tmp_path, [png(0)], number=[1])
    pq.write_table(pa.table({"image": cells([png(1)]), "number": ["1"]}), given.parent / "more.parquet")
    with pytest.raises(ConfigError, match="column 'number' of 'more.parquet' is of type string, and int64 in 'in."):
        do(given.parent, tmp_path / "out")


@pytest.mark.parametrize("name", ["ray.data.arrow_pickled_object", "arrow.py_extension_type"])
def test_pickled_columns_are_refused_and_never_loaded(tmp_path: Path, name: str) -> None:
    marker = tmp_path / "ran"
    evil = b"cpathlib\nPath\n(S'" + str(marker).encode() + b"'\ntR."
    meta = {"ARROW:extension:name": name, "ARROW:extension:metadata": evil}
    field = pa.field("thing", pa.binary(), metadata=meta)
    schema = pa.schema([pa.field("image", cells([]).type), field])
    pq.write_table(pa.table([cells([png(0)]), pa.array([evil])], schema=schema), tmp_path / "in.parquet")
    with pytest.raises(ConfigError, match="column 'thing' of in.parquet holds pickled Python objects"):
        do(tmp_path / "in.parquet", tmp_path / "out")


@pytest.mark.parametrize("said", [b"{", b"[]", b'{"info": 3}', b"[" * 100_000, b'{"info": {"features": {"image": 7}}}'])
def test_metadata_that_makes_no_sense_is_as_none(tmp_path: Path, said: bytes) -> None:
    found = pa.table({"image": cells([png(0)])}).replace_schema_metadata({b"huggingface": said})
    pq.write_table(found, tmp_path / "in.parquet")
    assert do(tmp_path / "in.parquet", tmp_path / "out").written == 1


@pytest.mark.parametrize("name", ["../data.arrow", "/etc/passwd", "a/b.arrow", "..", ""])
def test_a_saved_data_set_names_files_beside_it_only(tmp_path: Path, name: str) -> None:
    rich(2).save_to_disk(tmp_path / "in")
    state = json.loads((tmp_path / "in" / "state.json").read_text())
    (tmp_path / "in" / "state.json").write_text(json.dumps({**state, "_data_files": [{"filename": name}]}))
    with pytest.raises(ConfigError, match="which is no name of a file beside it"):
        do(tmp_path / "in", tmp_path / "out")


def test_a_saved_data_set_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    rich(20).save_to_disk(tmp_path / "in")
    path = next((tmp_path / "in").glob("*.arrow"))
    path.write_bytes(path.read_bytes()[:-3_000])
    with pytest.raises(ConfigError, match=f"table '{path.name}' cannot be read as an Arrow stream file"):
        do(tmp_path / "in", tmp_path / "out")


def test_offsets_that_lie_are_found_before_they_are_followed(tmp_path: Path) -> None:
    rich(5).select_columns(["image", "caption"]).save_to_disk(tmp_path / "in")
    path = next((tmp_path / "in").glob("*.arrow"))
    content = path.read_bytes()
    lengths = np.cumsum([0] + [len(f"café {i}".encode()) for i in range(5)]).astype("<i4").tobytes()
    assert content.count(lengths) == 1
    wrong = lengths[:-4] + np.int32(2_000_000_000).tobytes()
    path.write_bytes(content.replace(lengths, wrong))
    summary = do(tmp_path / "in", tmp_path / "out")
    assert (summary.written, summary.refused) == (0, 5)
    assert set(codes(tmp_path / "out").values()) == {"E_CORRUPT"}


def test_a_key_that_is_no_utf_8_is_refused_by_name(tmp_path: Path) -> None:
    keys = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(np.array([0, 1], "<i4").tobytes()), pa.py_buffer(b"\xff")]
    )
    pq.write_table(pa.table({"image": cells([png(0)]), "id": keys}), tmp_path / "in.parquet")
    summary = do(tmp_path / "in.parquet", tmp_path / "out")
    assert summary.refused == 1


def test_without_pyarrow_the_error_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    given = table(tmp_path, [png(0)])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigError, match=r"pip install 'augreg\[tables\]'"):
        do(given, tmp_path / "out")


def test_all_rows_of_a_shard_may_be_refused(tmp_path: Path) -> None:
    given = table(tmp_path, [b"no", b"no", png(2), png(3)])
    do(given, tmp_path / "out", shard_size=2, steps=FLIP)
    found = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))["train"]
    assert [row["key"] for row in raw(found)] == ["in/2", "in/3"]
    do(given, tmp_path / "saved", "arrow", shard_size=2, steps=FLIP)
    assert datasets.load_from_disk(tmp_path / "saved")["key"] == ["in/2", "in/3"]

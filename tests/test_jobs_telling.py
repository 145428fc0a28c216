"""Columns in which the names of inputs stand would tell what `--anonymize-names` hides: they are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

datasets = pytest.importorskip("datasets")

from tables import png  # noqa: E402

from augreg.errors import ConfigError  # noqa: E402
from augreg.jobs import Settings, run  # noqa: E402
from augreg.pipeline import Pipeline  # noqa: E402

COUNT = 5
FLIP = Pipeline({"image": ["image.hflip"], "schema": {"image": "image"}})


def settings(given: Path, out: Path, **changes: Any) -> Settings:
    return Settings(source=given, out=out, seed=3, engine="inline", anonymize_names=True, **changes)


def test_the_key_of_a_table(tmp_path: Path) -> None:
    rows = {"image": [{"bytes": png(i), "path": None} for i in range(COUNT)]}
    table = datasets.Dataset.from_dict(rows, features=datasets.Features({"image": datasets.Image()}))
    table.add_column("id", [f"lovelace-{i}" for i in range(COUNT)]).to_parquet(tmp_path / "pets.parquet")
    with pytest.raises(ConfigError, match="column id of the input would tell the names"):
        run(FLIP, settings(tmp_path / "pets.parquet", tmp_path / "out"))


def test_a_column_of_a_list_that_quotes_its_path(tmp_path: Path) -> None:
    rows = [{"path": f"lovelace{i}.png", "who": f"from lovelace{i}, 1843"} for i in range(3)]
    for i, row in enumerate(rows):
        (tmp_path / row["path"]).write_bytes(png(i))
    (tmp_path / "list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ConfigError, match="column who of the input would tell the names"):
        run(FLIP, settings(tmp_path / "list.jsonl", tmp_path / "out"))


def test_classes_that_make_folders(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="class_column makes folders"):
        settings(tmp_path / "x.parquet", tmp_path / "out", class_column="label")

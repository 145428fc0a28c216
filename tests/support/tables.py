"""Small tables with media for tests of jobs."""

from __future__ import annotations

import datetime
import decimal
import hashlib
import io
import json
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pyarrow as pa
import soundfile
from PIL import Image as Pillow

from augreg.jobs import Settings, Summary, run
from augreg.pipeline import Pipeline

FLIP = {"image": [{"image.hflip": {"p": 1.0}}]}


def pixels(i: int) -> np.ndarray:
    """The picture of a number."""
    return np.random.default_rng(i).integers(0, 255, (12, 16, 3), dtype=np.uint8)


def png(i: int) -> bytes:
    held = io.BytesIO()
    Pillow.fromarray(pixels(i)).save(held, "PNG")
    return held.getvalue()


def wav(i: int) -> bytes:
    held = io.BytesIO()
    soundfile.write(held, np.random.default_rng(i).uniform(-0.5, 0.5, 400).astype(np.float32), 8_000, format="WAV")
    return held.getvalue()


def opened(cell: dict[str, Any] | None) -> np.ndarray | None:
    """The pixels of a cell."""
    return None if cell is None else np.asarray(Pillow.open(io.BytesIO(cell["bytes"])))


def rich(count: int = 30) -> datasets.Dataset:
    """A data set with columns of many types around its pictures and captions."""
    features = datasets.Features(
        {
            "image": datasets.Image(),
            "label": datasets.ClassLabel(names=["cat", "dog"]),
            "caption": datasets.Value("string"),
            "nested": datasets.List({"x": datasets.Value("int32"), "y": datasets.List(datasets.Value("float64"))}),
            "when": datasets.Value("timestamp[us]"),
            "price": datasets.Value("decimal128(10, 2)"),
            "more": datasets.List(datasets.Image()),
        }
    )
    rows = {
        "image": [{"bytes": png(i), "path": f"{i}.png"} for i in range(count)],
        "label": [i % 2 if i != 4 else None for i in range(count)],
        "caption": [f"café {i}" for i in range(count)],
        "nested": [[{"x": j, "y": [j / 3]} for j in range(i % 3)] for i in range(count)],
        "when": [datetime.datetime(2026, 1, 1, 5, i % 60, 1, 234) for i in range(count)],
        "price": [decimal.Decimal(i) / 4 for i in range(count)],
        "more": [[{"bytes": png(100 + i), "path": None}] * (i % 2) for i in range(count)],
    }
    return datasets.Dataset.from_dict(rows, features=features)


def raw(dataset: datasets.Dataset, *left: str) -> list[dict[str, Any]]:
    """The rows of a data set as Arrow has them, without some columns."""
    table = dataset.with_format("arrow")[:]
    return list(table.drop_columns(list(left)).to_pylist())


def do(given: Path | str, out: Path, to: str = "parquet", steps: Any = None, **changes: Any) -> Summary:
    """Run a job in this process."""
    pipeline = steps if isinstance(steps, Pipeline) else Pipeline(FLIP if steps is None else steps)
    settings = {"seed": 7, "engine": "inline", "shard_size": 8, **changes}
    return run(pipeline, Settings(source=given, out=out, to=to, **settings))


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_text().splitlines()]


def tree(out: Path) -> dict[str, str]:
    """Every file of an output folder and its hash."""
    files = sorted(path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def cells(values: list[Any]) -> pa.Array:
    """A column of structs of bytes and path, of bytes, paths, pairs or None."""
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    made = [
        {"bytes": v, "path": None} if isinstance(v, bytes) else {"bytes": None, "path": v} if isinstance(v, str) else v
        for v in values
    ]
    return pa.array(made, kind)

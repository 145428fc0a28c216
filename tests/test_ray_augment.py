"""`augreg.ray.Augment` without Ray: batches as Ray hands them, cut anywhere."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import augreg
from augreg.errors import ConfigError

IMAGE = {"image": [{"image.hflip": {"p": 0.5}}, {"image.rotate": {"degrees": [-20, 20], "p": 1.0}}]}
SOUND = {"audio": [{"audio.gain": {"p": 1.0}}]}
TEXT = {"text": [{"text.char_case": {"rate": 0.5}}]}
N = 60


def pictures(ragged: bool) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    sizes = [(8 + (i % 5 if ragged else 0), 9, 3) for i in range(N)]
    held = [rng.integers(0, 256, size, dtype=np.uint8) for size in sizes]
    column = np.empty(N, dtype=object)
    column[:] = held
    return {"id": np.arange(N), "image": column if ragged else np.stack(held), "label": np.arange(N) % 3}


def sounds() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    column = np.empty(N, dtype=object)
    column[:] = [rng.uniform(-1, 1, (1, 40 + i)).astype(np.float32) for i in range(N)]
    return {"id": np.arange(N), "amplitude": column, "sample_rate": np.full(N, 8000)}


def texts() -> dict[str, np.ndarray]:
    return {"id": np.array([f"row {i}" for i in range(N)]), "caption": np.array(["a quick brown fox"] * N)}


CASES = {
    "stacked": (IMAGE, {"image": "image"}, pictures(ragged=False)),
    "ragged": (IMAGE, {"image": "image"}, pictures(ragged=True)),
    "audio": (SOUND, {"amplitude": "audio"}, sounds()),
    "text": (TEXT, {"caption": "text"}, texts()),
}


def cut(batch: dict[str, np.ndarray], at: list[int]) -> list[dict[str, np.ndarray]]:
    edges = [0, *sorted(set(at)), N]
    return [{k: v[a:b] for k, v in batch.items()} for a, b in pairwise(edges) if a < b]


def by_id(batches: list[dict[str, np.ndarray]]) -> dict[str, list[object]]:
    return {
        str(batch["id"][i]): [np.asarray(column[i]).tolist() for column in batch.values()]
        for batch in batches
        for i in range(len(batch["id"]))
    }


@pytest.mark.parametrize("case", CASES)
@settings(max_examples=5, deadline=None)
@given(at=st.lists(st.integers(1, N - 1), max_size=8))
def test_rows_do_not_hang_on_where_batches_are_cut(case: str, at: list[int]) -> None:
    pipeline, schema, batch = CASES[case]
    rows = augreg.ray.Augment(pipeline, seed=7, schema=schema)
    assert by_id([rows(part) for part in cut(batch, at)]) == by_id([rows(batch)])


@pytest.mark.parametrize("case", CASES)
def test_rows_are_what_augment_makes_of_them_one_by_one(case: str) -> None:
    pipeline, schema, batch = CASES[case]
    field = next(iter(schema))
    out = augreg.ray.Augment(pipeline, seed=7, schema=schema, epoch=2)(batch)
    pipe = augreg.Pipeline(pipeline)
    for i in range(0, N, 7):
        row = {name: column[i] for name, column in batch.items()}
        key = batch["id"][i].item()
        wanted = augreg.augment(row, pipe, seed=7, epoch=2, keys=key, schema=schema)
        assert np.array_equal(out[field][i], wanted[field])
    assert not any(out["error"])
    assert any(not np.array_equal(out[field][i], batch[field][i]) for i in range(N))


@pytest.mark.parametrize("case", CASES)
def test_columns_keep_their_kind(case: str) -> None:
    pipeline, schema, batch = CASES[case]
    out = augreg.ray.Augment(pipeline, seed=7, schema=schema)(batch)
    assert list(out) == [*batch, "error"]
    for name, column in batch.items():
        assert np.asarray(out[name][0]).dtype == np.asarray(column[0]).dtype or name == "caption"
        assert len(out[name]) == N
    if case == "stacked":
        assert out["image"].shape == batch["image"].shape
    assert out["label"] is batch["label"] if "label" in batch else True


def test_a_row_that_fails_says_why_and_the_others_are_as_they_were() -> None:
    batch = texts()
    good = by_id([augreg.ray.Augment(TEXT, seed=7, schema={"caption": "text"})(batch)])
    bad = {**batch, "caption": batch["caption"].astype(object)}
    bad["caption"][[3, 40]] = None
    out = augreg.ray.Augment(TEXT, seed=7, schema={"caption": "text"})(bad)
    found = by_id([out])
    assert [i for i in range(N) if out["error"][i]] == [3, 40]
    assert out["error"][3] == "E_SAMPLE: column 'caption' is empty here."
    assert out["caption"][3] is None
    assert all(found[key] == good[key] for key in good if key not in ("row 3", "row 40"))


def test_a_sound_at_no_rate_is_a_row_with_an_error_and_its_data() -> None:
    batch = sounds()
    batch["sample_rate"][5] = -1
    out = augreg.ray.Augment(SOUND, seed=7, schema={"amplitude": "audio"})(batch)
    assert [i for i in range(N) if out["error"][i]] == [5]
    assert out["error"][5].startswith("E_")
    assert np.array_equal(out["amplitude"][5], batch["amplitude"][5])


def test_all_rows_may_fail() -> None:
    batch = {"id": np.arange(2), "caption": np.array([None, None], dtype=object)}
    out = augreg.ray.Augment(TEXT, seed=7, schema={"caption": "text"})(batch)
    assert all(out["error"])
    assert out["caption"] is batch["caption"]


def test_a_float_is_no_id() -> None:
    batch = {"id": np.array([1.5, 2.5]), "caption": np.array(["a", "b"])}
    out = augreg.ray.Augment(TEXT, seed=7, schema={"caption": "text"})(batch)
    assert all("keys are strings or integers" in error for error in out["error"])


def objects(*values: object) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.mark.parametrize(
    ("batch", "schema", "said"),
    [
        ({"uid": np.arange(1), "image": np.zeros((1, 4, 4, 3), np.uint8)}, {"image": "image"}, "no column 'id'"),
        ({"id": np.arange(1), "img": np.zeros((1, 4, 4, 3), np.uint8)}, {"image": "image"}, "no column 'image'"),
        ({"id": np.arange(1), "image": objects(b"\x89PNG")}, {"image": "image"}, "'image' holds encoded files"),
        ({"id": np.arange(1), "image": objects({"a": 1})}, {"image": "image"}, "'image' holds dictionaries"),
        ({"id": np.arange(1), "image": np.arange(1)}, {"image": "image"}, "'image' holds values such as int64"),
        ({"id": np.arange(1), "image": np.array(["a"])}, {"image": "image"}, "'image' holds values such as str_"),
        ({"id": np.arange(1), "image": np.arange(1), "error": np.arange(1)}, {"image": "image"}, "'error' already"),
        ({"id": np.arange(1), "image": np.zeros((1, 1, 4), np.float32)}, {"image": "audio"}, "no column has its rate"),
        ([1, 2], {"image": "image"}, "a batch is a list"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(batch: object, schema: dict[str, str], said: str) -> None:
    pipeline = {**IMAGE, **SOUND}
    with pytest.raises(ConfigError, match=said):
        augreg.ray.Augment(pipeline, seed=7, schema=schema)(batch)  # type: ignore[arg-type]


def test_objects_are_not_pickled_and_mixing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"pipeline.to_dict\(\)"):
        augreg.ray.Augment(augreg.Pipeline(TEXT), seed=7, schema={"caption": "text"})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no plain data"):
        augreg.ray.Augment({"text": [object()]}, seed=7, schema={"caption": "text"})
    with pytest.raises(ConfigError, match=r"mixup.*mixes samples"):
        augreg.ray.Augment({"image": ["image.mixup"]}, seed=7, schema={"image": "image"})
    with pytest.raises(ConfigError, match="schema is missing"):
        augreg.ray.Augment(TEXT, seed=7)


def test_it_needs_no_ray() -> None:
    code = (
        "import sys; sys.modules['ray'] = None\n"
        "import augreg, numpy as np\n"
        f"rows = augreg.ray.Augment({TEXT!r}, seed=7, schema={{'caption': 'text'}})\n"
        "print(len(rows({'id': np.arange(1), 'caption': np.array(['a'])})['caption']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"

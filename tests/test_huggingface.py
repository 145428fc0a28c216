"""`pipe.bind` with the real Hugging Face `datasets`: with_transform, map, streaming, and what it must be told."""

import numpy as np
import PIL.Image
import pytest
from torch.utils.data import DataLoader

import augreg

datasets = pytest.importorskip("datasets")

PIPE = augreg.Pipeline({"image": ["image.hflip", {"image.brightness": {"p": 1}}]})
N = 6


def picture(i):
    return PIL.Image.fromarray(np.random.default_rng(i).integers(0, 256, (6, 8, 3), dtype=np.uint8))


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    datasets.disable_progress_bars()


@pytest.fixture
def data():
    kinds = {"id": datasets.Value("int64"), "image": datasets.Image(), "label": datasets.Value("int64")}
    columns = {"id": [10 + i for i in range(N)], "image": [picture(i) for i in range(N)], "label": list(range(N))}
    return datasets.Dataset.from_dict(columns, features=datasets.Features(kinds))


def expected(epoch=0, keys=None):
    keys = [10 + i for i in range(N)] if keys is None else keys
    records = [{"key": key, "image": picture(i)} for i, key in enumerate(keys)]
    return [np.asarray(r["image"]) for r in augreg.augment(records, PIPE, seed=7, epoch=epoch)]


def check(rows, **options):
    rows = list(rows)
    assert [row["label"] for row in rows] == list(range(N))
    for row, right in zip(rows, expected(**options), strict=True):
        assert np.array_equal(np.asarray(row["image"]), right)


def test_with_transform(data):
    bound = PIPE.bind(seed=7, key="id")
    lazy = data.with_transform(bound)
    check(lazy[i] for i in range(N))
    check(lazy.__getitems__(list(range(N))))
    bound.set_epoch(3)
    check((lazy[i] for i in range(N)), epoch=3)


def test_a_loader_over_with_transform_sees_the_epoch_in_its_workers(data):
    bound = PIPE.bind(seed=7, key="id")
    loader = DataLoader(data.with_transform(bound), 4, num_workers=1, collate_fn=list, persistent_workers=True)
    for epoch in (0, 1):
        bound.set_epoch(epoch)
        check((row for batch in loader for row in batch), epoch=epoch)


@pytest.mark.parametrize("options", [{}, {"batched": True, "batch_size": 4}], ids=["rows", "batches"])
@pytest.mark.parametrize("stream", [False, True])
def test_map(data, options, stream):
    source = data.to_iterable_dataset() if stream else data
    check(source.map(PIPE.bind(seed=7, key="id"), **options))
    check(source.map(PIPE.bind(seed=7), **options))  # "id" is a key without being named


@pytest.mark.parametrize("options", [{}, {"batched": True, "batch_size": 4}], ids=["rows", "batches"])
@pytest.mark.parametrize("stream", [False, True])
def test_map_with_indices_as_keys(data, options, stream):
    source = data.remove_columns("id")
    source = source.to_iterable_dataset() if stream else source
    check(source.map(PIPE.bind(seed=7), with_indices=True, **options), keys=list(range(N)))


def test_rows_without_a_key_are_told_how_to_get_one(data):
    bare = data.remove_columns("id")
    advice = r"dataset.add_column\('id', range\(len\(dataset\)\)\).*with_indices=True"
    for read in (lambda b: bare.with_transform(b)[0], lambda b: bare.map(b), lambda b: bare.map(b, batched=True)):
        with pytest.raises(augreg.ConfigError, match=advice):
            read(PIPE.bind(seed=7))
    keyed = bare.add_column("id", range(len(bare)))  # as the message says
    check((keyed.with_transform(PIPE.bind(seed=7))[i] for i in range(N)), keys=list(range(N)))


def test_the_cache_hangs_on_seed_and_epoch_and_not_on_use(data):
    from datasets.fingerprint import Hasher

    bound = PIPE.bind(seed=7, key="id")
    before = Hasher.hash(bound)
    data.with_transform(bound)[0]
    assert Hasher.hash(bound) == before == Hasher.hash(PIPE.bind(seed=7, key="id"))
    assert Hasher.hash(PIPE.bind(seed=8, key="id")) != before
    bound.set_epoch(1)
    assert Hasher.hash(bound) != before


def test_keyed_and_loader_over_a_data_set_with_rows_of_arrow(data):
    bare = data.remove_columns("id")
    assert augreg.Keyed(bare).column_names == ["image", "label"]
    for batch in augreg.loader(bare, PIPE, seed=7, batch_size=N, stack=True, auto_epoch=False):
        found = batch["image"].permute(0, 2, 3, 1).numpy()
    assert np.array_equal(found, np.stack(expected(keys=list(range(N)))))


def test_a_stream_through_the_loader(data):
    batches = augreg.loader(data.to_iterable_dataset(), PIPE, seed=7, batch_size=4, drop="id")
    check({"image": image, "label": int(y)} for b in batches for image, y in zip(b["image"], b["label"], strict=True))


def test_texts():
    pipe = augreg.Pipeline({"text": [{"text.keyboard": {"rate": 0.3}}]}, schema={"text": "text"})
    texts = [f"the quick brown fox number {i}" for i in range(N)]
    data = datasets.Dataset.from_dict({"id": [f"row {i}" for i in range(N)], "text": texts})
    right = [augreg.augment([text], pipe, seed=7, keys=[f"row {i}"])[0] for i, text in enumerate(texts)]
    bound = pipe.bind(seed=7, key="id")
    assert data.map(bound, batched=True)["text"][:] == data.map(bound)["text"][:] == right
    assert [data.with_transform(bound)[i]["text"] for i in range(N)] == right


def test_sounds_as_arrays():
    pipe = augreg.Pipeline({"audio": [{"audio.gain": {"p": 1}}]}, schema={"wave": "audio"})
    waves = [np.random.default_rng(i).uniform(-0.5, 0.5, 50 + i).astype(np.float32) for i in range(N)]
    right = augreg.augment([(wave, 8000) for wave in waves], pipe, seed=7, keys=range(N))
    data = datasets.Dataset.from_dict({"id": list(range(N)), "wave": waves}).with_format("numpy")
    for row, (wave, _) in zip(data.map(pipe.bind(seed=7, sample_rate=8000)), right, strict=True):
        assert np.allclose(row["wave"], wave, atol=1e-6)

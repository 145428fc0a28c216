"""One picture, one key, one result: bare, in pairs, in records, from Hugging Face and from every DataLoader."""

import hashlib

import numpy as np
import PIL.Image
import pytest
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, Subset

import augreg

N, SEED = 64, 7
PIPE = augreg.Pipeline(
    {
        "image": [
            "image.hflip",
            {"image.rotate": {"degrees": 20}},
            {"image.brightness": {"p": 1}},
            "image.gaussian_noise",
        ]
    }
)


def picture(i):
    return PIL.Image.fromarray(np.random.default_rng(i).integers(0, 256, (12 + i % 3, 16, 3), dtype=np.uint8))


class Pictures(Dataset):
    """Items are as `kind` says: bare pictures, (picture, class), or records."""

    def __init__(self, kind):
        self.kind = kind

    def __len__(self):
        return N

    def __getitem__(self, i):
        if self.kind == "bare":
            return picture(i)
        if self.kind == "pair":
            return picture(i), i % 10
        if self.kind == "detection":
            return picture(i), {"image_id": i}
        return {"id": i, self.kind: picture(i), "y": i % 10}


class Augmented(Pictures):
    """Augments in `__getitem__`, as most people do."""

    def __init__(self, kind, bound):
        super().__init__(kind)
        self.bound = bound

    def __getitem__(self, i):
        item = super().__getitem__(i)
        return self.bound(*item, key=i) if self.kind == "pair" else self.bound(item, key=i)


def bare(item):
    """Return the picture of an item."""
    if isinstance(item, tuple):
        return item[0]
    return next(v for v in item.values() if isinstance(v, PIL.Image.Image)) if isinstance(item, dict) else item


def digest(items):
    found = hashlib.sha256()
    for item in items:
        array = np.asarray(bare(item))
        found.update(repr(array.shape).encode() + array.tobytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def right():
    """The hash of 64 pictures that are augmented in one call."""
    return digest(augreg.augment([picture(i) for i in range(N)], PIPE, seed=SEED, keys=range(N)))


KINDS = ("bare", "pair", "detection", "image", "img")


@pytest.mark.parametrize("kind", KINDS)
def test_one_by_one_through_bind(kind, right):
    assert digest(map(Augmented(kind, PIPE.bind(seed=SEED)).__getitem__, range(N))) == right


@pytest.mark.parametrize("kind", KINDS)
def test_in_lists(kind, right):
    data = Pictures(kind)
    items = [data[i] for i in range(N)]
    assert digest(augreg.augment(items, PIPE, seed=SEED, keys=range(N))) == right
    assert digest(PIPE.bind(seed=SEED)(items, key=list(range(N)))) == right


@pytest.mark.parametrize("field", ["image", "img"])
def test_in_columns(field, right):
    columns = {"id": list(range(N)), field: [picture(i) for i in range(N)]}
    assert digest(PIPE.bind(seed=SEED)(columns)[field]) == right


@pytest.mark.parametrize("field", ["image", "img"])
@pytest.mark.parametrize("batched", [True, False])
@pytest.mark.parametrize("how", ["with_transform", "map", "stream"])
def test_from_hugging_face(field, batched, how, right, tmp_path, monkeypatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    datasets.disable_progress_bars()
    kinds = datasets.Features({"id": datasets.Value("int64"), field: datasets.Image()})
    columns = {"id": list(range(N)), field: [picture(i) for i in range(N)]}
    data = datasets.Dataset.from_dict(columns, features=kinds)
    bound = PIPE.bind(seed=SEED, key="id")
    if how == "with_transform":
        lazy = data.with_transform(bound)
        assert digest(lazy[:][field] if batched else [lazy[i] for i in range(N)]) == right
    else:
        source = data.to_iterable_dataset() if how == "stream" else data
        assert digest(source.map(bound, batched=batched, batch_size=7)) == right


def loaded(dataset, **options):
    return [item for batch in DataLoader(dataset, **options) for item in batch]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("workers", [0, 2])
def test_from_a_dataloader(kind, size, workers, right):
    collate = augreg.collate(PIPE, seed=SEED, then=list)
    keyed = augreg.Keyed(Pictures(kind))
    assert digest(loaded(keyed, batch_size=size, num_workers=workers, collate_fn=collate)) == right


@pytest.mark.parametrize("workers", [0, 2])
def test_from_a_dataloader_that_augments_item_by_item(workers, right):
    dataset = Augmented("pair", PIPE.bind(seed=SEED))
    assert digest(loaded(dataset, batch_size=7, num_workers=workers, collate_fn=list)) == right


@pytest.mark.parametrize("kind", ["bare", "img"])
def test_from_spawned_workers(kind, right):
    options = {"num_workers": 2, "multiprocessing_context": "spawn", "batch_size": 7}
    loader = augreg.loader(Pictures(kind), PIPE, seed=SEED, then=list, **options)
    assert digest(item for batch in loader for item in batch) == right


def test_in_any_order_and_part(right):
    keyed = augreg.Keyed(Subset(Pictures("pair"), list(range(N))[::-1]))
    collate = augreg.collate(PIPE, seed=SEED, then=list)
    backwards = loaded(keyed, batch_size=9, collate_fn=collate)
    assert digest(backwards[::-1]) == right
    order = BatchSampler(RandomSampler(range(N)), 5, drop_last=False)
    shuffled = augreg.loader(Pictures("image"), PIPE, seed=SEED, batch_sampler=order, then=list)
    assert digest(sorted((item for batch in shuffled for item in batch), key=lambda item: item["id"])) == right

"""`augreg.grain.Map`: by key and epoch, wherever it stands before `repeat`, and what is refused."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import augreg
from augreg.errors import ConfigError

grain = pytest.importorskip("grain")
pytestmark = pytest.mark.filterwarnings("ignore")

N, SEED = 12, 7
PIPE = augreg.Pipeline({"image": ["image.hflip", {"image.brightness": {"p": 1}}]}, schema={"image": "image"})
PICTURES = np.random.default_rng(0).integers(0, 256, (N, 6, 8, 3), dtype=np.uint8)
ROWS = [{"id": f"r{i}", "image": PICTURES[i]} for i in range(N)]
SOURCE = grain.MapDataset.source(ROWS)


def augmented(**options):
    return augreg.grain.Map(PIPE, seed=SEED, **options)


def right(epoch):
    return {row["id"]: row["image"] for row in PIPE(ROWS, seed=SEED, epoch=epoch)}


ORDERS = {
    "plain": lambda: SOURCE.pipe(augmented()).repeat(3),
    "shuffled after": lambda: SOURCE.pipe(augmented()).shuffle(seed=1).repeat(3),
    "shuffled before": lambda: SOURCE.shuffle(seed=1).pipe(augmented()).repeat(3),
    "a share before": lambda: SOURCE[1::2].pipe(augmented()).repeat(3),
    "a share after": lambda: SOURCE.pipe(augmented())[1::2].repeat(3),
    "filtered": lambda: SOURCE.filter(lambda row: row["id"] != "r3").pipe(augmented()).repeat(3),
    "iterated": lambda: SOURCE.pipe(augmented()).repeat(3).to_iter_dataset(),
}


@pytest.mark.parametrize("order", ORDERS)
def test_repeat_gives_new_epochs_in_any_order(order):
    made = list(ORDERS[order]())
    each = len(made) // 3
    for epoch in range(3):
        for row in made[epoch * each : (epoch + 1) * each]:
            assert np.array_equal(row["image"], right(epoch)[row["id"]])


def test_an_iterator_goes_on_within_an_epoch_to_the_bit():
    def made():
        return iter(SOURCE.pipe(augmented()).shuffle(seed=3).repeat(2).to_iter_dataset())

    first, second = made(), made()
    for _ in range(N + 3):
        next(first)
    second.set_state(first.get_state())
    rest = list(first)
    assert len(rest) == N - 3
    assert all(np.array_equal(a["image"], b["image"]) for a, b in zip(rest, second, strict=True))


def test_elements_without_a_key_have_their_place_in_the_source():
    bare = grain.MapDataset.source([{"image": row["image"]} for row in ROWS])
    made = bare.pipe(augmented()).repeat(2)
    for i in (3, N + 3):
        alone = PIPE({"image": PICTURES[3], "id": 3}, seed=SEED, epoch=i // N)["image"]
        assert np.array_equal(made[i]["image"], alone)
    with pytest.raises(ConfigError, match=r"no key \(fields: image\).*first, before shuffle"):
        bare.shuffle(seed=1).pipe(augmented())[0]


def test_a_key_may_be_named_or_computed():
    for key in ("id", lambda row: row["id"]):
        made = SOURCE.shuffle(seed=2).pipe(augmented(key=key))
        assert all(np.array_equal(row["image"], right(0)[row["id"]]) for row in made)


def test_one_pass_where_grain_says_no_index():
    sampler = grain.samplers.IndexSampler(N, shuffle=False, num_epochs=1)
    loader = grain.DataLoader(data_source=ROWS, sampler=sampler, operations=[augmented(epoch=2)])
    streams = loader, SOURCE.apply(augmented(epoch=2)), SOURCE.to_iter_dataset().pipe(augmented(epoch=2))
    for stream in streams:
        assert all(np.array_equal(row["image"], right(2)[row["id"]]) for row in stream)


def test_it_pickles():
    copy = pickle.loads(pickle.dumps(augmented()))
    assert np.array_equal(SOURCE.pipe(copy)[4]["image"], right(0)["r4"])


@pytest.mark.parametrize(
    ("message", "wrong"),
    [
        ("behind repeat. Put it before", lambda: SOURCE.repeat(2).pipe(augmented())),
        ("behind batch. Put it before", lambda: SOURCE.batch(2).pipe(augmented())),
        (r"dataset.pipe\(augreg.grain.Map", lambda: SOURCE.apply(augmented())[0]),
        ("before repeat and to_iter_dataset", lambda: SOURCE.to_iter_dataset().pipe(augmented())),
        ("not over a list", lambda: augmented()(ROWS)),
        ("'image.mixup' mixes.*augreg.collate", lambda: augreg.grain.Map(["image.mixup"], seed=SEED)),
        ("has no such field", lambda: SOURCE.pipe(augmented(key="idd"))[0]),
    ],
)
def test_what_is_refused(message, wrong):
    with pytest.raises(ConfigError, match=message):
        wrong()

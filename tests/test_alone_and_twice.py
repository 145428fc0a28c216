"""What would go wrong in silence: steps that mix, and one sample; workers that repeat each other."""

from __future__ import annotations

import itertools

import numpy as np
import PIL.Image
import pytest
import torch
from torch.utils.data import IterableDataset, get_worker_info

import augreg
from augreg.errors import ConfigError, SampleError

PHOTO = PIL.Image.fromarray(np.zeros((8, 9, 3), np.uint8))
MIX = augreg.Pipeline(["image.mixup"])
BRIGHT = augreg.Pipeline([{"image.brightness": {"p": 1}}], schema={"image": "image"})


@pytest.mark.parametrize(
    "call",
    [
        lambda bound: bound(PHOTO, key=1),
        lambda bound: bound(PHOTO, 3, key=1),
        lambda bound: bound({"id": 1, "image": PHOTO, "label": 2}),
        lambda bound: bound({"id": 1, "images": [PHOTO, PHOTO]}),
    ],
)
def test_bind_refuses_to_mix_one_sample(call):
    with pytest.raises(ConfigError, match="'image.mixup' mixes samples of a batch, and bind got one sample"):
        call(MIX.bind(seed=7))


def test_bind_mixes_batches():
    rows = [{"id": i, "image": PHOTO, "label": i} for i in range(4)]
    bound = MIX.bind(seed=7)
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    assert [row["label"] for row in bound(rows)] == bound(columns)["label"]
    assert any(isinstance(row["label"], dict) for row in bound(rows))
    stack = MIX.bind(seed=7, modality="image")(np.zeros((2, 8, 9, 3), np.uint8), key=[1, 2])
    assert stack.shape == (2, 8, 9, 3)


class Stream(IterableDataset):
    """Records with keys, shared out among workers or not."""

    def __init__(self, shared):
        self.shared = shared

    def __iter__(self):
        rows = ({"id": i, "image": torch.full((3, 4, 4), i / 8)} for i in range(8))
        info = get_worker_info()
        if info is None or not self.shared:
            return rows
        return itertools.islice(rows, info.id, None, info.num_workers)


@pytest.mark.parametrize("persistent", [False, True])
def test_a_stream_that_is_shared_out_comes_once_in_every_epoch(persistent):
    options = {"num_workers": 2, "persistent_workers": persistent}
    loader = augreg.loader(Stream(shared=True), BRIGHT, seed=7, batch_size=2, **options)
    for epoch in range(2):
        found = {int(i): image for batch in loader for i, image in zip(batch["id"], batch["image"], strict=True)}
        right = BRIGHT(list(Stream(shared=False)), seed=7, epoch=epoch)
        assert sorted(found) == list(range(8))
        assert all(torch.equal(found[row["id"]], row["image"]) for row in right)


def test_a_stream_that_every_worker_gives_whole_is_refused():
    loader = augreg.loader(Stream(shared=False), BRIGHT, seed=7, batch_size=2, num_workers=2)
    with pytest.raises(ConfigError, match="both begin with the item 0.*get_worker_info"):
        list(loader)
    assert sum(len(b["id"]) for b in augreg.loader(Stream(shared=False), BRIGHT, seed=7, num_workers=1)) == 8


ASKED = {"id": 3, "context": "Ada was born in London", "answers": {"text": ["London"], "answer_start": [16]}}
DELETE = [{"text.word_delete": {"rate": 0.3, "p": 1}}]


def test_answers_move_with_their_context_or_leave():
    pipe = augreg.Pipeline(DELETE, schema={"context": "text", "answers": "answers of context"})
    counts = set()
    for key in range(20):
        made = pipe({**ASKED, "id": key}, seed=7)
        texts, starts = made["answers"]["text"], made["answers"]["answer_start"]
        assert [made["context"][at : at + len(text)] for text, at in zip(texts, starts, strict=True)] == texts
        counts.add(len(texts))
    assert counts == {0, 1}
    further = {**ASKED, "answers": {"answer_start": [16], "text": ["London"], "id": ["x"]}}
    same = augreg.Pipeline([{"text.char_case": {"rate": 0}}], schema=pipe.to_dict()["schema"])
    assert same(further, seed=7)["answers"] == further["answers"]
    none = {**ASKED, "answers": {"text": [], "answer_start": []}}
    assert pipe(none, seed=7)["answers"] == none["answers"]


@pytest.mark.parametrize(
    ("message", "answers"),
    [
        ("from 500 to 506, of 22 characters", {"text": ["London"], "answer_start": [500]}),
        ("1 in 'text' and 0 in 'answer_start'", {"text": ["London"], "answer_start": []}),
        ("1 in 'text' and 2 in 'id'", {"text": ["London"], "answer_start": [16], "id": [1, 2]}),
        ("give {'text'", ["London"]),
    ],
)
def test_answers_that_are_none_are_refused(message, answers):
    pipe = augreg.Pipeline(DELETE, schema={"context": "text", "answers": "answers of context"})
    with pytest.raises(SampleError, match=message):
        pipe({**ASKED, "answers": answers}, seed=7)


def test_answers_of_which_nobody_spoke_are_refused():
    with pytest.raises(SampleError, match="'answers': 'answers of context'"):
        augreg.Pipeline(DELETE, schema={"context": "text"})(ASKED, seed=7)

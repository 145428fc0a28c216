"""Records in DataLoader workers, however these are started: ties, views, lost modalities, films."""

import itertools

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import augreg

SCHEMA = {"picture": "image", "depth": "image", "caption": "text", "film": "video", "sound": "audio"}
STEPS = {
    "record": [
        {"image_text.hflip": {"p": 0.5, "fields": {"image": "picture"}}},
        {"av.speed": {"p": 0.6}},
        {"av.temporal_crop": {"p": 0.6}},
        {"image_text.color": {"change": "turn", "fields": {"image": "picture"}}},
        {"record.modality_dropout": {"p": 0.5, "fields": {"image": "picture"}}},
    ],
    "image": [{"image.affine": {"p": 0.5}}],
    "tie": {"depth": "picture"},
}


class Records(Dataset):
    """Records of all modalities, made anew for every access."""

    def __len__(self):
        return 11

    def __getitem__(self, i):
        random = np.random.default_rng(i)
        picture = torch.from_numpy(random.random((3, 16, 20), dtype=np.float32))
        film = torch.from_numpy(random.integers(0, 256, (8 + i, 3, 6, 8), dtype=np.uint8))
        return {
            "id": f"r{i}",
            "picture": picture,
            "depth": 4 * picture[:1],
            "caption": ("a dog on the left", "a red car", "nothing")[i % 3],
            "film": augreg.Video(film, fps=25.0),
            "sound": (torch.from_numpy(random.random((1, 320 * (8 + i)), dtype=np.float32)), 8000),
        }


def whole(views=None):
    data = Records()
    return augreg.augment(
        [data[i] for i in range(len(data))], augreg.Pipeline(STEPS, schema=SCHEMA), seed=5, views=views
    )


def same(a, b):
    assert a["caption"] == b["caption"]
    assert torch.equal(a["picture"], b["picture"])
    assert torch.equal(a["depth"], b["depth"])
    assert torch.equal(a["film"].data, b["film"].data)
    assert torch.equal(a["sound"][0], b["sound"][0])


@pytest.mark.parametrize(
    ("workers", "method", "views"),
    [
        (0, None, None),
        (2, "fork", None),
        (2, "fork", 2),
        *(pytest.param(2, method, 2, marks=pytest.mark.slow) for method in ("forkserver", "spawn")),
    ],
)
def test_workers_give_what_one_call_gives(workers, method, views):
    options = {} if views is None else {"views": views}
    loader = DataLoader(
        Records(),
        batch_size=4,
        num_workers=workers,
        multiprocessing_context=method,
        collate_fn=augreg.collate(augreg.Pipeline(STEPS, schema=SCHEMA), seed=5, then=list, **options),
    )
    batches, expected = list(loader), whole(views)
    if views is None:
        batches, expected = [[batch] for batch in batches], [expected]
    for k, view in enumerate(expected):
        for a, b in zip(itertools.chain(*(batch[k] for batch in batches)), view, strict=True):
            same(a, b)


def test_what_the_loader_test_compares_is_changed_by_every_step():
    """Otherwise it would compare records that nothing happened to."""
    out, trace = augreg.augment(
        [Records()[i] for i in range(11)], augreg.Pipeline(STEPS, schema=SCHEMA), seed=5, return_trace=True
    )
    fired = {step["step"] for record in trace for field in SCHEMA for step in record[field].steps}
    assert len(fired) == 6, fired
    for record in out:
        lost = [record["picture"].abs().sum() == 0, not record["caption"], record["film"].data.sum() == 0]
        assert sum(map(bool, lost)) <= 1
        assert record["picture"].shape[1:] == record["depth"].shape[1:]
        assert len(record["film"].data) / 25.0 == pytest.approx(record["sound"][0].shape[1] / 8000, abs=0.5 / 25)

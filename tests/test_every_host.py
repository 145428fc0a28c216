"""The same 64 samples through every host: one SHA-256 over keys, parameters and bytes. Hosts that lack fail."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import host_samples as held
import numpy as np
import PIL.Image
import pytest
import torch
from host_samples import CONFIG, EPOCH, KEYS, LABELS, PICTURES, PIPE, SEED, digest, rows

import augreg

pytestmark = pytest.mark.filterwarnings("ignore")  # what hosts say of themselves

EVERY = os.environ.get("AUGREG_EVERY_HOST") == "1"
"""Set by `.ci/full`, which installs the heavy ones, too."""


@pytest.fixture(scope="module")
def right() -> str:
    """The hash of all samples in one call."""
    return digest(zip(KEYS, PIPE(list(PICTURES), modality="image", seed=SEED, epoch=EPOCH, keys=KEYS), strict=True))


class Items(torch.utils.data.Dataset):
    """Records with tensors, as most data sets of torch hold them."""

    def __len__(self):
        return len(KEYS)

    def __getitem__(self, i):
        return {"id": KEYS[i], "image": torch.from_numpy(PICTURES[i].transpose(2, 0, 1).copy())}


def pairs(batches):
    return [pair for batch in batches for pair in zip(batch["id"], batch["image"], strict=True)]


SCHEMA = {"schema": {"image": "image"}}


def test_the_hash_hangs_on_parameters_and_bytes(right):
    same = PIPE(list(PICTURES), modality="image", seed=SEED, epoch=EPOCH, keys=KEYS)
    one_pixel = [picture.copy() for picture in same]
    one_pixel[5][0, 0, 0] ^= 1
    assert digest(zip(KEYS, one_pixel, strict=True)) != right
    other = PIPE(list(PICTURES), modality="image", seed=SEED, epoch=EPOCH + 1, keys=KEYS)
    assert digest(zip(KEYS, other, strict=True)) != right
    assert digest(zip(KEYS[::-1], same, strict=True)) != right


@pytest.mark.parametrize("workers", [0, 2])
def test_dataloader(right, workers):
    loader = augreg.loader(Items(), PIPE, seed=SEED, batch_size=9, shuffle=True, num_workers=workers, **SCHEMA)
    loader.set_epoch(EPOCH)
    assert digest(pairs(loader)) == right


@pytest.mark.parametrize("workers", [0, 2])
def test_stateful_dataloader_that_is_resumed_within_an_epoch(right, workers):
    from torchdata.stateful_dataloader import StatefulDataLoader

    def made():
        collate = augreg.collate(PIPE, seed=SEED, **SCHEMA)
        collate.set_epoch(EPOCH)
        return StatefulDataLoader(augreg.Keyed(Items()), 8, shuffle=True, num_workers=workers, collate_fn=collate)

    first, second = made(), made()
    batches = iter(first)
    begun = [next(batches) for _ in range(3)]
    second.load_state_dict(first.state_dict())
    rest = list(second)
    assert len(rest) == 5
    assert digest(pairs([*begun, *rest])) == right


def hugging_face():
    import datasets

    datasets.disable_progress_bars()
    kinds = datasets.Features(id=datasets.Value("string"), image=datasets.Image(), label=datasets.Value("int64"))
    made = [{**row, "image": PIL.Image.fromarray(row["image"])} for row in rows()]
    return datasets.Dataset.from_list(made, features=kinds)


@pytest.mark.parametrize("how", ["map", "batched map", "with_transform", "stream"])
def test_hugging_face(right, how, tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path)
    bound = PIPE.bind(seed=SEED, key="id")
    bound.set_epoch(EPOCH)
    data = hugging_face()
    made = {
        "map": lambda: data.map(bound),
        "batched map": lambda: data.map(bound, batched=True, batch_size=9),
        "with_transform": lambda: data.with_transform(bound),
        "stream": lambda: data.to_iterable_dataset().map(bound),
    }[how]()
    assert digest((row["id"], row["image"]) for row in made) == right


def test_transformers(right):
    collator = augreg.transformers.Collator(PIPE, then=list, seed=SEED, prepare=dict, **SCHEMA)
    collator.set_epoch(EPOCH)
    loader = torch.utils.data.DataLoader(augreg.Keyed(rows()), 9, collate_fn=collator)
    assert digest((row["id"], row["image"]) for batch in loader for row in batch) == right


class Bomb:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@pytest.fixture
def shards(tmp_path):
    """Two tars of 32 samples each, every one with a pickle that must stay closed; where it would leave a file."""
    import pickle

    boom = tmp_path / "boom"
    for shard in range(2):
        with tarfile.open(tmp_path / f"part-{shard}.tar", "w") as tar:
            for i in range(32 * shard, 32 * shard + 32):
                png = io.BytesIO()
                PIL.Image.fromarray(PICTURES[i]).save(png, "png")
                parts = {"png": png.getvalue(), "cls": str(LABELS[i]).encode(), "pyd": pickle.dumps(Bomb(boom))}
                for end, data in parts.items():
                    entry = tarfile.TarInfo(f"{KEYS[i]}.{end}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))
    return str(tmp_path / "part-{0..1}.tar"), boom


@pytest.mark.parametrize("batched", [False, True])
def test_webdataset(right, shards, batched):
    import webdataset

    url, boom = shards
    data = webdataset.WebDataset(url, shardshuffle=False).decode("pil", only=["png", "cls"])
    if batched:
        collate = augreg.collate(PIPE, seed=SEED, then=list)
        collate.set_epoch(EPOCH)
        made = [row for batch in data.batched(9, collation_fn=collate) for row in batch]
    else:
        bound = PIPE.bind(seed=SEED)
        bound.set_epoch(EPOCH)
        made = list(data.map(bound))
    assert digest((row["__key__"], row["png"]) for row in made) == right
    assert [row["cls"] for row in made] == LABELS.tolist()
    assert not boom.exists()


@pytest.mark.parametrize("order", ["ahead", "behind", "resumed"])
def test_grain(right, order):
    import grain

    augmented, source = augreg.grain.Map(PIPE, seed=SEED, **SCHEMA), grain.MapDataset.source(rows())
    data = source.shuffle(seed=3).pipe(augmented) if order == "behind" else source.pipe(augmented).shuffle(seed=3)
    if order == "resumed":
        first = iter(data.repeat(3).to_iter_dataset())
        for _ in range(EPOCH * held.N + 9):
            next(first)
        second = iter(data.repeat(3).to_iter_dataset())
        second.set_state({"next_index": EPOCH * held.N})
        begun = [next(second) for _ in range(9)]
        second.set_state(first.get_state())
        made = [*begun, *second]
    else:
        made = list(data.repeat(3))
    made = made[EPOCH * held.N :][: held.N] if order != "resumed" else made[: held.N]
    assert digest((row["id"], row["image"]) for row in made) == right


def test_lightning(right, tmp_path):
    import lightning

    seen = []

    class Net(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(1, 1)

        def training_step(self, batch, number):
            if self.current_epoch == EPOCH:
                seen.append(batch)
            return self.layer(torch.ones(1, 1)).sum()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    loader = torch.utils.data.DataLoader(Items(), 9, shuffle=True)
    trainer = lightning.Trainer(
        max_epochs=EPOCH + 1,
        callbacks=[augreg.lightning.Augment(PIPE, seed=SEED, **SCHEMA)],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
    )
    trainer.fit(Net(), loader)
    assert digest(pairs(seen)) == right


def test_keras_on_torch(right):
    import keras

    assert keras.config.backend() == "torch"
    seen = []

    class Net(keras.Model):
        def call(self, x):
            return keras.ops.mean(keras.ops.cast(x, "float32"), axis=(1, 2, 3))

        def train_step(self, data):
            seen.append(data[0])
            return {}

    data = augreg.keras.Dataset(PICTURES, LABELS, PIPE, batch_size=9, seed=SEED, keys=KEYS)
    model = Net()
    model.compile("sgd", "mse")
    model.fit(
        data, initial_epoch=EPOCH, epochs=EPOCH + 1, callbacks=[augreg.keras.Epochs(data)], shuffle=False, verbose=0
    )
    pictures = [picture for batch in seen[-data.num_batches :] for picture in batch]
    assert digest(zip(KEYS, pictures, strict=True)) == right


def test_scikit_learn(right):
    from sklearn.base import BaseEstimator

    class Rows(BaseEstimator):
        def fit(self, X, y=None):
            self.rows_ = X
            return self

    model = augreg.sklearn.Augment(Rows(), CONFIG, include_original=False, seed=SEED)
    made = model.fit(PICTURES, LABELS, keys=KEYS).estimator_.rows_
    assert digest(zip(KEYS, made, strict=True)) == right


def test_what_ray_calls(right):
    augmented = augreg.ray.Augment(CONFIG, seed=SEED, epoch=EPOCH, **SCHEMA)
    made = [augmented({"id": np.array(KEYS[i : i + 9]), "image": PICTURES[i : i + 9]}) for i in range(0, held.N, 9)]
    assert digest(pairs(made)) == right


@pytest.mark.slow
@pytest.mark.skipif(not EVERY and find_spec("ray") is None, reason="needs Ray: uv pip install 'ray[data]'")
def test_ray(right):
    script = Path(__file__).parent / "support" / "ray_host.py"
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == right

"""`augreg.lightning.Augment`: training batches only, by the trainer's epochs, resumed, and what is refused."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import pytest
import torch
from torch.utils.data import DataLoader

import augreg
from augreg.errors import ConfigError

lightning = pytest.importorskip("lightning")
pytestmark = pytest.mark.filterwarnings("ignore")

N, SEED = 12, 7
PIPE = augreg.Pipeline({"image": ["image.hflip", {"image.brightness": {"p": 1}}]})
X = torch.rand(N, 3, 6, 8, generator=torch.Generator().manual_seed(0))
DATA = [(X[i], i % 3, i) for i in range(N)]


class Named(NamedTuple):
    """A batch whose parts have names."""

    images: torch.Tensor
    ids: torch.Tensor


class Net(lightning.LightningModule):
    """Keeps the batches that it gets."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.seen, self.judged = [], []

    def training_step(self, batch, number):
        self.seen.append((self.current_epoch, batch))
        return self.layer(torch.ones(1, 1)).sum()

    def validation_step(self, batch, number):
        self.judged.append(batch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


class Hooked(Net):
    """Has a hook of its own, after which the batch is augmented."""

    hooked = 0

    def on_after_batch_transfer(self, batch, dataloader_idx):
        self.hooked += 1
        return batch


class Saving(Net):
    """Saves a checkpoint within the second epoch."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def on_train_batch_end(self, outputs, batch, number):
        if (self.current_epoch, number) == (1, 0):
            self.trainer.save_checkpoint(self.path)


class Fetching(Net):
    """Fetches batches itself."""

    def training_step(self, dataloader_iter):
        next(dataloader_iter)
        return self.layer(torch.ones(1, 1)).sum()


class Shared(lightning.LightningDataModule):
    """Has the hook in the data module."""

    hooked = 0

    def train_dataloader(self):
        return DataLoader(DATA, 5, shuffle=True)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        self.hooked += 1
        return batch


def fit(folder, net, epochs=2, data=None, resume=None, augment=None, **options):
    trainer = lightning.Trainer(
        max_epochs=epochs,
        callbacks=[augment or augreg.lightning.Augment(PIPE, seed=SEED, key=2)],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        default_root_dir=folder,
        **options,
    )
    if data is None:
        loaders = {"train_dataloaders": DataLoader(DATA, 5, shuffle=True), "val_dataloaders": DataLoader(DATA, 5)}
    else:
        loaders = {"datamodule": data}
    trainer.fit(net, ckpt_path=resume, **loaders)
    return trainer


def check(net, epochs):
    right = {e: PIPE(X, modality="image", seed=SEED, epoch=e, keys=range(N)) for e in epochs}
    assert [epoch for epoch, _ in net.seen] == [e for e in epochs for _ in range(3)]
    for epoch, (images, labels, places) in net.seen:
        assert torch.equal(images, right[epoch][places])
        assert labels.tolist() == [DATA[i][1] for i in places]


def test_training_is_augmented_by_epochs_and_validation_is_not(tmp_path):
    net = Hooked()
    fit(tmp_path, net)
    check(net, [0, 1])
    assert net.judged
    assert all(torch.equal(images, X[places]) for images, _, places in net.judged)
    assert net.hooked == len(net.seen) + len(net.judged)
    assert "on_after_batch_transfer" not in vars(net)  # as it was


def test_the_hook_of_a_data_module_is_called_as_before(tmp_path):
    net, data = Net(), Shared()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fit(tmp_path, net, data=data)
    check(net, [0, 1])
    assert data.hooked == 6
    assert not [str(each.message) for each in said if "on_after_batch_transfer" in str(each.message)]


def test_a_run_goes_on_from_a_checkpoint(tmp_path):
    path = tmp_path / "last.ckpt"
    fit(tmp_path, Net(), epochs=1).save_checkpoint(path)
    net = Net()
    fit(tmp_path, net, epochs=3, resume=path)
    check(net, [1, 2])
    other = augreg.lightning.Augment(PIPE, seed=8, key=2)
    with pytest.raises(ConfigError, match="saved with seed=7.*has seed=8"):
        fit(tmp_path, Net(), epochs=3, resume=path, augment=other)


def test_a_run_goes_on_within_an_epoch(tmp_path):
    path = tmp_path / "mid.ckpt"
    fit(tmp_path, Saving(path), epochs=2)
    net = Net()
    fit(tmp_path, net, epochs=2, resume=path)
    right = PIPE(X, modality="image", seed=SEED, epoch=1, keys=range(N))
    assert net.seen
    assert all(epoch == 1 and torch.equal(images, right[places]) for epoch, (images, _, places) in net.seen)


def test_batches_of_fields_named_tuples_and_single_stacks():
    augment = augreg.lightning.Augment(PIPE, seed=SEED, schema={"image": "image"})
    right = PIPE(X, modality="image", seed=SEED, keys=range(N))
    out = augment({"id": torch.arange(N), "image": X, "label": torch.arange(N)})
    assert torch.equal(out["image"], right)
    alone = augreg.lightning.Augment(PIPE, seed=SEED, key=lambda images: range(len(images)))
    assert torch.equal(alone(X), right)
    keyed = augreg.lightning.Augment(PIPE, seed=SEED, key=1)
    for made in (keyed([X, torch.arange(N)]), keyed((X, torch.arange(N))), keyed(Named(X, torch.arange(N)))):
        assert torch.equal(made[0], right)
    assert isinstance(made, Named)


def test_without_a_seed_torch_decides():
    augment = augreg.lightning.Augment(PIPE)
    torch.manual_seed(3)
    one = augment([X, torch.zeros(N)])[0]
    torch.manual_seed(3)
    assert torch.equal(augment([X, torch.zeros(N)])[0], one)
    assert not torch.equal(augment([X, torch.zeros(N)])[0], one)


def test_labels_are_mixed_with_their_pictures():
    dense = torch.eye(3)[torch.arange(N) % 3]
    _, labels, _ = augreg.lightning.Augment(["image.mixup"], seed=SEED, key=2)([X, dense, torch.arange(N)])
    assert labels.shape == dense.shape
    assert torch.allclose(labels.sum(dim=1), torch.ones(N))
    assert ((labels > 0) & (labels < 1)).any()


@pytest.mark.parametrize(
    ("message", "options", "batch"),
    [
        ("no key says which.*has 2 parts.*key=2", {"seed": SEED}, [X, torch.zeros(N)]),
        ("no key says which.*the fields 'image'", {"seed": SEED, "schema": {"image": "image"}}, {"image": X}),
        ("key=5: the batch has 2 parts", {"seed": SEED, "key": 5}, [X, torch.zeros(N)]),
        ("key='idd': the batch has the fields 'id', 'image'", {"key": "idd"}, {"id": [1], "image": X[:1]}),
    ],
)
def test_what_a_batch_lacks_is_told(message, options, batch):
    with pytest.raises(ConfigError, match=message):
        augreg.lightning.Augment(PIPE, **options)(batch)


def test_wrong_options_are_told():
    with pytest.raises(ConfigError, match="augreg.lightning.Augment has no option 'sample_rat'. Did you mean"):
        augreg.lightning.Augment(PIPE, sample_rat=3)
    with pytest.raises(ConfigError, match="key=1.5 is no field"):
        augreg.lightning.Augment(PIPE, key=1.5)
    several = augreg.Pipeline(["image.hflip", "text.word_swap"])
    with pytest.raises(ConfigError, match="several modalities.*by position"):
        augreg.lightning.Augment(several)([X, torch.zeros(N)])


def test_batches_that_lightning_does_not_move_are_noticed(tmp_path):
    with pytest.raises(ConfigError, match=r"saw no batch.*augment\(batch\)"):
        fit(tmp_path, Fetching())

"""A LightningModule as a task of augreg: does turning digits help it?

uv run python examples/evaluate_lightning.py
"""

import argparse
import logging
import warnings

import lightning
import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, TensorDataset

import augreg.learn

PIPELINE = {"image": [{"image.rotate": {"degrees": 12, "p": 0.8}}]}
BATCH = 32


def tensors(examples: augreg.learn.Examples) -> tuple[torch.Tensor, torch.Tensor]:
    """Return pictures from 0 to 1, and how much of each class there is."""
    x = torch.stack([sample.data for sample in examples.samples]).float() / 255
    hot = np.eye(len(examples.classes))[examples.labels]
    return x, torch.as_tensor(hot if examples.shares is None else examples.shares, dtype=torch.float32)


class Classifier(lightning.LightningModule):
    """A small network that asks for the samples of each epoch."""

    def __init__(self, train, augment) -> None:
        super().__init__()
        self.examples, self.augment = train, augment
        self.net = torch.nn.Sequential(
            torch.nn.Conv2d(len(train.samples[0].data), 16, 3),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.LazyLinear(len(train.classes)),
        )
        self.net(tensors(train.take([0]))[0])  # tells the last layer how many features there are

    def train_dataloader(self):
        look = self.examples if self.augment is None else self.augment(self.examples, self.current_epoch)
        return DataLoader(TensorDataset(*tensors(look)), BATCH, shuffle=True)

    def training_step(self, batch, _):
        x, y = batch
        return F.cross_entropy(self.net(x), y)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 5e-3)


class LightningTask:
    """What augreg asks of a model: fit and score."""

    repeats = False  # the same number of steps, augmented or not, so "none" is its own control

    def __init__(self, steps: int = 150) -> None:
        self.steps = steps

    def fit(self, train, augment, seed):
        lightning.seed_everything(seed, verbose=False)
        model = Classifier(train, augment)
        quiet = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
        trainer = lightning.Trainer(
            max_epochs=-1,
            max_steps=self.steps,
            reload_dataloaders_every_n_epochs=1,  # so that each epoch is drawn anew
            accelerator="cpu",
            devices=1,
            enable_model_summary=False,
            **quiet,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it would like workers for a hundred pictures in memory
            trainer.fit(model)
        return model.net.eval()

    def score(self, fitted, test):
        with torch.inference_mode():
            return {"probabilities": fitted(tensors(test)[0]).softmax(1).double().numpy()}


def main(argv=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--samples", type=int, default=None, help="of the 1,797 digits")
    chosen = parser.parse_args(argv)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)  # it greets at each training
    data = augreg.learn.digits(chosen.samples)
    found = augreg.learn.evaluate(data, PIPELINE, model=LightningTask(chosen.steps), train_size=100, seeds=chosen.seeds)
    print(found.summary)
    return found


if __name__ == "__main__":
    main()

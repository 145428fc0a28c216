"""Our own tasks: small networks in PyTorch that train in seconds on a CPU."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn

from augreg.errors import ConfigError
from augreg.learn.examples import Augment, Examples
from augreg.learn.fronts import Front

LOOKS: Final = 10
"""Looks at each sample that a training has at least."""

ENOUGH: Final = 512
"""Test samples that go through the network at once."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained network with what makes its input, and the mean loss of each look at the training samples."""

    front: Front
    model: nn.Module
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Network:
    """Trains a network for so many steps, whether samples are augmented or not: so it is its own repeat control.

    Args:
        build: makes the network: input shape and number of classes -> module.
        steps: steps of Adam; more where these would be fewer than ten looks at each sample.
        batch: samples of a step.
        rate: the largest learning rate; it falls to 0 along a cosine.

    """

    repeats: ClassVar[bool] = False

    build: Callable[[tuple[int, ...], int], nn.Module]
    steps: int = 400
    batch: int = 64
    rate: float = 2e-3

    def fit(self, train: Examples, augment: Augment | None, seed: int) -> Fitted:
        """See :meth:`augreg.learn.Task.fit`."""
        front = Front.fitted(train.samples)
        with seeded(seed):
            still = None if augment is not None else (front(train.samples), targets(train))
            x, _ = still or (front(train.samples[:1]), None)
            model = self.build(tuple(x.shape[1:]) if x.ndim < 5 else tuple(x.shape[2:]), len(train.classes))
            model = model if x.ndim < 5 else Clips(model)
            normed = any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in model.modules())
            order = torch.Generator().manual_seed(seed)
            optimizer = torch.optim.Adam(model.parameters(), self.rate)
            each = math.ceil(len(train) / self.batch)
            steps = max(self.steps, LOOKS * each)
            losses: list[list[float]] = []
            for step in range(steps):
                if step % each == 0:
                    held = still or _augmented(front, train, augment, step // each)
                    shuffled = torch.randperm(len(train), generator=order)
                    losses.append([])
                places = shuffled[step % each * self.batch :][: self.batch]
                if len(places) == 1 and len(train) > 1 and normed:
                    places = shuffled[-2:]  # one sample has no spread to be normed by
                for group in optimizer.param_groups:
                    group["lr"] = self.rate * (1 + math.cos(math.pi * step / steps)) / 2
                loss = F.cross_entropy(model(held[0][places]), held[1][places])
                if not math.isfinite(loss.item()):
                    raise ConfigError(
                        f"training diverged: the loss is {loss.item()} at step {step}. Look for samples that are not "
                        "finite (augreg clean), or for a step of the pipeline that makes such."
                    )
                optimizer.zero_grad()
                torch.autograd.backward(loss)
                optimizer.step()
                losses[-1].append(loss.item())
        return Fitted(front, model.eval(), tuple(float(np.mean(epoch)) for epoch in losses))

    def score(self, fitted: Fitted, test: Examples) -> Mapping[str, Any]:
        """See :meth:`augreg.learn.Task.score`."""
        with torch.inference_mode():
            parts = [
                fitted.model(fitted.front(test.samples[start : start + ENOUGH])).softmax(1)
                for start in range(0, len(test), ENOUGH)
            ]
        chances = torch.cat(parts).double().numpy()
        return {"probabilities": chances, "train_loss": fitted.losses[-1], "losses": fitted.losses}

    def embed(self, fitted: Fitted, samples: Sequence[Any]) -> NDArray[np.float64]:
        """Return what the last layer is given, float64 (n, d); of a single layer what it returns."""
        layers = list(fitted.model.children()) if isinstance(fitted.model, nn.Sequential) else []
        body = nn.Sequential(*layers[:-1]) if layers else fitted.model
        with torch.inference_mode():
            parts = [body(fitted.front(samples[at : at + ENOUGH])) for at in range(0, len(samples), ENOUGH)]
        return np.asarray(torch.cat(parts).double().numpy())


def _augmented(front: Front, train: Examples, augment: Augment | None, epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
    made = train if augment is None else augment(train, epoch)
    return front(made.samples), targets(made)


def targets(examples: Examples) -> torch.Tensor:
    """Return shares of classes: operations that mix samples give some of each."""
    eye = np.eye(len(examples.classes))
    shares = eye[examples.labels] if examples.shares is None else examples.shares
    return torch.from_numpy(shares.astype(np.float32))


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed what modules draw their weights from, and leave the caller's state as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch use one thread: results do not hang on the cores then, and small networks are faster so."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class Clips(nn.Module):
    """Shows a network for pictures the frames of clips, (n, frames, channels, height, width), and takes the mean."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return (n, classes)."""
        found: torch.Tensor = self.model(x.flatten(0, 1))
        return found.reshape(*x.shape[:2], -1).mean(1)


def small_cnn(shape: tuple[int, ...], classes: int) -> nn.Module:
    """Return two convolutions and two dense layers for (channels, height, width)."""
    channels, height, width = shape
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.AdaptiveMaxPool2d((min(height // 4, 8), min(width // 4, 8))),
        nn.Flatten(),
        nn.Linear(32 * min(height // 4, 8) * min(width // 4, 8), 64),
        nn.ReLU(),
        nn.Linear(64, classes),
    )


def linear(shape: tuple[int, ...], classes: int) -> nn.Module:
    """Return softmax regression over hashed words; the zeros make words that training never saw count nothing."""
    layer = nn.Linear(shape[0], classes)
    nn.init.zeros_(layer.weight)
    return layer

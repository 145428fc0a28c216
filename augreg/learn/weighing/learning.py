"""`learn_weights`: which operations, and how strong, make training lower the loss on samples that were held out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import nn
from torch.func import functional_call

from augreg.errors import ConfigError
from augreg.learn.data import Data
from augreg.learn.examples import Examples
from augreg.learn.fronts import Front
from augreg.learn.network import Network, one_thread, targets
from augreg.learn.tasks import make_task
from augreg.learn.weighing.drawing import Drawer, operation_of
from augreg.learn.weighing.network import Weigher
from augreg.learn.weighing.steps import Parameters, influence
from augreg.learn.weighing.weights import Weights, weighed

STEPS: Final = 400
BATCH: Final = 64

ROUND: Final = 50
"""Steps after which the model begins anew. A model that knows its training by heart is only made more certain by any
sample, which raises the held loss: then what teaches least weighs most. In rounds of 200 that were inverted digits."""

WARM: Final = 10
"""Steps of each round that weigh all samples alike: before them the model knows nothing that could be improved."""

OUTER: Final = 0.02
"""Learning rate of the weigher, by Adam, as the influences of a batch may be a hundred times those of another."""

AHEAD: Final = 4
"""Batches that are augmented at once, which is faster; of few samples there are several looks in them."""


def learn_weights(
    train: Examples,
    held: Examples,
    operations: Sequence[Any],
    *,
    seed: int,
    steps: int = STEPS,
    bins: int = 4,
    tell: Callable[[int, int], None] = lambda done, wanted: None,
) -> Weights:
    """Learn how much samples of each operation and strength should weigh, by gradient.

    After MetaAugment (Zhou et al., 2021, arXiv:2012.12076): a small network weighs the loss of each augmented sample by
    its operation, its strength and how the model fares on it. The model takes a step on the weighted losses of the
    training; the weigher takes one that would have made this step lower the loss on the held samples more. Operations
    need no gradient. Weights are 1 on average over each batch; means are those of the second half of the steps.

    The same arguments give the same weights.

    Args:
        train: samples to learn from, which are augmented.
        held: samples to judge by, which are not. None of them may be in ``train``, or share a group with it.
        operations: names or steps, two at least. One that sets the parameter that strengths set has no strength.
        seed: what everything random hangs on.
        steps: of the model, 50 or more.
        bins: ranges of strengths that are told apart.
        tell: called with the steps done and wanted.

    Raises:
        ConfigError: samples, operations or numbers that nothing can be learned from, or a loss that is not finite.

    >>> import augreg.learn
    >>> known = augreg.learn.digits(60).examples
    >>> found = augreg.learn.learn_weights(
    ...     known.take(range(40)), known.take(range(40, 60)), ["image.gaussian_noise", "image.hflip"], seed=0, steps=50
    ... )
    >>> [(one.operation.name, len(one.bins)) for one in found.operations]
    [('image.gaussian_noise', 4), ('image.hflip', 0)]

    """
    _check(train, held, operations, steps, bins)
    known = [operation_of(step) for step in operations]
    modality = train.samples[0].modality
    with one_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        learner = _Learner.of(train, held, len(known))
        batches = _batches(Drawer(known, modality, seed), train, learner.front, seed)
        seen = []
        for step in range(steps):
            batch = next(batches)
            if step % ROUND == 0:
                learner.begin()
            weights = learner.step(batch, warm=step % ROUND < WARM)
            if weights is not None and step >= steps // 2:
                seen.append((batch.operation.numpy(), batch.told, weights.double().numpy()))
            tell(step + 1, steps)
    drawn, levels, found = (np.concatenate(part) for part in zip(*seen, strict=True))
    return Weights(modality, seed, steps, weighed(known, drawn, levels, found, bins))


@dataclass(frozen=True, slots=True)
class _Batch:
    """Augmented samples as the model takes them; ``told`` are their strengths, NaN for none."""

    x: torch.Tensor
    y: torch.Tensor
    operation: torch.Tensor
    told: NDArray[np.float64]


def _batches(draw: Drawer, train: Examples, front: Front, seed: int) -> Iterator[_Batch]:
    order = np.random.Generator(np.random.PCG64([seed, 2]))
    looks = math.ceil(AHEAD * BATCH / len(train))
    several = train.take(np.tile(np.arange(len(train)), looks))
    keys = tuple(f"{key} {place // len(train)}" for place, key in enumerate(several.keys))
    for look in count():
        made = draw(replace(several, keys=keys), look)
        x, y = front(made.examples.samples), targets(made.examples)
        shuffled = order.permutation(len(several))
        for start in range(0, len(shuffled) - BATCH + 1, BATCH):
            places = shuffled[start : start + BATCH]
            yield _Batch(x[places], y[places], torch.from_numpy(made.operation[places]), made.level[places])


class _Learner:
    """The model, begun anew in each round, and the weigher, which goes on."""

    def __init__(self, front: Front, task: Network, held: tuple[torch.Tensor, torch.Tensor], operations: int) -> None:
        self.front, self._task, self._held = front, task, held
        self._weigher = Weigher(operations)
        self._outer = torch.optim.Adam(self._weigher.parameters(), OUTER)
        self.begin()

    @classmethod
    def of(cls, train: Examples, held: Examples, operations: int) -> _Learner:
        """Return a learner for these samples."""
        front, task = Front.fitted(train.samples), make_task(None, train.samples[0].modality)
        assert isinstance(task, Network)
        return cls(front, task, (front(held.samples), targets(held)), operations)

    def begin(self) -> None:
        """Begin with another model."""
        x, y = self._held
        self._model = self._task.build(tuple(x.shape[1:]), y.shape[1])
        self._body, self._head = halves(self._model)
        self._inner = torch.optim.Adam(self._model.parameters(), self._task.rate)

    def step(self, batch: _Batch, *, warm: bool) -> torch.Tensor | None:
        """Take a step of weigher and model; return the weights, or None where all weigh alike."""
        features = self._body(batch.x)
        losses = F.cross_entropy(self._head(features), batch.y, reduction="none")
        weights = None if warm else self._weigh(batch, features.detach())
        loss = losses.mean() if weights is None else (weights * losses).mean()
        if not math.isfinite(loss.item()):
            raise ConfigError(
                f"training diverged: the loss is {loss.item()}. Look for samples that are not finite (augreg clean), "
                "or for an operation that makes such."
            )
        self._inner.zero_grad()
        torch.autograd.backward(loss)
        self._inner.step()
        return weights

    def _weigh(self, batch: _Batch, features: torch.Tensor) -> torch.Tensor:
        """Take a step of the weigher; return the weights before it."""
        with torch.no_grad():
            chances = self._head(features).log_softmax(1)
            level = torch.from_numpy(np.nan_to_num(batch.told)).float()
            fared = -(chances * batch.y).sum(1), (chances.exp() * batch.y).sum(1)
        weights: torch.Tensor = self._weigher(batch.operation, level, *fared)
        self._outer.zero_grad()
        # The chain rule: the derivative of this mean by the weigher is that of the held loss.
        torch.autograd.backward((self._influence(features, batch.y) * weights).mean())
        self._outer.step()
        return weights.detach()

    def _influence(self, features: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        head, held_y = self._head, self._held[1]
        with torch.no_grad():
            held_features = self._body(self._held[0])

        def loss(at: Parameters, one: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            return F.cross_entropy(functional_call(head, at, (one[None],)), target[None])

        def held(at: Parameters) -> torch.Tensor:
            return F.cross_entropy(functional_call(head, at, (held_features,)), held_y)

        here = {name: value.detach() for name, value in head.named_parameters()}
        return influence(loss, held, here, (features.detach(), y)).detach()


def halves(model: nn.Module) -> tuple[nn.Module, nn.Module]:
    """Return what makes features of a sample, and the dense layers on them, which take the step that is looked at.

    The dense layers of ours hold 95 % of the parameters; through the whole network a step takes three times as long.
    """
    if not isinstance(model, nn.Sequential):
        return nn.Identity(), model
    flat = 1 + next(place for place, layer in enumerate(model) if isinstance(layer, nn.Flatten))
    return model[:flat], model[flat:]


def _check(train: Examples, held: Examples, operations: Sequence[Any], steps: int, bins: int) -> None:
    if isinstance(operations, str) or len(operations) < 2:
        raise ConfigError(f"operations={operations!r}: weights compare operations. Give two or more.")
    if steps < ROUND:
        raise ConfigError(f"steps is {steps}; give {ROUND} or more, as {STEPS} are.")
    if bins < 1:
        raise ConfigError(f"bins is {bins}; give 1 or more.")
    for said, side in (("train", train), ("held", held)):
        if not len(side):
            raise ConfigError(f"{said} has no samples. Give some of each class.")
    if train.classes != held.classes:
        raise ConfigError("train and held have other classes. Take both from one data set (Examples.take).")
    if both := set(Data(train).hashes) & set(Data(held).hashes):
        raise ConfigError(
            f"{len(both)} samples are in train and in held: what was learned by heart tells nothing of an operation. "
            "Split the data so that equal samples stay together."
        )

"""torchvision's networks as tasks, trained from scratch or from a file of weights: classifiers and detectors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Final

import torch
from torch import nn

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.detection.pictures import plain
from augreg.learn.detection.scores import as_detection, there
from augreg.learn.examples import Augment, Examples, Task
from augreg.learn.network import Network, seeded

LOOKS: Final = 10
"""Looks at each picture that a training of a detector has at least."""

MODALITIES: Final = ("image", "audio", "video")
"""Modalities that reach networks as pictures: clips do frame by frame, sounds as spectrograms."""


def of_torchvision(said: str, modality: str, *, boxed: bool) -> Task:
    """Return a network of torchvision as a task.

    Args:
        said: its name there, as in "resnet18"; "NAME@weights.pt" begins with these weights, of which those of layers
            for other classes are left out.
        modality: of the samples.
        boxed: whether their boxes are what is learned.

    Raises:
        ConfigError: torchvision is not installed, or has no such network for this.

    """
    name, _, file = said.partition("@")
    if find_spec("torchvision") is None:
        raise ConfigError(f"torchvision:{name} needs torchvision. Install it: pip install 'augreg[image]'.")
    from torchvision import models

    known = models.list_models(module=models.detection if boxed else models)
    if name not in known or (not boxed and modality not in MODALITIES):
        what = "detector" if boxed else f"classifier for {modality}"
        raise ConfigError(
            f"torchvision has no {what} {name!r}.{nearest(name, known)} It has {listing(known, 200)}."
            if boxed or modality in MODALITIES
            else f"torchvision has no {what}. Leave the model out."
        )
    if file and not Path(file).is_file():
        raise ConfigError(f"the weights {file!r} are not there. Check the path behind @ in torchvision:{said}.")
    return Vision(name, file) if boxed else Network(_Classifier(name, file), steps=300, rate=1e-3)


def _load(model: nn.Module, file: str) -> nn.Module:
    """Give a network the weights of a file, those of other shapes aside.

    Raises:
        ConfigError: it is no such file, or none of its weights fits.

    """
    if not file:
        return model
    try:
        held = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # pickle and zip raise whatever they like
        raise ConfigError(f"{file!r} is no file of weights: {error}. Give one that torch.save wrote.") from error
    state = held.get("state_dict", held) if isinstance(held, Mapping) else {}
    own = model.state_dict()
    fitting = {key: value for key, value in state.items() if key in own and own[key].shape == value.shape}
    if not fitting:
        raise ConfigError(f"none of the weights in {file!r} fits this network. Give those of the same network.")
    model.load_state_dict(fitting, strict=False)
    return model


@dataclass(frozen=True)
class _Classifier:
    """Builds a classifier of torchvision for pictures of any number of channels."""

    name: str
    file: str

    def __call__(self, shape: tuple[int, ...], classes: int) -> nn.Module:
        from torchvision import models

        model = _load(models.get_model(self.name, weights=None, num_classes=classes), self.file)
        if shape[-3] == 1:
            return _Colored(model)
        # Frames of clips come with their changes: twice the channels, which one layer mixes into three.
        return model if shape[-3] == 3 else nn.Sequential(nn.Conv2d(shape[-3], 3, 1), model)


class _Colored(nn.Module):
    """Gives gray pictures to a network for colored ones."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return what the network says of (n, 1, height, width)."""
        found: torch.Tensor = self.model(x.expand(-1, 3, -1, -1))
        return found


@dataclass(frozen=True)
class Vision:
    """A detector of torchvision: its own losses, its own sizes of pictures; as many steps with augmentation as without.

    Args:
        name: as torchvision has it.
        file: weights to begin with; "" for none.
        steps: steps of stochastic gradient descent; more where these would be fewer than ten looks at each picture.
        batch: pictures of a step.
        rate: the largest learning rate.

    """

    repeats: ClassVar[bool] = False

    name: str
    file: str = ""
    steps: int = 300
    batch: int = 4
    rate: float = 5e-3

    def fit(self, train: Examples, augment: Augment | None, seed: int) -> nn.Module:
        """See :meth:`augreg.learn.Task.fit`."""
        each = math.ceil(len(train) / self.batch)
        steps = max(self.steps, LOOKS * each)
        with seeded(seed):
            model = self._build(len(train.classes)).train()
            optimizer = torch.optim.SGD(
                [p for p in model.parameters() if p.requires_grad], self.rate, momentum=0.9, weight_decay=1e-4
            )
            order = torch.Generator().manual_seed(seed)
            for step in range(steps):
                if step % each == 0:
                    made = train if augment is None else augment(train, step // each)
                    shuffled = torch.randperm(len(train), generator=order).tolist()
                for group in optimizer.param_groups:
                    group["lr"] = (
                        self.rate * min(1, 20 * (step + 1) / steps) * (1 + math.cos(math.pi * step / steps)) / 2
                    )
                chosen = [made.samples[place] for place in shuffled[step % each * self.batch :][: self.batch]]
                losses = model(_pictures(chosen), [_target(sample) for sample in chosen])
                total = torch.stack(list(losses.values())).sum()
                if not math.isfinite(total.item()):
                    raise ConfigError(f"training diverged: the loss is {total.item()} at step {step}. Lower its rate.")
                optimizer.zero_grad()
                torch.autograd.backward(total)
                nn.utils.clip_grad_norm_(model.parameters(), 10.0)
                optimizer.step()
        return model.eval()

    def _build(self, classes: int) -> nn.Module:
        from torchvision import models

        # One more class in all of them: for some class 0 is the ground, for the others it is one that never comes.
        more: dict[str, Any] = {"weights": None, "weights_backbone": None, "num_classes": classes + 1}
        return _load(models.get_model(self.name, **more), self.file)

    def score(self, fitted: nn.Module, test: Examples) -> Mapping[str, Any]:
        """See :meth:`augreg.learn.Task.score`."""
        found: list[Mapping[str, Any]] = []
        with torch.inference_mode():
            for sample in test.samples:
                (one,) = fitted(_pictures([sample]))
                found.append(as_detection(one["boxes"].double(), one["scores"].double(), one["labels"] - 1))
        return {"detections": found}


def _pictures(samples: Sequence[Any]) -> list[torch.Tensor]:
    return [plain(sample.data, 3) for sample in samples]


def _target(sample: Any) -> dict[str, torch.Tensor]:
    known = there(sample)
    boxes = torch.from_numpy(known.boxes[~known.crowd]).float()
    labels = torch.from_numpy(known.labels[~known.crowd]) + 1  # 0 is the ground
    kept = (boxes[:, 2:] > boxes[:, :2]).all(1)
    return {"boxes": boxes[kept], "labels": labels[kept]}

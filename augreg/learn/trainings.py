"""One training: split, train, score; and its file, by which an evaluation that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from augreg.errors import AugregError, ConfigError
from augreg.learn.examples import Arm, Augmented, Examples, Task
from augreg.learn.metrics import Measured, measured
from augreg.learn.probes import Probes, Timed
from augreg.learn.splits import Splitter
from augreg.learn.tasks import make_task
from augreg.registry import default

FEW: Final = 10
"""Samples that any model can learn by heart."""

LEARNED: Final = 0.9
"""Share of these that it has to know afterwards."""

KNOWN: Final = ("accuracy", "map50")
"""Metrics that tell it."""

FORM: Final = 2
"""Goes up when trainings give other results, so that files of older ones are not used."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a training gave.

    Args:
        measured: on the test.
        probes: what was asked beside, kind -> name -> number: of ``judged`` the main metric on test samples that an
            operation has changed, "" for the same samples as they are; see :class:`augreg.learn.probes.Probes`.
        groups: group -> (how many of its test samples were recognized, how many there are).
        augmented: how many samples were augmented, and the seconds that took.
        train, test: how many samples.
        seconds: how long it took, scores included.

    """

    measured: Measured
    probes: Mapping[str, Mapping[str, float]]
    groups: Mapping[str, Sequence[int]]
    augmented: Sequence[float]
    train: int
    test: int
    seconds: float

    @property
    def main(self) -> float:
        """The number that arms are compared by."""
        return next(iter(self.measured.numbers.values()))

    @property
    def judged(self) -> Mapping[str, float]:
        """What a judge made of operations."""
        return self.probes["judged"]

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        own = {name: getattr(self, name) for name in ("probes", "groups", "augmented", "train", "test", "seconds")}
        return {"measured": self.measured.to_json(), **own}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return what :meth:`to_json` gave."""
        return cls(**{**data, "measured": Measured.from_json(data["measured"])})


@dataclass(frozen=True)
class Setup:
    """What all trainings of an evaluation share; it pickles, for workers.

    Args:
        splitter: the data and its splits.
        model: the name of a model, or a task.
        probes: what is asked of trained models.
        called: what messages and files call the model.

    """

    splitter: Splitter
    model: str | Task | None
    probes: Probes
    called: str

    @cached_property
    def task(self) -> Task:
        """The task, made where it is used."""
        if self.model is None or isinstance(self.model, str):
            data = self.splitter.data
            return make_task(self.model, data.modality, boxed=data.examples.boxed)
        return self.model

    def name(self, arm: Arm, seed: int) -> str:
        """Return a name for everything that a training hangs on."""
        splitter, steps = self.splitter, arm.steps
        split = [splitter.data.digest, splitter.test_share, splitter.train_size, splitter.leaks]
        split += [] if splitter.cleaner is None else ["cleaned"]
        # What an arm is called changes nothing: a pipeline of one step, and that step alone, are one training.
        kind = arm.kind if arm.kind in ("none", "repeat", "overfit") else ""
        held = [FORM, split, self.called, self._state(), kind, steps, seed, self.probes.for_kind(arm.kind).to_json()]
        return hashlib.sha256(json.dumps(held, sort_keys=True, default=repr).encode()).hexdigest()[:24]

    def _state(self) -> list[str]:
        """Return versions, and the settings and the source of the task."""
        import torch

        from augreg import __version__

        plugins = sorted(f"{one.plugin} {one.version}" for one in default().records)
        own = "" if type(self.task).__module__.startswith("augreg.") else _source(self.task)
        said = _plain(getattr(self.task, "__dict__", {}))
        learned = version("scikit-learn") if self.called.startswith("sklearn:") else ""
        return [__version__, torch.__version__, learned, *plugins, said, own]

    def train(self, arm: Arm, seed: int) -> Result:
        """Train and score once.

        Raises:
            AugregError: the pipeline or the task does not suit the data; the message says in which arm.

        """
        from augreg.learn.network import one_thread

        try:
            with one_thread():
                return self._train(arm, seed)
        except AugregError as error:
            raise type(error)(f"{arm.name}, seed {seed}: {error}") from error

    def _train(self, arm: Arm, seed: int) -> Result:
        began, data = time.monotonic(), self.splitter.data
        places = self.splitter.of(seed)
        train, test = (data.examples.take(side) for side in places)
        whose = None if data.groups is None else [data.groups[place] for place in places[1]]
        if arm.kind == "overfit":
            train = test = _few(train)
            whose = None
        augment = None if arm.kind in ("none", "overfit") else Timed(Augmented(arm.steps, seed))
        fitted = self.task.fit(train, augment, seed)
        found = measured(self.task.score(fitted, test), test, self.called)
        asked = self.probes.for_kind(arm.kind).ask(self.task, fitted, test, seed, self.called)
        timed = (augment.samples, augment.seconds) if augment is not None and arm.steps is not None else (0, 0.0)
        spent = time.monotonic() - began
        return Result(found, asked, _by_group(found.right, whose), timed, len(train), len(test), spent)

    def check_learns(self, result: Result) -> None:
        """Refuse a model that does not even learn ten samples by heart.

        Raises:
            ConfigError: it does not.

        """
        numbers = result.measured.numbers
        metric = next((name for name in KNOWN if name in numbers), None)
        if metric is not None and numbers[metric] < LEARNED:
            raise ConfigError(
                f"{self.called} cannot overfit {result.train} samples: trained on them without augmentation it knows "
                f"{numbers[metric]:.0%} of these same samples ({metric}), so it would learn nothing from more. Look at "
                "its learning rate, its number of steps and its input, or give another model."
            )


def _by_group(right: str, whose: Sequence[str] | None) -> dict[str, tuple[int, int]]:
    """Return group -> (recognized, there); {} where there are no groups, or no predictions."""
    found: dict[str, tuple[int, int]] = {}
    for one, group in zip(right, whose or (), strict=False):
        known, there = found.get(group, (0, 0))
        found[group] = known + (one == "1"), there + 1
    return found


def _source(task: Task) -> str:
    """Return a hash of what a task was written as: of one that was edited nothing is taken for done."""
    file = getattr(sys.modules.get(type(task).__module__), "__file__", None)
    found = hashlib.sha256(b"" if file is None else Path(file).read_bytes())
    for method in (task.fit, task.score):  # in a notebook there is no file
        code = getattr(method, "__code__", None)
        found.update(_plain(code and (code.co_code.hex(), code.co_consts, code.co_names)).encode())
    return found.hexdigest()


def _plain(value: Any) -> str:
    """Return what a value is, without addresses and line numbers, which are others in each process."""
    return re.sub(r" at 0x[0-9a-f]+|, line \d+", "", repr(value))


def _few(train: Examples) -> Examples:
    """Return the first samples of each class in turn, ten in all."""
    seen = np.zeros(len(train.classes), int)
    ranks = []
    for label in train.labels:
        ranks.append(int(seen[label]))
        seen[label] += 1
    return train.take(np.argsort(ranks, kind="stable")[:FEW])


def load(folder: Path, name: str) -> Result | None:
    """Return a training that was done before."""
    path = folder / f"{name}.json"
    try:
        return Result.from_json(json.loads(path.read_text(encoding="ascii")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path} is no file of a training ({error}). Delete it; it will be done again.") from error


def store(folder: Path, name: str, result: Result) -> None:
    """Keep a training: its file is there as a whole, or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.{os.getpid()}"
    part.write_text(json.dumps(result.to_json()), encoding="ascii")
    part.replace(folder / f"{name}.json")

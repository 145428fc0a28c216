"""One training: split, train, score; and its file, by which an evaluation that was stopped goes on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from augreg.errors import AugregError, ConfigError
from augreg.learn.examples import Arm, Augmented, Examples, Task
from augreg.learn.metrics import Measured, measured
from augreg.learn.splits import Splitter
from augreg.learn.tasks import make_task
from augreg.registry import default

JUDGED: Final = 300
"""Test samples by which operations are judged: enough for two or three points."""

FEW: Final = 10
"""Samples that any model can learn by heart."""

LEARNED: Final = 0.9
"""Share of these that it has to know afterwards."""

KNOWN: Final = ("accuracy", "map50")
"""Metrics that tell it."""

FORM: Final = 1
"""Goes up when trainings give other results, so that files of older ones are not used."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a training gave.

    Args:
        measured: on the test.
        judged: operation -> the main metric on test samples that it has changed; "" for the same samples as they are.
        train, test: how many samples.
        seconds: how long it took, scores included.

    """

    measured: Measured
    judged: Mapping[str, float]
    train: int
    test: int
    seconds: float

    @property
    def main(self) -> float:
        """The number that arms are compared by."""
        return next(iter(self.measured.numbers.values()))

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        own = {"judged": dict(self.judged), "train": self.train, "test": self.test, "seconds": self.seconds}
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
        judged: operation -> a pipeline that applies it to every sample.
        called: what messages and files call the model.

    """

    splitter: Splitter
    model: str | Task | None
    judged: Mapping[str, Mapping[str, Any]]
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
        # What an arm is called changes nothing: a pipeline of one step, and that step alone, are one training.
        kind = arm.kind if arm.kind in ("none", "repeat", "overfit") else ""
        held = [FORM, split, self.called, self._state(), kind, steps, seed, self._judged(arm)]
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

    def _judged(self, arm: Arm) -> Mapping[str, Mapping[str, Any]]:
        return self.judged if arm.kind in ("none", "trivial") else {}

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
        began, examples = time.monotonic(), self.splitter.data.examples
        train, test = (examples.take(places) for places in self.splitter.of(seed))
        if arm.kind == "overfit":
            train = test = _few(train)
        augment = None if arm.kind in ("none", "overfit") else Augmented(arm.steps, seed)
        fitted = self.task.fit(train, augment, seed)
        found = measured(self.task.score(fitted, test), test, self.called)
        judged: dict[str, float] = {}
        for name, steps in {"": None, **self._judged(arm)}.items() if self._judged(arm) else ():
            seen = Augmented(steps, seed)(test.take(range(min(JUDGED, len(test)))), 0)
            if seen.shares is None:  # of mixed samples nobody can say what a judge should see
                scored = measured(self.task.score(fitted, seen), seen, self.called)
                judged[name] = next(iter(scored.numbers.values()))
        return Result(found, judged, len(train), len(test), time.monotonic() - began)

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

"""Samples that each went through one operation, and which one of what strength that was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from augreg.errors import ConfigError
from augreg.learn.examples import Examples
from augreg.pipeline import Pipeline
from augreg.registry import default


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation as a policy may draw it.

    Args:
        name: of the augmenter.
        parameters: what the step says, without strength, weight and p.
        span: what strengths 0 and 1 become; None for what has no strength, or is configured to one.

    """

    name: str
    parameters: Mapping[str, Any]
    span: tuple[float, float] | None

    def entry(self, span: tuple[float, float] | None, weight: float | None = None) -> dict[str, Any]:
        """Return how ``operations`` of a policy names it."""
        level: dict[str, Any] = {"level": "own" if span is None else list(span)}
        return {self.name: {**self.parameters, **level, **({} if weight is None else {"weight": weight})}}

    @property
    def called(self) -> str:
        """What reports call it: parameters tell one rotation from another."""
        said = ", ".join(f"{key}={value}" for key, value in self.parameters.items())
        return f"{self.name} ({said})" if said else self.name


def operation_of(step: Any) -> Operation:
    """Return what a step applies.

    A step that sets the parameter that strengths set ("degrees" of a rotation) keeps what it says, and has no strength.

    Raises:
        ConfigError: it is no operation, but a policy or a choice of steps.

    """
    name, given = next(iter(step.items())) if isinstance(step, Mapping) and len(step) == 1 else (step, {})
    known = default()
    if not isinstance(name, str) or not isinstance(given or {}, Mapping) or name.startswith("policy."):
        raise ConfigError(f"{step!r} is no operation; give a name, or {{name: {{parameter: value}}}}.")
    parameters = dict(given or {})
    # How often an operation is drawn is what is learned here, so it is always applied where it is drawn.
    level, _ = parameters.pop("level", None), [parameters.pop(key, None) for key in ("p", "weight")]
    declared = known.load(known.resolve(name).name).declares.level
    if level == "own" or declared is None or (level is None and declared.param in parameters):
        return Operation(name, parameters, None)
    if level is None:
        level = (0.0, 1.0)
    if not isinstance(level, (list, tuple)) or len(level) != 2:
        raise ConfigError(
            f"{name}: level={level!r} is no pair of strengths to learn weights of. Give one, or leave it out."
        )
    return Operation(name, parameters, (float(level[0]), float(level[1])))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples after one operation each.

    Args:
        examples: the samples.
        operation: int64 (n,), which one.
        level: float64 (n,), how strong, from 0 to 1 within the operation's span; NaN for those without strength.

    """

    examples: Examples
    operation: NDArray[np.int64]
    level: NDArray[np.float64]


class Drawer:
    """Applies to each sample one of the operations, each as likely, of any strength; keyed by seed, look and sample."""

    def __init__(self, operations: Sequence[Operation], modality: str, seed: int) -> None:
        self._operations, self._seed = operations, seed
        self._pipes = [
            Pipeline({modality: [{"policy.trivial": {"n": 1, "operations": [one.entry(one.span)]}}]})
            for one in operations
        ]

    def __call__(self, train: Examples, look: int) -> Drawn:
        """Return the samples of a look."""
        rng = np.random.Generator(np.random.PCG64([self._seed, look]))
        which = rng.permutation(np.arange(len(train)) % len(self._operations))
        hot = np.eye(len(train.classes))[train.labels] if train.shares is None else train.shares
        samples: list[Any] = list(train.samples)
        shares, level = hot.copy(), np.full(len(train), np.nan)
        for code, pipe in enumerate(self._pipes):
            places = np.flatnonzero(which == code).tolist()
            if not places:
                continue
            # Labels go along as shares: operations that mix samples mix them.
            given = [train.samples[place].changed(label=hot[place]) for place in places]
            keys = [train.keys[place] for place in places]
            made, traces = pipe(given, seed=self._seed, epoch=look, keys=keys, return_trace=True)
            for place, sample, trace in zip(places, made, traces, strict=True):
                samples[place], shares[place] = sample.changed(label=None), np.asarray(sample.label, np.float64)
                level[place] = _level(trace, self._operations[code].span)
        return Drawn(replace(train, samples=samples, labels=shares.argmax(1), shares=shares), which, level)


def _level(trace: Any, span: tuple[float, float] | None) -> float:
    if span is None:
        return float("nan")
    # Of a sample that the operation had nothing to do on there is no strength in the trace: it was as good as 0.
    found = next((step["level"] for step in trace.steps if "level" in step), span[0])
    width = span[1] - span[0]
    return float(min(max((found - span[0]) / width, 0.0), 1.0)) if width else 0.0

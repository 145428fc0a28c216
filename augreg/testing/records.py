"""Rules: what was drawn survives JSON and repeats the augmentation; the configuration survives YAML."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import torch

from augreg.data.params import Params, plain
from augreg.engine.augment import augment
from augreg.pipeline import Pipeline, Step
from augreg.testing.check import require
from augreg.testing.compare import explain
from augreg.testing.repeatable import alone, compare
from augreg.testing.rule import Rule
from augreg.testing.subject import Subject

N: Final = 5


def params_survive_json(subject: Subject) -> None:
    """Drawn parameters are numbers, strings and lists, and come back from JSON bit for bit."""
    samples = subject.samples(N)
    for name, augmenter in subject.each():
        for trace in subject.run(augmenter, samples, trace=True)[1]:
            for step in trace.steps:
                _check_row(name, step["params"])


def _check_row(name: str, row: dict[str, Any]) -> None:
    try:
        back = json.loads(json.dumps(row, allow_nan=False))
    except (TypeError, ValueError) as error:
        found = {k: type(v).__name__ for k, v in row.items()}
        require(False, f"{name}: its parameters are no JSON ({error}): {found}; keep numbers, strings and lists.")
        return
    require(back == plain(row), f"{name}: parameters {row} come back from JSON as {back}.")
    once, again = Params.from_rows([row]), Params.from_rows([back])
    wrong = explain({k: once.row(0)[k] for k in once}, {k: again.row(0)[k] for k in again})
    require(not wrong, f"{name}: a column does not come back from JSON: {wrong}.")


def replays(subject: Subject) -> None:
    """Traces that went through JSON repeat the results bit for bit, in another order and without a seed."""
    samples = subject.samples(N)
    order = [2, 0, 4, 1, 3]
    for name, augmenter in subject.each():
        pipe = subject.pipeline(augmenter)
        results, trace = subject.run(pipe, samples, trace=True)
        stored = json.loads(json.dumps(trace.to_dicts()))
        compare(name, results, pipe.replay(samples, stored, device=subject.device), "when replayed")
        if subject.declares.labels == "mixes":
            continue
        turned = pipe.replay([samples[i] for i in order], [stored[i] for i in order], device=subject.device)
        compare(name, [results[i] for i in order], turned, "when replayed in another order", rounding=True)


def configuration_survives_yaml(subject: Subject) -> None:
    """A pipeline with the augmenter, written to YAML and read back, is equal and does the same."""
    samples = subject.samples(3)
    for name, augmenter in subject.each():
        first = Pipeline({subject.modality.name: [Step(augmenter, p=1.0)]}, registry=subject.registry)
        second = Pipeline.from_yaml(first.to_yaml(), registry=subject.registry)
        read = second.augmenters(subject.modality.name)[0].augmenter
        require(read == augmenter, f"{name}: YAML brings back {read!r}:\n{first.to_yaml()}")
        third = Pipeline.from_yaml(second.to_yaml(), registry=subject.registry)
        require(second == third, f"{name}: YAML is not stable:\n{second.to_yaml()}\n{third.to_yaml()}")
        # The step's name, on which its random numbers hang, is the class's for an instance.
        twice, thrice = (subject.run(pipe, samples) for pipe in (second, third))
        compare(name, twice, thrice, "from YAML")


def same_in_records(subject: Subject) -> None:
    """Bare data in a field of records comes out as it does in a list: a step sees no difference."""
    samples = [subject.data(sample) for sample in subject.samples(3)]
    rate = subject.wrapped(subject.samples(1)[0]).rate
    told: dict[str, Any] = {} if math.isnan(rate) or not subject.modality.rate_fields else {"sample_rate": rate}
    for name, augmenter in subject.each():
        step = [Step(augmenter, p=1.0, id="step")]
        branches = {subject.modality.name: step}
        listed = augment(
            samples, Pipeline(branches, registry=subject.registry), seed=3, keys=[0, 1, 2], device=subject.device,
            modality=subject.modality.name, **told,
        )  # fmt: skip
        pipe = Pipeline({"schema": {"field": subject.modality.name}, **branches}, registry=subject.registry)
        given = [{"id": i, "field": data} for i, data in enumerate(samples)]
        found = augment(given, pipe, seed=3, keys=[0, 1, 2], device=subject.device, **told)
        compare(name, listed, [record["field"] for record in found], "as a field of records", rounding=True)


def _bare(subject: Subject) -> bool:
    """Whether the modality takes its data without a sample around it."""
    data = subject.data(subject.modality.examples(1)[0])
    taken = isinstance(data, str) or (isinstance(data, torch.Tensor) and data.ndim in subject.modality.array_dims)
    return taken and alone(subject) and subject.declares.joint == ()


RULES: Final = (
    Rule(params_survive_json),
    Rule(replays),
    Rule(configuration_survives_yaml),
    Rule(same_in_records, _bare),
)

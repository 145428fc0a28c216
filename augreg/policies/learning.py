"""The learner: what learned policies know while a model is trained, kept in the main process."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from augreg.contract.policy import written
from augreg.errors import ConfigError, listing, nearest
from augreg.pipeline import Pipeline
from augreg.pipeline.learned import LearnedStep
from augreg.pipeline.steps import PolicyStep


@dataclass(frozen=True, slots=True)
class Probe:
    """Samples that a probe made, and how.

    Args:
        samples: what to show the model, in the form and order of what was given.
        operations: for each, which operation it went through.
        bins: for each, of which part of the strengths; None where the operation draws its own.

    """

    samples: Any
    operations: tuple[int, ...]
    bins: tuple[int | None, ...]


class Learner:
    """What the learned policies of a pipeline know, and what is observed changes.

    It belongs to the process that trains. Nothing that it learns reaches a data set or a worker by itself: the loader's
    ``set_epoch`` hands it on, see ``Loader.learner``, or ``learner.pipeline()`` is the pipeline that knows it.

    Args:
        pipe: a pipeline with policies that learn.

    Raises:
        ConfigError: none of its policies learns.

    """

    def __init__(self, pipe: Pipeline) -> None:
        self._pipe = pipe
        self._steps = pipe.learned
        if not self._steps:
            raise ConfigError(
                "none of the policies of this pipeline learns. Those that do: policy.cta, policy.adaptive."
            )
        self._states: dict[str, Mapping[str, Any]] = {name: step.state for name, step in self._steps.items()}

    def snapshot(self) -> dict[str, Any]:
        """Return what is known now, step -> state, as plain data; what is observed later leaves it alone."""
        return dict(self._states)

    def restore(self, snapshot: Mapping[str, Any]) -> None:
        """Go on from a snapshot.

        Raises:
            ConfigError: it is none of this pipeline.

        """
        made = self._pipe.with_states(snapshot)
        self._states = {name: step.state for name, step in made.learned.items()}

    def pipeline(self) -> Pipeline:
        """Return the pipeline that knows what is known now; its file holds that, too."""
        return self._pipe.with_states(self._states)

    def observe(self, *, of: str | None = None, probe: Probe | None = None, **observation: Any) -> None:
        """Take in what a model said.

        Args:
            of: which step learns from it; needed where several could.
            probe: for ``policy.cta``: what :meth:`probe` returned, with ``probabilities=``, that of the true class of
                each sample.
            observation: for ``policy.adaptive``: ``keys=`` and ``losses=``, one for each sample, and ``field=`` where a
                record has several samples.

        Raises:
            ConfigError: something is missing, unknown, of another length, or no number that it can be.

        """
        if probe is not None:
            observation = {"operations": probe.operations, "bins": probe.bins, **observation}
        step = self._step(of, frozenset(observation))
        for name in observation:
            if name not in step.policy.observes:
                valid = step.policy.observes
                raise ConfigError(f"{step.name} observes no {name!r}.{nearest(name, valid)} It does: {listing(valid)}.")
        try:
            state = step.policy.observed(self._states[step.name], **observation)
        except KeyError as error:
            raise ConfigError(f"{step.name} needs {error.args[0]}= beside {listing(observation)}.") from None
        except ConfigError as error:
            raise ConfigError(f"{step.name}: {error}") from None
        room = step.policy.state_size(step.operations)
        if len(written(state)) > room:
            raise ConfigError(f"{step.name} has learned more than the {room} bytes that it says it needs (state_size).")
        self._states[step.name] = state

    def probe(
        self,
        samples: Any,
        n: int | None = None,
        *,
        of: str | None = None,
        seed: int | None = None,
        keys: Sequence[Any] | None = None,
        **options: Any,
    ) -> Probe:
        """Apply operations at random strengths to labeled samples, to see what the model still recognizes.

        Every operation and every bin is as likely, whatever is known. The other steps of the pipeline run as they do.

        Args:
            samples: a list of samples or records.
            n: how many of them, the first ones; all by default.
            of: the step to probe, where several learn.
            seed: another one for each probe, such as the number of the training step: equal seeds probe the same.
            keys: keys of the samples; their places by default.
            options: further ones of :func:`augreg.augment` (``epoch``, ``schema``, ``modality``, ...).

        Raises:
            ConfigError: the samples are no list, the step draws nothing on some of them, or a record has several.

        """
        step = self._step(of, frozenset({"bins"}))
        if not isinstance(samples, (list, tuple)):
            raise ConfigError(f"probe takes a list of samples, not a {type(samples).__name__}.")
        chosen = list(samples)[:n]
        ids = list(range(len(chosen))) if keys is None else list(keys)[: len(chosen)]
        probing, places = self._probing(step)
        out, traces = probing(chosen, seed=seed, keys=ids, return_trace=True, **options)
        found = [_drawn(trace, step, places, i) for i, trace in enumerate(traces)]
        return Probe(out, tuple(k for k, _ in found), tuple(b for _, b in found))

    def table(self, of: str | None = None) -> list[dict[str, Any]]:
        """Return what ``policy.cta`` found: per operation the weight of each bin, from weak to strong.

        ``keeps`` is the strength up to which all bins are drawn; 0 for an operation that is never drawn.

        >>> import augreg
        >>> steps = {"operations": ["text.keyboard"], "bins": 2, "decay": 0}
        >>> learner = augreg.policies.learner(augreg.Pipeline({"text": [{"policy.cta": steps}]}))
        >>> learner.observe(operations=["text.keyboard"] * 2, bins=[0, 1], probabilities=[0.9, 0.1])
        >>> learner.table()
        [{'operation': 'text.keyboard', 'weights': [0.9, 0.1], 'keeps': 0.5}]

        """
        step = self._step(of, frozenset({"bins"}))
        state = self._states[step.name]
        rows: list[list[float]] = state["weights"]
        least = getattr(step.policy, "threshold", 0.0) * max(weight for row in rows for weight in row)
        found = []
        for operation, row in zip(state["operations"], rows, strict=True):
            kept = next((i for i, weight in enumerate(row) if weight < least), len(row))
            found.append({"operation": operation, "weights": list(row), "keeps": kept / len(row)})
        return found

    def _step(self, of: str | None, observed: frozenset[str]) -> LearnedStep:
        """Return the step that is meant: by name, or the one that observes such things."""
        if of is not None:
            if of not in self._steps:
                raise ConfigError(
                    f"no step {of!r} learns.{nearest(of, self._steps)} Those that do: {listing(self._steps)}."
                )
            return self._steps[of]
        fit = [step for step in self._steps.values() if observed & set(step.policy.observes)]
        found = fit if fit or len(self._steps) > 1 else list(self._steps.values())
        if len(found) != 1:
            which = "several steps learn from" if found else "no step learns from"
            raise ConfigError(f"{which} {listing(sorted(observed))}. Say of=, one of {listing(self._steps)}.")
        return found[0]

    def _probing(self, step: LearnedStep) -> tuple[Pipeline, dict[str, int]]:
        """Return the pipeline whose step probes, and which of its operations each label of a trace means."""
        probing = getattr(step.policy, "probing", None)
        if probing is None:
            raise ConfigError(f"{step.name} is not probed. Tell it {listing(step.policy.observes)} by observe.")
        policy = probing()

        def change(name: str, node: PolicyStep, _: Any) -> PolicyStep:
            return replace(node, policy=policy, params=None, p=1.0) if name == step.name else node

        pipe = self._pipe.with_policies(change)
        of_policy = [
            e.label
            for branch, program in pipe.programs.items()
            for e in program.executions
            if pipe.modality_of[branch] == step.modality and e.policy and isinstance(e.policy.policy, type(policy))
        ]
        # A group of random order holds all operations once per slot.
        return pipe, {label: i % len(step.operations) for i, label in enumerate(of_policy)}


def learner(pipe: Pipeline | Mapping[str, Any]) -> Learner:
    """Return what keeps what the learned policies of a pipeline know, see :class:`Learner`.

    >>> import augreg
    >>> steps = {"operations": ["text.keyboard"], "bins": 2}
    >>> augreg.policies.learner({"text": [{"policy.cta": steps}]}).snapshot()
    {'text/policy.cta': {'operations': ['text.keyboard'], 'weights': [[1.0, 1.0]]}}

    """
    return Learner(pipe if isinstance(pipe, Pipeline) else Pipeline(pipe))


def _drawn(trace: Any, step: LearnedStep, places: Mapping[str, int], i: int) -> tuple[int, int | None]:
    """Return which operation a sample went through, and in which bin its strength lies."""
    traces = list(trace.values()) if isinstance(trace, Mapping) else [trace]
    entries = [e for one in traces if one is not None and one.modality == step.modality for e in one.steps]
    found = [entry for entry in entries if entry["step"] in places]
    if len(found) == 1:
        k = places[found[0]["step"]]
        return k, _bin(found[0].get("level"), step.built.spans[k], step.policy)
    if found:
        raise ConfigError(
            f"record {i} has {len(found)} samples that passed through {step.name}, and one probability tells nothing "
            f"of each. Probe records with one {step.modality}, or samples by themselves."
        )
    raise ConfigError(
        f"sample {i} did not pass through {step.name}: it has no {step.modality}, or a group chose another step. Probe "
        "samples that do, with a pipeline whose policy always runs."
    )


def _bin(level: float | None, span: tuple[float, float] | None, policy: Any) -> int | None:
    if level is None or span is None or span[0] == span[1]:
        return None
    bins: int = policy.bins
    return min(max(math.floor((level - span[0]) / (span[1] - span[0]) * bins), 0), bins - 1)

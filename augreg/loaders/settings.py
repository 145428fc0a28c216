"""What everything that augments in a loader holds: pipeline, seed, options of `augment`, epoch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from augreg.engine.augment import augment, seed_of
from augreg.engine.bare import Bare
from augreg.errors import ConfigError, listing, nearest
from augreg.loaders.epochs import SharedEpoch, checked_epoch
from augreg.loaders.repeats import Repeat
from augreg.loaders.states import SharedStates, in_worker
from augreg.modalities.base import Hints
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps
from augreg.pipeline.schema import parse_schema
from augreg.policies.learning import Learner

SET_HERE: Final = ("samples", "pipeline", "seed", "epoch", "keys", "lengths", "return_trace")
"""Arguments of ``augment`` that loaders set, or that differ between batches; no trace fits in a collated one."""


class Settings(SharedEpoch):
    """Pipeline, seed, options and epoch. It pickles, and holds no random state."""

    name: str
    """What the user called, for messages."""

    def __init__(self, pipeline: Pipeline | Steps, seed: int | None, options: dict[str, Any]) -> None:
        super().__init__()
        valid = [name for name in inspect.signature(augment).parameters if name not in SET_HERE]
        if not options.keys() <= set(valid):
            mine = inspect.signature(type(self)).parameters.values()
            valid = list(dict.fromkeys([*(own.name for own in mine if own.kind is own.KEYWORD_ONLY), *valid]))
        for name in options:
            if name not in valid:
                hint = nearest(name, valid)
                raise ConfigError(f"{self.name} has no option {name!r}.{hint} Options: {listing(valid, 99)}.")
        made = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        self.seed = None if seed is None else seed_of(seed)
        self.options = options
        self.bare_options = options.keys() <= {"modality", "sample_rate"}
        """Whether single samples need nothing that only :func:`augreg.augment` does."""
        self._states = SharedStates.of(made)
        self._version = 0
        self._learner: Learner | None = None
        self._snapshot_of: int | None = None
        """The epoch for which the states were taken that are in use."""
        self._use(made)

    def _use(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self._bare: Bare | None = None
        # Put together once, so that a call of one sample has nothing left to do but this.
        self._augment: Callable[..., Any] = partial(augment, pipeline=pipeline, seed=self.seed, **self.options)

    @property
    def learner(self) -> Learner:
        """What its learned policies know: tell it losses or probabilities by ``learner.observe(...)``.

        ``set_epoch`` with another epoch than before hands what it knows to all workers; until then nothing changes.

        Raises:
            ConfigError: none of the policies learns; or this is a worker, from where nothing comes back.

        """
        if in_worker():
            raise ConfigError("what a worker observes reaches nobody. Observe in the process that trains.")
        if self._learner is None:
            self._learner = Learner(self.pipeline)
        return self._learner

    def set_epoch(self, epoch: int) -> None:
        """Draw anew for another epoch, with what learned policies know by now; reaches running workers too.

        Raises:
            ConfigError: no integer, or one of more than 64 bits.

        """
        number = checked_epoch(epoch)
        if self._states is not None and number != self._snapshot_of and not in_worker():
            if self._learner is not None:
                self._publish(self._learner.snapshot())
            self._snapshot_of = number
        super().set_epoch(number)

    def _publish(self, states: Mapping[str, Any]) -> None:
        if self._states is not None:
            self._use(self.pipeline.with_states(states))
            self._version = self._states.publish(states)

    def _follow(self) -> None:
        """Take over what learned policies know, if that was changed: in a worker that runs already."""
        if self._states is not None and self._states.version != self._version:
            self._version, states = self._states.read()
            self._use(self.pipeline.with_states(states))

    def samples_of(self, schema: Any) -> dict[str, str]:
        """Return field -> modality as a schema says it, or that of the pipeline where there is none."""
        known = self.pipeline.known
        return dict(parse_schema(schema, known).samples if schema else self.pipeline.roles.samples)

    def bare(self, sample: Any, key: Any) -> Any:
        """Augment one sample that says by its type what it is; OTHERWISE if it needs more than that."""
        if self._bare is None:
            self._bare = Bare(self.pipeline, Hints(self.options.get("modality"), self.options.get("sample_rate")))
        copy = 0
        if type(key) is Repeat:
            key, copy = int(key), key.copy
        if self.seed is None and key is None:
            key = 0
        return self._bare(
            sample, key, (seed_of(None) if self.seed is None else self.seed, int(self._epoch.item()), copy)
        )

    def __getstate__(self) -> dict[str, Any]:
        # What was learned in calls is left out: a fingerprint, as Hugging Face makes one, must not hang on use.
        return {**super().__getstate__(), "_bare": None, "_learner": None}

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint needs, as JSON holds it: the epoch, and the seed as a check.

        Where policies learn, also what they know: ``used``, that of the epoch, and ``learned`` since. Nothing else
        changes in a run.
        """
        state: dict[str, Any] = {"epoch": self.epoch, "seed": self.seed}
        if self._states is not None:
            used = {name: dict(step.state) for name, step in self.pipeline.learned.items()}
            learned = used if self._learner is None else self._learner.snapshot()
            state["policies"] = {"epoch": self._snapshot_of, "used": used, "learned": learned}
        return state

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on in the epoch of a checkpoint.

        Raises:
            ConfigError: it is no such state, or that of another seed or of other policies.

        """
        wanted = {"epoch", "seed"} | ({"policies"} if self._states is not None else set())
        if not isinstance(state, Mapping) or set(state) != wanted:
            raise ConfigError(f"{state!r} is no state of {self.name}. Give what its state_dict() returned.")
        epoch = checked_epoch(state["epoch"])
        if state["seed"] != self.seed:
            raise ConfigError(
                f"the state was saved with seed={state['seed']!r}, and {self.name} has seed={self.seed!r}: the run "
                f"would go on with other random numbers. Build it with seed={state['seed']!r}."
            )
        if self._states is not None:
            self._load_policies(state["policies"])
        self.set_epoch(epoch)

    def _load_policies(self, known: Any) -> None:
        if not isinstance(known, Mapping) or set(known) != {"epoch", "used", "learned"}:
            raise ConfigError(f"policies={known!r} is no state of {self.name}. Give what its state_dict() returned.")
        self.learner.restore(known["learned"])
        self._publish(known["used"])
        self._snapshot_of = known["epoch"]

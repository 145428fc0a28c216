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
from augreg.modalities.base import Hints
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps
from augreg.pipeline.schema import parse_schema

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
        self.pipeline = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        self.seed = None if seed is None else seed_of(seed)
        self.options = options
        self._bare: Bare | None = None
        self.bare_options = options.keys() <= {"modality", "sample_rate"}
        """Whether single samples need nothing that only :func:`augreg.augment` does."""
        # Put together once, so that a call of one sample has nothing left to do but this.
        self._augment: Callable[..., Any] = partial(augment, pipeline=self.pipeline, seed=self.seed, **options)

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
        return {**super().__getstate__(), "_bare": None}

    def state_dict(self) -> dict[str, int | None]:
        """Return what a checkpoint needs: the epoch, and the seed as a check. Nothing else changes in a run."""
        return {"epoch": self.epoch, "seed": self.seed}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on in the epoch of a checkpoint.

        Raises:
            ConfigError: it is no such state, or that of another seed.

        """
        if not isinstance(state, Mapping) or set(state) != {"epoch", "seed"}:
            raise ConfigError(f"{state!r} is no state of {self.name}. Give what its state_dict() returned.")
        epoch = checked_epoch(state["epoch"])
        if state["seed"] != self.seed:
            raise ConfigError(
                f"the state was saved with seed={state['seed']!r}, and {self.name} has seed={self.seed!r}: the run "
                f"would go on with other random numbers. Build it with seed={state['seed']!r}."
            )
        self.set_epoch(epoch)

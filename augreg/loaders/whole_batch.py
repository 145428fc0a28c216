"""Batches that are collated already, as a tuple of stacks or a mapping of fields: augmented, and given back so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from augreg.errors import ConfigError
from augreg.intake.keys import KEY_FIELDS
from augreg.loaders.bind import Bound
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

KeyIn = str | int | Callable[[Any], Any] | None


class WholeBatch:
    """Augments collated batches.

    Args:
        name: what the user called, for messages.
        pipeline, seed, schema, options: as :class:`augreg.Bound` takes them.
        key: where a batch holds its keys: a field, a position, a function of the batch.

    """

    def __init__(
        self,
        name: str,
        pipeline: Pipeline | Steps,
        seed: int | None,
        key: KeyIn,
        schema: Mapping[str, Any] | None,
        options: Mapping[str, Any],
    ) -> None:
        if not (key is None or callable(key) or (isinstance(key, (str, int)) and not isinstance(key, bool))):
            raise ConfigError(f"key={key!r} is no field, no position and no function. Give e.g. key='id', or key=2.")
        made = pipeline if isinstance(pipeline, Pipeline) else Pipeline(pipeline)
        self.name, self.key, self.seed = name, key, seed
        self.said = schema is not None or bool(made.roles.samples)
        self.bound = _Named(made, name, seed=seed, schema=schema, form="columns", **options)

    def __call__(self, batch: Any) -> Any:
        """Return a batch, augmented, in the same kind of container."""
        keys = self._keys(batch)
        if isinstance(batch, Mapping):
            return self.bound(batch, key=keys)
        if not isinstance(batch, (tuple, list)):
            return self.augmented((batch,), keys)[0]
        made = self.augmented(batch, keys)
        return type(batch)(*made) if hasattr(batch, "_fields") else type(batch)(made)

    def augmented(self, batch: Any, keys: list[Any] | None) -> list[Any]:
        """Return the parts of a tuple, augmented by keys."""
        fields = {str(place): value for place, value in enumerate(batch)}
        if self.said:
            out = self.bound(fields, key=keys)
        else:  # by the same Bound, whose epoch and learned policies are those of every batch
            self.bound._follow()
            out = self.bound._augment(fields, epoch=self.bound.epoch, keys=keys, schema=self._schema(batch))
        return [out[name] for name in fields]

    def _schema(self, batch: Any) -> dict[str, str]:
        """Return what a tuple is of which nothing was said: a sample, its label, and what else there is."""
        found = self.bound.pipeline.modalities
        if len(found) != 1:
            raise ConfigError(
                f"{self.name}: the batch is a tuple, and the pipeline has steps for several modalities. Say what is "
                "what, by position: schema={'0': 'image', '1': 'text'}."
            )
        labelled = len(batch) > 1 and getattr(batch[1], "ndim", 9) <= 2  # a number, or a row of them, per sample
        return {"0": found[0], **({"1": "label of 0"} if labelled else {})}

    def _keys(self, batch: Any) -> Any:
        """Return the keys of a batch as a list; None where it brings its own, or nobody needs them."""
        if callable(self.key):
            return _listed(self.key(batch))
        if self.key is not None:
            fields = batch if isinstance(batch, (Mapping, tuple, list)) else (batch,)
            try:
                return _listed(fields[self.key])  # type: ignore[index]
            except (KeyError, IndexError, TypeError):
                raise ConfigError(f"key={self.key!r}: the batch has {_held(batch)}.") from None
        if self.seed is None or (isinstance(batch, Mapping) and any(name in batch for name in KEY_FIELDS)):
            return None
        raise ConfigError(
            f"{self.name} has a seed, and no key says which sample is which: the batch has {_held(batch)}. Let the "
            "data set return an id with each item, and say where it is, e.g. key=2 for (image, label, id) or a field "
            "'id'; or leave seed out: torch's generator decides then."
        )


class _Named(Bound):
    """A Bound that is called otherwise in messages."""

    def __init__(self, pipeline: Pipeline, name: str, **options: Any) -> None:
        self.name = name
        super().__init__(pipeline, **options)


def _listed(keys: Any) -> list[Any]:
    return keys.tolist() if hasattr(keys, "tolist") else list(keys)


def _held(batch: Any) -> str:
    if isinstance(batch, Mapping):
        return f"the fields {', '.join(map(repr, batch))}"
    return f"{len(batch)} parts" if isinstance(batch, (tuple, list)) else f"no parts, it is a {type(batch).__name__}"

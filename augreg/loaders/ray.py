"""`augreg.ray`: a class for Ray's data sets. It needs nothing of Ray, which calls it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from augreg.engine.augment import augment, seed_of
from augreg.errors import (
    AugregError,
    ConfigError,
    ContractError,
    MediaError,
    PluginLoadError,
    SampleError,
    UnsupportedError,
    listing,
    nearest,
)
from augreg.intake.keys import plain_key
from augreg.loaders.epochs import checked_epoch
from augreg.loaders.mixing import refuse_mixing
from augreg.loaders.ray_columns import check_readable, column_of
from augreg.pipeline import Pipeline
from augreg.pipeline.schema import parse_schema

__all__ = ["Augment"]

FATAL: Final = (ConfigError, ContractError, PluginLoadError, ImportError, NameError, SyntaxError, OSError)
"""Errors that are not about one row: every other one would fail likewise."""


class Augment:
    """A callable class for ``map_batches`` of a ``ray.data.Dataset``: rows are augmented by their ids.

    A row's result depends on its id, the seed, the epoch and the copy, not on the batch: Ray cuts batches as blocks
    come, and does them again on another machine when one is lost. Workers get the configuration, never objects::

        ds.map_batches(
            augreg.ray.Augment,
            fn_constructor_kwargs={
                "pipeline": {"image": ["image.hflip"]}, "seed": 7, "key": "id", "schema": {"image": "image"},
            },
            batch_size=64,
            compute=ray.data.ActorPoolStrategy(size=8),
        )

    A row that fails does not fail its block, which Ray would drop or try again: its data stays as it is, and the
    column ``error`` says why, as "E_SAMPLE: reason" with the codes of ``manifest.jsonl``; it is "" for all others.

    Args:
        pipeline: a configuration as a dict, such as ``Pipeline.to_dict()`` returns.
        seed: with equal seed, epoch, copy and id a row gets the same augmentation everywhere.
        key: the column of ids, strings or integers.
        schema: column -> what it is, see :func:`augreg.augment`: ``{"image": "image", "boxes": "xyxy boxes"}``.
            Default: what the pipeline's own schema says.
        epoch, copy: further parts of the random numbers' key.
        device: where to compute, "cpu" or "cuda"; see :func:`augreg.augment`.
        error: name of the column of errors.

    Columns are as Ray has them in its batches of numpy arrays: pictures (N, H, W, C) uint8, or an object array of
    arrays (H, W, C) where sizes differ; texts as an array of str; waveforms (C, T) float32 likewise, with a column
    ``sample_rate`` in Hz. The same kinds come back, under the same names.

    Raises:
        ConfigError: the pipeline is no plain data or mixes rows (mixup), whose result would hang on the batch; when
            called: a column is not there, or holds what cannot be read, such as encoded files or dictionaries.

    >>> import augreg, numpy as np
    >>> rows = augreg.ray.Augment({"text": [{"text.char_case": {"rate": 1}}]}, seed=7, schema={"caption": "text"})
    >>> out = rows({"id": np.array([3, 4]), "caption": np.array(["a cat", None], dtype=object)})
    >>> out["caption"].tolist()
    ['A CAT', None]
    >>> out["error"].tolist()
    ['', "E_SAMPLE: column 'caption' is empty here."]

    """

    def __init__(
        self,
        pipeline: Mapping[str, Any],
        *,
        seed: int,
        key: str = "id",
        schema: Mapping[str, Any] | None = None,
        epoch: int = 0,
        copy: int = 0,
        device: str | None = None,
        error: str = "error",
    ) -> None:
        self.pipeline = Pipeline.from_dict(_plain(pipeline))
        refuse_mixing(
            self.pipeline,
            "what Ray puts into a batch changes from run to run. Mix in the training loop: augreg.collate.",
        )
        self.key, self.error = key, error
        known = self.pipeline.known
        self.samples = dict(parse_schema(schema, known).samples if schema else self.pipeline.roles.samples)
        if not self.samples:
            raise ConfigError('schema is missing: say what the columns are, e.g. schema={"image": "image"}.')
        options = {} if schema is None else {"schema": schema}
        self._options: dict[str, Any] = {
            **options,
            "seed": seed_of(seed),
            "epoch": checked_epoch(epoch),
            "copy": copy,
            "device": device,
        }

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Augment the rows of one batch, a dict of numpy arrays; return the same columns, and that of errors."""
        self._check(batch)
        count = len(batch[self.key])
        rows = [{name: column[i] for name, column in batch.items()} for i in range(count)]
        errors = [self._fault(row) for row in rows]
        sound = [i for i, fault in enumerate(errors) if not fault]
        results: list[Mapping[str, Any]] = list(rows)
        for i, found in zip(sound, self._augmented([rows[i] for i in sound]), strict=True):
            if isinstance(found, str):
                errors[i] = found
            else:
                results[i] = found
        columns = {
            name: column_of(column, [row[name] for row in rows], [row[name] for row in results])
            for name, column in batch.items()
        }
        said = np.empty(count, dtype=object)
        said[:] = errors
        return {**columns, self.error: said}

    def _check(self, batch: Mapping[str, Any]) -> None:
        """Refuse what cannot be read, by name."""
        if not isinstance(batch, Mapping):
            raise ConfigError(
                f"a batch is a {type(batch).__name__}, and augreg.ray.Augment reads dicts of numpy arrays. "
                'Leave batch_format out, or say batch_format="numpy".'
            )
        for name in (self.key, *(name.partition(".")[0] for name in self.samples)):
            if name not in batch:
                raise ConfigError(f"there is no column {name!r}.{nearest(name, batch)} Columns: {listing(batch)}.")
        if self.error in batch:
            raise ConfigError(
                f"there is a column {self.error!r} already. Name another one for errors, e.g. error='augreg_error'."
            )
        for name, modality in self.samples.items():
            if name in batch:
                check_readable(name, modality, batch, self.pipeline.known[modality].rate_fields)

    def _fault(self, row: Mapping[str, Any]) -> str:
        """Return why a row cannot even be tried, "" if it can."""
        for name in self.samples:
            if name in row and row[name] is None:
                return f"E_SAMPLE: column {name!r} is empty here."
        try:
            plain_key(row[self.key])
        except SampleError as error:
            return f"E_SAMPLE: {error}"
        return ""

    def _augmented(self, rows: Sequence[dict[str, Any]]) -> list[Mapping[str, Any] | str]:
        """Return each row's result, or why it has none; when the batch fails, every row is tried alone."""
        if not rows:
            return []
        keys = [plain_key(row[self.key]) for row in rows]
        try:
            found: list[Mapping[str, Any] | str] = augment(list(rows), self.pipeline, keys=keys, **self._options)
        except Exception as error:
            if isinstance(error, FATAL) and not isinstance(error, MediaError):
                raise
            if len(rows) == 1:
                return [_said(error)]
            return [result for row in rows for result in self._augmented([row])]
        return found


def _said(error: Exception) -> str:
    """Return what went wrong with one row, as the manifest of a job says it of a file."""
    if isinstance(error, MediaError):
        return f"{error.code}: {error.reason}"
    if isinstance(error, UnsupportedError):
        return f"E_UNSUPPORTED: {error}"
    if isinstance(error, AugregError):
        return f"E_SAMPLE: {error}"
    return f"E_MEMORY: {error}" if isinstance(error, MemoryError) else f"E_STEP: {type(error).__name__}: {error}"


def _plain(pipeline: Any) -> Any:
    """Return a configuration if it is plain data."""
    if isinstance(pipeline, Pipeline):
        raise ConfigError("pipeline is a Pipeline, and would be pickled. Give its configuration: pipeline.to_dict().")
    try:
        json.dumps(pipeline)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"pipeline is no plain data: {error}. Give names and numbers, as in a file.") from None
    return pipeline

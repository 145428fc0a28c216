"""An augmenter that is called with samples: the pipeline of that one step, built once and kept beside the augmenter."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg.contract.augmenter import Augmenter
from augreg.errors import UnsupportedError
from augreg.pipeline.parse import RECORD
from augreg.pipeline.pipeline import Pipeline
from augreg.pipeline.sorting import is_joint
from augreg.pipeline.steps import Step
from augreg.registry import default

KEPT: Final = 128
"""So many augmenters keep their pipelines: more than a program calls by hand, and few enough to hold for good."""

_pipelines: Final[OrderedDict[int, tuple[Augmenter, Pipeline]]] = OrderedDict()
"""By identity, the last used last. An entry holds its augmenter, so that no other can have its identity meanwhile."""
_lock: Final = threading.Lock()


def call(augmenter: Augmenter, samples: Any, *targets: Any, **options: Any) -> Any:
    """Run an augmenter on samples: see :meth:`augreg.contract.augmenter.AugmenterBase.__call__`."""
    pipe = pipeline_of(augmenter)
    stated = options.get("modality")
    kinds = {stated} if isinstance(stated, str) and stated in pipe.known.names else set(_kinds(samples, pipe))
    _check(augmenter, kinds, pipe, plain=_plain(samples, pipe))
    if stated is None and len(pipe.modalities) == 1 and _bare(samples):
        options["modality"] = pipe.modalities[0]
    return pipe(samples, *targets, **options)


def _check(augmenter: Augmenter, kinds: set[str], pipe: Pipeline, *, plain: bool) -> None:
    """Refuse samples that would pass as if they had been augmented; fields of records may pass beside others."""
    wrong = sorted(kinds.difference(pipe.modalities))
    if wrong and (plain or kinds.isdisjoint(pipe.modalities)):
        raise UnsupportedError(
            f"{_name(augmenter)} takes {' and '.join(pipe.modalities)}, and among what it was called with is "
            f"{' and '.join(wrong)}. Run: augreg list --modality {wrong[0]}"
        )
    if RECORD in pipe.branches and kinds and plain:
        raise UnsupportedError(
            f"{_name(augmenter)} works on {' and '.join(pipe.modalities)} of one record, and what it was called with "
            "is no record. Pass a dict with these fields."
        )


def _name(augmenter: Augmenter) -> str:
    spec = default().spec_of(type(augmenter))
    return type(augmenter).__name__ if spec is None else spec.name


def _bare(samples: Any) -> bool:
    """Whether these are arrays that do not say what they are: the augmenter says it, if it takes one modality."""
    listed = samples if isinstance(samples, list) and samples else [samples]
    return all(type(each) in (torch.Tensor, np.ndarray) for each in listed)


def _plain(samples: Any, pipe: Pipeline) -> bool:
    """Whether these are samples, and not records."""
    inner = samples if isinstance(samples, list) else [samples]
    return all(_bare(each) or pipe.known.owner(each) is not None for each in inner)


def pipeline_of(augmenter: Augmenter) -> Pipeline:
    """Return the pipeline in which an augmenter is the only step, and always applied.

    Raises:
        ConfigError: the augmenter is not registered, and does not say itself which modality it takes.

    """
    with _lock:
        found = _pipelines.get(id(augmenter))
        if found is not None:
            _pipelines.move_to_end(id(augmenter))
            return found[1]
    pipe = _built(augmenter)
    with _lock:
        _pipelines[id(augmenter)] = augmenter, pipe
        if len(_pipelines) > KEPT:
            _pipelines.popitem(last=False)
    return pipe


def _built(augmenter: Augmenter) -> Pipeline:
    step, spec = Step(augmenter, p=1.0), default().spec_of(type(augmenter))
    takes = getattr(augmenter, "takes_modalities", None) if spec is None else spec.modalities
    if takes is None or is_joint(type(augmenter)):
        return Pipeline(step)
    return Pipeline({modality: [step] for modality in takes})


def _kinds(samples: Any, pipe: Pipeline) -> Iterator[str]:
    """Yield the modalities of what says by itself what it is."""
    owner = pipe.known.owner(samples)
    if owner is not None:
        yield owner.name
        return
    inner = samples.values() if isinstance(samples, Mapping) else samples if isinstance(samples, (list, tuple)) else ()
    for value in inner:
        yield from _kinds(value, pipe)

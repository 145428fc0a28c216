"""Which tasks and models there are, by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.examples import Task

TASKS: Final[Mapping[str, str]] = {
    "image-classification": "image",
    "text-classification": "text",
    "audio-classification": "audio",
}
"""Task -> the modality of its samples."""

MODELS: Final[Mapping[str, str]] = {"small-cnn": "image and audio", "linear": "text"}
"""Model of ours -> what it is for."""


def check_task(task: str | None, modality: str) -> None:
    """Refuse a task that does not fit the data.

    Raises:
        ConfigError: there is no such task, or the data is of another modality.

    """
    if task is None:
        return
    if task not in TASKS:
        raise ConfigError(
            f"task {task!r} is unknown.{nearest(task, TASKS)} Tasks: {listing(TASKS)}. A task of your own is a model: "
            "model='mymodule:MyTask'."
        )
    if TASKS[task] != modality:
        raise ConfigError(f"task {task!r} is for {TASKS[task]}, and the data is {modality}. Leave the task out.")


def called(model: str | Task | None, modality: str) -> str:
    """Return what messages and files call a model."""
    if isinstance(model, str):
        return model
    if model is None:
        return "linear" if modality == "text" else "small-cnn"
    return f"{type(model).__module__}.{type(model).__qualname__}"


def make_task(model: str | None, modality: str) -> Task:
    """Return a task by the name of its model.

    Args:
        model: one of :data:`MODELS`, "sklearn:NAME", "module:Class"; None for ours of this modality.
        modality: of the samples.

    Raises:
        ConfigError: there is no such model.

    """
    if model is None:
        model = "linear" if modality == "text" else "small-cnn"
    kind, colon, name = model.partition(":")
    if kind == "sklearn" and colon:
        from augreg.learn.estimator import Estimator

        return Estimator(name)
    if colon:
        return _own(model, kind, name)
    if model not in MODELS:
        raise ConfigError(
            f"model {model!r} is unknown.{nearest(model, MODELS)} Models: {listing(MODELS)}, sklearn:NAME as in "
            "sklearn:SVC, or module:Class of your own."
        )
    if (model == "linear") != (modality == "text"):
        raise ConfigError(f"model {model!r} is for {MODELS[model]}, and the data is {modality}. Leave the model out.")
    from augreg.learn.network import Network, linear, small_cnn

    # Regression over thousands of words learns little from each step.
    return Network(linear, steps=400, rate=5e-2) if model == "linear" else Network(small_cnn)


def _own(model: str, module: str, name: str) -> Task:
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"model {model!r} cannot be imported: {error}. Check the name and PYTHONPATH.") from error
    task = found() if isinstance(found, type) else found
    if missing := [method for method in ("fit", "score") if not callable(getattr(task, method, None))]:
        raise ConfigError(
            f"model {model!r} has no method {missing[0]}. A task has fit(train, augment, seed) and score(fitted, test)."
        )
    return task  # type: ignore[no-any-return]  # it has both methods

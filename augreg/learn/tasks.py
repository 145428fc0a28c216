"""Which tasks and models there are, by name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.learn.examples import Task
from augreg.learn.records import RECORD

BOXES: Final = "boxes"
"""What pictures are called here where their boxes are what is learned."""

TASKS: Final[Mapping[str, str]] = {
    "image-classification": "image",
    "object-detection": BOXES,
    "text-classification": "text",
    "audio-classification": "audio",
    "video-classification": "video",
}
"""Task -> what it is for: a modality, or boxes."""

MODELS: Final[Mapping[str, tuple[str, ...]]] = {
    "small-cnn": ("image", "audio", "video"),
    "resnet18": ("image", "audio", "video"),
    "heatmap": (BOXES,),
    "linear": ("text",),
}
"""Model of ours -> what it is for, the first model for something being the usual one."""


def check_task(task: str | None, modality: str, *, boxed: bool = False) -> None:
    """Refuse a task that does not fit the data.

    Raises:
        ConfigError: there is no such task, or the data is of another modality, or has or lacks boxes.

    """
    if task is None:
        return
    if task not in TASKS:
        raise ConfigError(
            f"task {task!r} is unknown.{nearest(task, TASKS)} Tasks: {listing(TASKS)}. A task of your own is a model: "
            "model='mymodule:MyTask'."
        )
    there = _kind(modality, boxed=boxed)
    if TASKS[task] == BOXES and modality == "image" and there != BOXES:
        raise ConfigError(
            f"task {task!r} is for pictures with boxes, and the data has classes. Read it with its labels "
            "(labels='auto', --labels), or give Data.of samples with boxes and no labels."
        )
    if TASKS[task] != there:
        raise ConfigError(f"task {task!r} is for {TASKS[task]}, and the data is {there}. Leave the task out.")


def _kind(modality: str, *, boxed: bool) -> str:
    return BOXES if boxed else modality


def model_name(model: str | Task | None, modality: str, *, boxed: bool = False) -> str:
    """Return what messages and files call a model."""
    if isinstance(model, str):
        return model
    if model is None:
        kind = _kind(modality, boxed=boxed)
        # Where nothing is for it, small-cnn says so itself, with what it takes.
        return next((name for name, kinds in MODELS.items() if kind in kinds), "small-cnn")
    return f"{type(model).__module__}.{type(model).__qualname__}"


def make_task(model: str | None, modality: str, *, boxed: bool = False) -> Task:
    """Return a task by the name of its model.

    Args:
        model: one of :data:`MODELS`, "sklearn:NAME", "torchvision:NAME", "module:Class"; None for ours.
        modality: of the samples.
        boxed: whether their boxes are what is learned.

    Raises:
        ConfigError: there is no such model, or it is for something else.

    """
    chosen = model_name(model, modality, boxed=boxed)
    kind, colon, name = chosen.partition(":")
    if kind == "sklearn" and colon:
        from augreg.learn.estimator import Estimator

        if boxed:
            raise ConfigError(f"model {chosen!r} tells classes, and the data has boxes to be found. Leave it out.")
        return Estimator(name)
    if kind == "torchvision" and colon:
        from augreg.learn.vision import of_torchvision

        return of_torchvision(name, modality, boxed=boxed)
    if colon:
        return _own(chosen, kind, name)
    if chosen not in MODELS:
        raise ConfigError(
            f"model {chosen!r} is unknown.{nearest(chosen, MODELS)} Models: {listing(MODELS)}, sklearn:NAME as in "
            "sklearn:SVC, torchvision:NAME as in torchvision:mobilenet_v3_small, or module:Class of your own."
        )
    there = _kind(modality, boxed=boxed)
    if there == RECORD:
        raise ConfigError(
            "there is no model of ours for records. Give one of your own, as in model='mymodule:MyTask' (--model): it "
            "has fit(train, augment, seed) and score(fitted, test)."
        )
    if there not in MODELS[chosen] and (model is not None or there in TASKS.values()):
        suited = listing([name for name, kinds in MODELS.items() if there in kinds]) or "one of your own, module:Class"
        raise ConfigError(
            f"model {chosen!r} is for {listing(MODELS[chosen])}, and the data is {there}. Leave the model out, or give "
            f"{suited}."
        )
    return _ours(chosen)


def _ours(name: str) -> Task:
    if name == "heatmap":
        from augreg.learn.detection.network import Heatmap

        return Heatmap()
    if name == "resnet18":
        from augreg.learn.vision import of_torchvision

        return of_torchvision(name, "image", boxed=False)
    from augreg.learn.network import Network, linear, small_cnn

    # Regression over thousands of words learns little from each step.
    return Network(linear, steps=400, rate=5e-2) if name == "linear" else Network(small_cnn)


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

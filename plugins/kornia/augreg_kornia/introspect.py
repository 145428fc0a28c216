"""Writes index.json from the installed kornia: ``python -m augreg_kornia.introspect``.

Parameters come from signatures. What no signature tells is measured on small pictures: which numbers of channels a
transform takes, whether it draws, and whether it keeps the shape. The rest stands in `facts`.
"""

from __future__ import annotations

import functools
import inspect
import json
import operator
import types
import typing
import warnings
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import kornia.augmentation as peer
import numpy as np
import torch
from kornia.augmentation.auto import AutoAugment, RandAugment, TrivialAugment
from kornia.augmentation.base import _BasicAugmentationBase
from kornia.augmentation.container.base import SequentialBase

from augreg.adapters import parameter, words_of, write
from augreg_kornia import facts, run

PEER: Final = {
    "name": "kornia",
    "module": "kornia.augmentation",
    "distribution": "kornia",
    "version": version("kornia"),
    "license": "Apache-2.0",
    "install": "kornia>=0.9,<1",
    "others": {},
}
_CHANNELS: Final = (1, 2, 3, 4, 5, 6, 8, 130)
_SEEDS: Final = (5, 6, 8)


def transforms() -> dict[str, type[Any]]:
    """Return the transforms of the installed kornia, by name, those that are left out too."""
    policies = {kind.__name__: kind for kind in (AutoAugment, RandAugment, TrivialAugment)}
    found = {name: getattr(peer, name) for name in dir(peer)}
    kinds = {n: c for n, c in found.items() if inspect.isclass(c) and issubclass(c, torch.nn.Module)}
    bases = (_BasicAugmentationBase, SequentialBase)
    groups = {n: c for n, c in kinds.items() if "Dispather" in n}
    return policies | groups | {n: c for n, c in kinds.items() if issubclass(c, bases) and "Base" not in n}


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    return {name: _entry(name, cls) for name, cls in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    return {
        "modality": "image",
        "summary": f"{words_of(name)}, by {name} of kornia.",
        "tags": [
            "geometry" if name in facts.RIGID | facts.BENDS else "color",
            *(tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)),
        ],
        "parameters": parameters_of(name, cls),
        "declares": {
            **_measured(name, cls),
            "targets": _targets(name),
            "leaves": ["label"] if name in facts.RIGID | facts.BENDS else ["*"],
            "alters": sorted(facts.ALTERS.get(name, facts.UNKNOWN)),
            "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
        },
        "examples": facts.EXAMPLES.get(name, ()),
        "draws": _draws(name, cls),
    }


def _targets(name: str) -> list[str]:
    if name in facts.RIGID:
        return ["boxes", "masks", "keypoints"]
    return ["masks"] if name in facts.MASKS_ALONE else []


def parameters_of(name: str, cls: type[Any]) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    hints = typing.get_type_hints(cls.__init__)
    found = []
    for key, given in inspect.signature(cls.__init__).parameters.items():
        if key == "self" or key in facts.DROPPED:
            continue
        options = facts.CHOICES.get(f"{name}.{key}", facts.CHOICES.get(key))
        required = given.default is inspect.Parameter.empty
        default = None if required else given.default.lower() if options else given.default
        annotation = _numbers(name, key) or (Literal[tuple(options)] if options else _plain(hints[key]))
        found.append(parameter(key, annotation, default=default, required=required))
    return [entry for entry in found if entry is not None]


def _numbers(name: str, key: str) -> Any:
    """Return the form of a parameter that kornia takes as a tensor."""
    if key not in facts.TENSORS.get(name, ()):
        return None
    return tuple[float, float] if name == "RandomFisheye" else list[float] | None


def _plain(annotation: Any) -> Any:
    """Return an annotation without tensors and enums, which no pipeline file can hold."""
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return annotation
    members = [m for m in typing.get_args(annotation) if m is not torch.Tensor and not _is_enum(m)]
    # kornia writes a tuple of one number where it takes one of any length.
    whole = [list[float] if typing.get_args(m) == (float,) else m for m in members]
    return functools.reduce(operator.or_, whole)


def _is_enum(member: Any) -> bool:
    return inspect.isclass(member) and issubclass(member, Enum)


def _draws(name: str, cls: type[Any]) -> bool:
    """Whether results differ by the seed."""
    options = dict(facts.EXAMPLES.get(name, ({},))[0])
    done = [_run(cls, options, _picture(), seed) for seed in range(5, 17)]
    return any(d is None or done[0] is None or not torch.equal(d, done[0]) for d in done)


def _measured(name: str, cls: type[Any]) -> dict[str, Any]:
    """Return what a transform turns out to take and to keep."""
    chosen = dict(facts.EXAMPLES.get(name, ({},))[0])
    known = parameters_of(name, cls)
    flags = {p["name"]: [not p["default"]] for p in known if p["kind"] == "flag" and "default" in p}
    choices = {p["name"]: p["options"] for p in known if p["kind"] == "choice"}
    more = [{**chosen, key: value} for key, values in {**flags, **choices}.items() for value in values]
    channels = [c for c in _CHANNELS if _run(cls, chosen, _picture(c)) is not None]
    usual = 3 if 3 in channels else channels[0]
    done = [_run(cls, o, _picture(usual), seed) for o in [chosen, *more] for seed in _SEEDS]
    shapes = {tuple(result.shape) for result in done if result is not None}
    return {
        "dtypes": ["float32"] if name in facts.CHANGES_RANGE else ["uint8", "float32"],
        "channels": [] if channels == list(_CHANNELS) or name in facts.ANY_CHANNELS else channels,
        "keeps_shape": name not in facts.CHANGES_SHAPE and shapes == {tuple(_picture(usual).shape)},
        "keeps_range": name not in facts.CHANGES_RANGE,
    }


def _picture(channels: int = 3) -> torch.Tensor:
    depth, rows, columns = np.mgrid[0:channels, 0:48, 0:64]
    smooth = 110 + 60 * np.sin(rows / 7 + depth) + 50 * np.cos(columns / 9 - depth)
    pixels = torch.from_numpy((smooth + np.random.default_rng(0).integers(0, 30, smooth.shape)).astype(np.uint8))
    return pixels / 255


def _run(cls: type[Any], options: dict[str, Any], picture: torch.Tensor, seed: int = 5) -> torch.Tensor | None:
    """Return what a transform makes of a picture, None where it fails."""
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return run.picture(run.made(cls, given), picture, seed)
    except Exception:  # whatever it raises, it does not take this
        return None


def main() -> None:
    """Write the index beside this module."""
    write(Path(__file__).with_name("index.json"), PEER, json.loads(json.dumps(entries())), facts.LEFT_OUT)


if __name__ == "__main__":
    main()

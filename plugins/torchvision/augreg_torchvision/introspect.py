"""Writes index.json from the installed torchvision: ``python -m augreg_torchvision.introspect``.

Parameters come from signatures. What no signature tells is measured on small pictures: which dtypes and numbers of
channels a transform takes, whether it draws, and whether it keeps shape, dtype and range. The rest stands in `facts`.
"""

from __future__ import annotations

import inspect
import json
import re
import warnings
from enum import Enum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from augreg.adapters import TorchDraws, parameter, words_of, write
from augreg_torchvision import facts

PEER: Final = {
    "name": "torchvision",
    "module": "torchvision.transforms.v2",
    "distribution": "torchvision",
    "version": version("torchvision").partition("+")[0],
    "license": "BSD-3-Clause",
    "install": "torchvision>=0.26,<0.30",
    "others": {},
}
_CHANNELS: Final = (1, 2, 3, 4, 5, 6, 8, 130)


def transforms() -> dict[str, type[Any]]:
    """Return the transforms of the installed torchvision, by name, those that are left out too."""
    found = {name: getattr(v2, name) for name in dir(v2) if not name.startswith("_")}
    return {n: c for n, c in found.items() if inspect.isclass(c) and issubclass(c, v2.Transform)}


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    return {name: _entry(name, cls) for name, cls in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    moves = name in facts.MOVES
    return {
        "modality": "image",
        "summary": f"{words_of(name)}, by {name} of torchvision.",
        "tags": [
            "geometry" if moves else "policy" if name in facts.REFUSES else "color",
            *(tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)),
        ],
        "parameters": parameters_of(name, cls),
        "declares": {
            **_measured(name, cls),
            "targets": ["boxes", "masks", "keypoints"] if moves else [],
            "leaves": ["label"] if moves or name in facts.REFUSES else ["*"],
            "alters": sorted(facts.ALTERS.get(name, facts.UNKNOWN)),
            "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
        },
        "examples": facts.EXAMPLES.get(name, ()),
        "draws": _draws(name, cls),
        "wants": facts.WANTS.get(name, ""),
    }


def _draws(name: str, cls: type[Any]) -> bool:
    """Whether the code of a transform draws anything but whether it is applied, or its results differ by the seed."""
    own = [
        c
        for c in cls.__mro__
        if issubclass(c, v2.Transform) and c.__name__ not in ("Transform", "_RandomApplyTransform")
    ]
    if any(
        re.search(r"torch\.(rand|empty|multinomial|_sample)|uniform_|_get_random", inspect.getsource(c)) for c in own
    ):
        return True
    options = dict(facts.EXAMPLES.get(name, ({},))[0])
    first, second = (_run(cls, options, _picture("float32"), seed) for seed in (5, 6))
    return first is not None and second is not None and not torch.equal(first, second)


def parameters_of(_: str, cls: type[Any]) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    found = []
    for key, given in inspect.signature(cls.__init__).parameters.items():
        if key == "self" or key in facts.DROPPED:
            continue
        options = facts.CHOICES.get(key)
        annotation = Literal[tuple(options)] if options else _plain(given.annotation)
        required = given.default is inspect.Parameter.empty
        default = given.default.value if isinstance(given.default, Enum) else given.default
        found.append(parameter(key, annotation, default=None if required else default, required=required))
    return [entry for entry in found if entry is not None]


def _plain(annotation: Any) -> Any:
    """Return an annotation without the mappings from types, which no pipeline file can hold."""
    if annotation is inspect.Parameter.empty:
        return bool
    members = [m for m in getattr(annotation, "__args__", ()) if getattr(m, "__origin__", None) is not dict]
    return annotation if "dict" not in str(annotation) or not members else _union(members)


def _union(members: list[Any]) -> Any:
    whole = members[0]
    for member in members[1:]:
        whole = whole | member
    return whole


def _measured(name: str, cls: type[Any]) -> dict[str, Any]:
    """Return what a transform turns out to take and to keep."""
    chosen = dict(facts.EXAMPLES.get(name, ({},))[0])
    flags = {p["name"]: not p["default"] for p in parameters_of(name, cls) if p["kind"] == "flag" and "default" in p}
    configs = [chosen, *({**chosen, key: value} for key, value in flags.items())]
    dtypes = [d for d in ("uint8", "float32") if _run(cls, chosen, _picture(d)) is not None]
    channels = [c for c in facts.CHANNELS.get(name, _CHANNELS) if _run(cls, chosen, _picture(dtypes[0], c)) is not None]
    usual = 3 if 3 in channels else channels[0]
    runs = [(_picture(d, usual), o, seed) for d in dtypes for o in configs for seed in (5, 6, 8)]
    done = [(given, r) for given, o, seed in runs if (r := _run(cls, o, given, seed)) is not None]
    bounded = [r for _, r in done if r.is_floating_point()]
    return {
        "dtypes": dtypes,
        "channels": [] if channels == list(_CHANNELS) or name in facts.ANY_CHANNELS else channels,
        "keeps_shape": name not in facts.CHANGES_SHAPE and all(a.shape == b.shape for a, b in done),
        "keeps_dtype": all(a.dtype == b.dtype for a, b in done),
        "keeps_range": name not in facts.CHANGES_RANGE and all(r.min() >= -0.01 and r.max() <= 1.01 for r in bounded),
    }


def _picture(dtype: str, channels: int = 3) -> torch.Tensor:
    depth, rows, columns = np.mgrid[0:channels, 0:48, 0:64]
    smooth = 110 + 60 * np.sin(rows / 7 + depth) + 50 * np.cos(columns / 9 - depth)
    pixels = torch.from_numpy((smooth + np.random.default_rng(0).integers(0, 30, smooth.shape)).astype(np.uint8))
    return pixels if dtype == "uint8" else pixels / 255


def _run(cls: type[Any], options: dict[str, Any], picture: torch.Tensor, seed: int = 5) -> torch.Tensor | None:
    """Return what a transform makes of a picture with a box, None where it fails."""
    data: dict[str, Any] = {"image": tv_tensors.Image(picture.clone())}
    if cls.__name__ in facts.MOVES:
        box = torch.tensor([[10.0, 10, 40, 30]])
        data["boxes"] = tv_tensors.BoundingBoxes(box, format="XYXY", canvas_size=(48, 64))
    always = {"p": 1.0} if "p" in inspect.signature(cls.__init__).parameters else {}
    try:
        with warnings.catch_warnings(), TorchDraws(seed):
            warnings.simplefilter("ignore")
            done: torch.Tensor = cls(**options, **always)(data)["image"].as_subclass(torch.Tensor)
    except Exception:  # whatever it raises, it does not take this
        return None
    return done


def main() -> None:
    """Write the index beside this module."""
    write(Path(__file__).with_name("index.json"), PEER, json.loads(json.dumps(entries())), facts.LEFT_OUT)


if __name__ == "__main__":
    main()

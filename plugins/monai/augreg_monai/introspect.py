"""Writes index.json from the installed MONAI: ``python -m augreg_monai.introspect``.

Parameters come from signatures. What no signature tells is measured on small pictures: which numbers of channels a
transform takes, and whether it keeps shape and range. The rest stands in `facts`.
"""

from __future__ import annotations

import functools
import inspect
import json
import operator
import types
import typing
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import torch

from augreg.adapters import parameter, words_of, write
from augreg_monai import facts, run

peer = run.import_quietly()

PEER: Final = {
    "name": "monai",
    "module": "monai.transforms",
    "distribution": "monai",
    "version": version("monai"),
    "license": "Apache-2.0",
    "install": "monai>=1.5,<2",
    "others": {},
}
_CHANNELS: Final = (1, 2, 3, 4, 5, 6, 8, 130)
_SEEDS: Final = (5, 6, 8)


def transforms() -> dict[str, type[Any]]:
    """Return the random transforms of arrays of the installed MONAI, by name, those that are left out too."""
    found = {name: getattr(peer, name) for name in dir(peer)}
    kinds = {n: c for n, c in found.items() if inspect.isclass(c) and issubclass(c, peer.RandomizableTrait)}
    # Dictionary transforms have three names each.
    arrays = {n: c for n, c in kinds.items() if not issubclass(c, peer.MapTransform) and n == c.__name__}
    return {n: c for n, c in arrays.items() if n not in ("Randomizable", "RandomizableTrait")}


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    return {name: _entry(name, cls) for name, cls in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    moves = name in facts.MOVES
    return {
        "modality": "image",
        "summary": f"{words_of(name)}, by {name} of MONAI.",
        "tags": [
            "geometry" if moves else "values",
            *(tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)),
        ],
        "parameters": parameters_of(name, cls),
        "declares": {
            **_measured(name, cls),
            "dtypes": ["float32"],
            "values": "any",
            "targets": ["masks"] if moves else [],
            "leaves": ["label"] if moves else ["*"],
            "alters": sorted(facts.ALTERS.get(name, facts.UNKNOWN)),
            "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
        },
        "examples": facts.EXAMPLES.get(name, ()),
        "draws": _draws(name, cls),
    }


def parameters_of(name: str, cls: type[Any]) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    hints = typing.get_type_hints(cls.__init__)
    found = []
    for key, given in inspect.signature(cls.__init__).parameters.items():
        dropped = key == "self" or key in facts.DROPPED or f"{name}.{key}" in facts.DROPPED
        if dropped or given.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        options = facts.CHOICES.get(f"{name}.{key}", facts.CHOICES.get(key))
        required = given.default is inspect.Parameter.empty
        default = None if required else facts.DEFAULTS.get(f"{name}.{key}", given.default)
        annotation = Literal[tuple(options)] if options else _plain(hints.get(key, type(given.default)))
        found.append(parameter(key, annotation, default=str(default) if options else default, required=required))
    return [entry for entry in found if entry is not None]


def _plain(annotation: Any) -> Any:
    """Return an annotation with lists for tuples of one number, which MONAI writes where it takes any length."""
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return annotation
    members = [list[float] if len(typing.get_args(m)) == 1 else m for m in typing.get_args(annotation)]
    return functools.reduce(operator.or_, members)


def _draws(name: str, cls: type[Any]) -> bool:
    """Whether results differ by the seed."""
    options = dict(facts.EXAMPLES.get(name, ({},))[0])
    first, *others = (_run(cls, options, _picture(), seed) for seed in range(5, 17))
    return any(first is None or o is None or o.shape != first.shape or not torch.equal(o, first) for o in others)


def _measured(name: str, cls: type[Any]) -> dict[str, Any]:
    """Return what a transform turns out to take and to keep."""
    chosen = dict(facts.EXAMPLES.get(name, ({},))[0])
    known = parameters_of(name, cls)
    flags = {p["name"]: [not p["default"]] for p in known if p["kind"] == "flag" and "default" in p}
    choices = {p["name"]: p["options"] for p in known if p["kind"] == "choice"}
    more = [{**chosen, key: value} for key, values in {**flags, **choices}.items() for value in values]
    channels = [c for c in _CHANNELS if _run(cls, chosen, _picture(c)) is not None]
    runs = [_run(cls, o, _picture(), seed) for o in [chosen, *more] for seed in _SEEDS]
    done = [result for result in runs if result is not None]
    kept = all(float(r.min()) >= 0 and float(r.max()) <= 1 for r in done)
    return {
        "channels": [] if channels == list(_CHANNELS) else channels,
        "keeps_shape": name not in facts.CHANGES_SHAPE and all(r.shape == _picture().shape for r in done),
        "keeps_range": name not in facts.CHANGES_RANGE and kept,
    }


def _picture(channels: int = 3) -> torch.Tensor:
    depth, rows, columns = np.mgrid[0:channels, 0:48, 0:64]
    smooth = 110 + 60 * np.sin(rows / 7 + depth) + 50 * np.cos(columns / 9 - depth)
    pixels = smooth + np.random.default_rng(0).integers(0, 30, smooth.shape)
    return torch.from_numpy(((pixels - pixels.min()) / (pixels.max() - pixels.min())).astype(np.float32))


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

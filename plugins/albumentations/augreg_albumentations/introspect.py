"""Writes index.json from the installed albumentations: ``python -m augreg_albumentations.introspect``.

Parameters come from signatures and albumentations' own schemas, targets from its classes. What no signature tells is
measured on small pictures: which dtypes and numbers of channels a transform takes, and whether it keeps shape, dtype
and range. What cannot be measured stands in `facts`.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import typing
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")

import albumentations as peer
import numpy as np
from albumentations.core import transforms_interface as kinds

from augreg.adapters import parameter, words_of, write
from augreg_albumentations import facts, targets

PEER: Final = {
    "name": "albumentations",
    "module": "albumentations",
    "distribution": "albumentations",
    "version": version("albumentations"),
    "license": "MIT",
    "install": "albumentations>=2.0.8,<3",
    "others": {"albumentationsx": "AGPL-3.0-only or commercial"},
}
_INTERPOLATION: Final = {
    0: "nearest", 1: "linear", 2: "cubic", 3: "area", 4: "lanczos", 5: "exact linear", 6: "exact nearest",
}  # fmt: skip
_BORDER: Final = {0: "constant", 1: "replicate", 2: "reflect", 3: "wrap", 4: "reflect 101"}
_CHANNELS: Final = (1, 2, 3, 4, 5, 6, 8, 130)
_SEEDS: Final = (5, 6, 8)
_TARGETS: Final = {"BBoxes": "boxes", "Mask": "masks", "Keypoints": "keypoints"}


def transforms() -> dict[str, type[Any]]:
    """Return the transforms of the installed albumentations, by name, those that are left out too."""
    bases = (kinds.BasicTransform, kinds.DualTransform, kinds.ImageOnlyTransform, kinds.Transform3D)
    found = {name: getattr(peer, name) for name in dir(peer) if not name.startswith("_")}
    return {n: c for n, c in found.items() if inspect.isclass(c) and issubclass(c, bases[0]) and c not in bases}


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    return {name: _entry(name, cls) for name, cls in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    kind = "dual" if issubclass(cls, kinds.DualTransform) else "image"
    parameters = parameters_of(name, cls)
    words = facts.ALTERS.get(name, facts.UNKNOWN[kind])
    moved = [ours for theirs, ours in _TARGETS.items() if theirs in {t.value for t in cls._targets}]
    declares = _measured(name, cls, parameters)
    declares |= {
        "targets": moved if kind == "dual" else [],
        "leaves": ["label"] if kind == "dual" else ["*"],
        "alters": sorted(words),
        "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
    }
    return {
        "modality": "image",
        "summary": f"{words_of(name)}, by {name} of albumentations.",
        "tags": _tags(name, cls),
        "parameters": parameters,
        "declares": declares,
        "examples": facts.EXAMPLES.get(name, ()),
        "draws": _draws(cls),
        "wants": _wants(cls, name),
    }


def _wants(cls: type[Any], name: str) -> list[str]:
    """Return which targets a transform cannot do without; those that a sample lacks are given empty."""
    options = dict(facts.EXAMPLES.get(name, ({},))[0])
    if (
        not issubclass(cls, kinds.DualTransform)
        or _run(cls, options, _picture("uint8"), without=("mask", "bboxes")) is not None
    ):
        return []
    return [t for t in ("bboxes", "mask") if _run(cls, options, _picture("uint8"), without=(t,)) is None]


def parameters_of(name: str, cls: type[Any]) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    return [p for p in _parameters(name, cls) if p is not None]


def _tags(name: str, cls: type[Any]) -> list[str]:
    module = cls.__module__.removeprefix("albumentations.").removeprefix("augmentations.").partition(".")[0]
    more = [tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)]
    return [facts.MODULES.get(module, module), *more]


def _parameters(name: str, cls: type[Any]) -> Iterator[dict[str, Any] | None]:
    schema = getattr(cls, "InitSchema", None)
    known = schema.model_fields if schema is not None else {}
    for key, given in inspect.signature(cls.__init__).parameters.items():
        if key in ("self", "p", "strict", "metadata_key", "read_fn", *facts.DROPPED.get(name, ())):
            continue
        field = known.get(key)
        annotation = field.annotation if field is not None else typing.get_type_hints(cls.__init__).get(key, Any)
        required = given.default is inspect.Parameter.empty or key in facts.REQUIRED.get(name, ())
        bounds = _bounds(field.metadata) if field is not None else {}
        names = _INTERPOLATION if "interpolation" in key else _BORDER if "border" in key else {}
        yield parameter(key, annotation, default=given.default, required=required, names=names, **bounds)


def _bounds(metadata: list[Any]) -> dict[str, Any]:
    """Return the inclusive bounds that a field states, or its validator holds."""
    found: dict[str, Any] = {}
    for entry in metadata:
        for side, name in (("low", "ge"), ("high", "le")):
            if getattr(entry, name, None) is not None:
                found[side] = getattr(entry, name)
        work: Any = getattr(entry, "func", None)
        if getattr(work, "__qualname__", "").startswith("check_range_bounds"):
            held = inspect.getclosurevars(work).nonlocals
            found |= {s: held[n] for s, n in (("low", "min_val"), ("high", "max_val")) if held.get(n) is not None}
    return found


def _draws(cls: type[Any]) -> bool:
    """Whether the code of a transform, and of the classes between it and albumentations' bases, draws anything."""
    bases = {kinds.BasicTransform, kinds.DualTransform, kinds.ImageOnlyTransform}
    own = [c for c in cls.__mro__ if c not in bases and issubclass(c, kinds.BasicTransform)]
    return any(re.search(r"self\.(py_random|random_generator)", inspect.getsource(c)) for c in own)


def _measured(name: str, cls: type[Any], parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a transform turns out to take and to keep."""
    chosen = dict(facts.EXAMPLES.get(name, ({},))[0])
    flags = {p["name"]: [not p["default"]] for p in parameters if p["kind"] == "flag" and "default" in p}
    choices = {p["name"]: p["options"] for p in parameters if p["kind"] == "choice" and len(p["options"]) <= 4}
    more = [{**chosen, key: value} for key, values in {**flags, **choices}.items() for value in values]
    dtypes = [d for d in facts.DTYPES.get(name, ("uint8", "float32")) if _run(cls, chosen, _picture(d)) is not None]
    channels = [c for c in facts.CHANNELS.get(name, _CHANNELS) if _run(cls, chosen, _picture(dtypes[0], c)) is not None]
    usual = 3 if 3 in channels else channels[0]
    pictures = [_picture(d, usual, number) for d in dtypes for number in (0, 1)]
    runs = [
        (given, o, seed) for given in pictures for o in [chosen, *more] for seed in (_SEEDS if o is chosen else (5,))
    ]
    done = [(given, r) for given, o, seed in runs if (r := _run(cls, o, given, seed)) is not None]
    bounded = [r for _, r in done if r.dtype.kind == "f"]
    return {
        "dtypes": dtypes,
        "channels": [] if channels == list(_CHANNELS) else channels,
        "keeps_shape": name not in facts.CHANGES_SHAPE and all(a.shape == b.shape for a, b in done),
        "keeps_dtype": all(a.dtype == b.dtype or {a.dtype.kind, b.dtype.kind} == {"f"} for a, b in done),
        "keeps_range": name not in facts.CHANGES_RANGE and all(r.min() >= -0.01 and r.max() <= 1.01 for r in bounded),
    }


def _picture(dtype: str, channels: int = 3, number: int = 0) -> np.ndarray:
    height, width = ((48, 64), (57, 71))[number]
    rows, columns, depth = np.mgrid[0:height, 0:width, 0:channels]
    smooth = 110 + 60 * np.sin(rows / 7 + depth) + 50 * np.cos(columns / 9 - depth)
    pixels: np.ndarray = (smooth + np.random.default_rng(number).integers(0, 30, smooth.shape)).astype(np.uint8)
    return pixels if dtype == "uint8" else (pixels / 255).astype(dtype)


def _run(
    cls: type[Any], options: dict[str, Any], picture: np.ndarray, seed: int = 5, without: tuple[str, ...] = ()
) -> np.ndarray | None:
    """Return what a transform makes of a picture with a mask and a box, None where it fails."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = cls(**options, p=1.0)
            made.set_processors(targets.processors())
            made.set_random_seed(seed)
            more = {"mask": np.ones(picture.shape[:2], np.uint8), "bboxes": np.array([[0.3, 0.3, 0.6, 0.7, 0.0]])}
            wanted = {t: more[t] for t in more if issubclass(cls, kinds.DualTransform) and t not in without}
            done: np.ndarray = np.asarray(made(image=picture.copy(), **wanted)["image"])
    except Exception:  # whatever it raises, it does not take this
        return None
    return done[..., None] if done.ndim == 2 and picture.ndim == 3 else done


def main() -> None:
    """Write the index beside this module."""
    write(Path(__file__).with_name("index.json"), PEER, json.loads(json.dumps(entries())), facts.LEFT_OUT)


if __name__ == "__main__":
    main()

"""Writes index.json from the installed audiomentations: ``python -m augreg_audiomentations.introspect``.

Parameters come from signatures. What no signature tells is measured on small sounds: whether a transform draws, and
whether it keeps the shape. The rest stands in `facts`.
"""

from __future__ import annotations

import inspect
import json
import re
import typing
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import numpy as np

from augreg.adapters import parameter, words_of, write
from augreg_audiomentations import facts, private

with warnings.catch_warnings():
    # A source of 0.43.1 holds an invalid escape sequence, about which Python warns when it compiles it.
    warnings.simplefilter("ignore")
    import audiomentations as peer
    from audiomentations.core.transforms_interface import BaseTransform, BaseWaveformTransform

PEER: Final = {
    "name": "audiomentations",
    "module": "audiomentations",
    "distribution": "audiomentations",
    "version": version("audiomentations"),
    "license": "MIT",
    "install": "audiomentations>=0.43,<1",
    "others": {},
}
_RATE: Final = 16000


def transforms() -> dict[str, type[Any]]:
    """Return the transforms of the installed audiomentations, by name, those that are left out too."""
    groups = {name: getattr(peer, name) for name in ("Compose", "OneOf", "SomeOf")}
    found = {name: getattr(peer, name) for name in dir(peer) if not name.startswith("_")}
    return groups | {n: c for n, c in found.items() if inspect.isclass(c) and issubclass(c, BaseTransform)}


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    private.install()
    return {name: _entry(name, cls) for name, cls in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    return {
        "modality": "audio",
        "summary": f"{words_of(name)}, by {name} of audiomentations.",
        "tags": _tags(name),
        "parameters": parameters_of(name, cls),
        "declares": {
            "dtypes": ["float32"],
            "channels": [] if cls.supports_multichannel else [1],
            "keeps_shape": _keeps_shape(name, cls),
            "leaves": ["label"] if name in facts.MOVES else ["*"],
            "alters": sorted(facts.ALTERS.get(name, facts.UNKNOWN)),
            "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
        },
        "examples": facts.EXAMPLES.get(name, ()),
        "draws": _draws(name, cls),
    }


def _tags(name: str) -> list[str]:
    more = [tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)]
    return ["time", *more] if name in (*facts.MOVES, "TimeMask") else more


def parameters_of(name: str, cls: type[Any]) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    hints = typing.get_type_hints(cls.__init__)
    found = []
    for key, given in inspect.signature(cls.__init__).parameters.items():
        if key == "self" or key in facts.DROPPED or given.kind is inspect.Parameter.VAR_KEYWORD:
            continue
        required = given.default is inspect.Parameter.empty or key in facts.REQUIRED.get(name, ())
        annotation = hints.get(key, type(given.default))
        found.append(parameter(key, annotation, default=given.default, required=required))
        if required and given.default is None and found[-1] is not None:
            found[-1]["optional"] = True
    return [entry for entry in found if entry is not None]


def _draws(name: str, cls: type[Any]) -> bool:
    """Whether the code of a transform draws anything but whether it is applied, or its results differ by the seed."""
    own = [c for c in cls.__mro__ if issubclass(c, BaseWaveformTransform) and c is not BaseWaveformTransform]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above: sources are compiled to be found
        if any(re.search(r"random\.[a-z]", inspect.getsource(c)) for c in own):
            return True
    options = dict(facts.EXAMPLES.get(name, ({},))[0])
    return not np.array_equal(_run(cls, options, _sound(), 5), _run(cls, options, _sound(), 6))


def _keeps_shape(name: str, cls: type[Any]) -> bool:
    options = dict(facts.EXAMPLES.get(name, ({},))[0])
    sounds = [_sound(1), _sound(2)]
    return name not in facts.CHANGES_SHAPE and all(_run(cls, options, s, 5).shape == s.shape for s in sounds)


def _sound(channels: int = 1) -> np.ndarray:
    wave = np.random.default_rng(0).normal(size=(channels, 8000)) * np.linspace(0.02, 0.2, 8000)
    return (wave[0] if channels == 1 else wave).astype(np.float32)


def _run(cls: type[Any], options: dict[str, Any], sound: np.ndarray, seed: int) -> np.ndarray:
    with private.seeded(seed):
        done: np.ndarray = cls(**options, p=1.0)(sound.copy(), _RATE)
    return done


def main() -> None:
    """Write the index beside this module."""
    write(Path(__file__).with_name("index.json"), PEER, json.loads(json.dumps(entries())), facts.LEFT_OUT)


if __name__ == "__main__":
    main()

"""Writes index.json from the installed torch-audiomentations: ``python -m augreg_torch_audiomentations.introspect``.

Parameters come from signatures. What no signature tells is measured on small sounds: which dtypes and numbers of
channels a transform takes, and whether it draws. The rest stands in `facts`.
"""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
import torch_audiomentations as peer

from augreg.adapters import parameter, words_of, write
from augreg_torch_audiomentations import facts
from augreg_torch_audiomentations.held import Held

PEER: Final = {
    "name": "torch_audiomentations",
    "module": "torch_audiomentations",
    "distribution": "torch-audiomentations",
    "version": version("torch-audiomentations"),
    "license": "MIT",
    "install": "torch-audiomentations>=0.12,<1",
    "others": {},
}
_HIDDEN: Final = {"mix": "Mix", "padding": "Padding", "random_crop": "RandomCrop"}
_CHANNELS: Final = (1, 2, 3, 4, 5, 6, 8)
_RATE: Final = 16000


def transforms() -> dict[str, type[Any]]:
    """Return the transforms of the installed torch-audiomentations, by name, those that are left out too."""
    found = {n: o for n, o in vars(peer).items() if inspect.isclass(o) and issubclass(o, torch.nn.Module)}
    hidden = {n: getattr(import_module(f"{peer.__name__}.augmentations.{m}"), n) for m, n in _HIDDEN.items()}
    return hidden | found


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    return {name: _entry(name, cls) for name, cls in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, cls: type[Any]) -> dict[str, Any]:
    tags = [tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)]
    return {
        "modality": "audio",
        "summary": f"{words_of(name)}, by {name} of torch-audiomentations.",
        "tags": [tag for tag in tags if (name, tag) not in facts.NOT_TAGGED],
        "parameters": parameters_of(name, cls),
        "declares": {
            **_measured(name, cls),
            "keeps_shape": True,
            "leaves": ["label"] if name in facts.MOVES else ["*"],
            "alters": sorted(facts.ALTERS.get(name, facts.UNKNOWN)),
            "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
        },
        "examples": facts.EXAMPLES.get(name, ()),
        "draws": _draws(name, cls),
    }


def parameters_of(_: str, cls: type[Any]) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    given = inspect.signature(cls.__init__).parameters
    found = [_parameter(cls, key, p.default) for key, p in given.items() if key not in ("self", *facts.DROPPED)]
    return [entry for entry in found if entry is not None]


def _parameter(cls: type[Any], key: str, default: Any) -> dict[str, Any] | None:
    modes = [mode for mode in facts.MODES if mode in cls.supported_modes]
    options = modes if key == "mode" else facts.CHOICES.get(key)
    if options is not None:
        doc = f"{words_of(key).lower()}: one of {', '.join(options)}"
        return {"name": key, "kind": "choice", "options": list(options), "default": default, "doc": doc}
    low, high = facts.BOUNDS.get(key, (None, None))
    kind = bool if isinstance(default, bool) else int if key in facts.WHOLE else float
    entry = parameter(key, kind, default=kind(default), low=low, high=high)
    units = [unit for end, unit in facts.UNITS.items() if key.endswith(end)]
    return {**entry, "unit": units[0]} if entry and units else entry


def _measured(name: str, cls: type[Any]) -> dict[str, Any]:
    dtypes = [d for d in ("float32", "float64") if _run(name, cls, _sound(2, d)) is not None]
    channels = [c for c in _CHANNELS if _run(name, cls, _sound(c)) is not None]
    return {"dtypes": dtypes, "channels": [] if channels == list(_CHANNELS) else channels}


def _draws(name: str, cls: type[Any]) -> bool:
    first = _run(name, cls, _sound(4), 5)
    others = [_run(name, cls, _sound(4), seed) for seed in (6, 7, 8)]
    return any(first is not None and other is not None and not torch.equal(first, other) for other in others)


def _sound(channels: int = 1, dtype: str = "float32") -> torch.Tensor:
    noise = torch.randn(channels, 4000, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 0.1
    return noise.to(getattr(torch, dtype))


def _run(name: str, cls: type[Any], sound: torch.Tensor, seed: int = 5) -> torch.Tensor | None:
    """Return what a transform makes of a sound, None where it fails or gives another dtype."""
    given = {p["name"]: p["default"] for p in parameters_of(name, cls)}
    try:
        done = Held(cls, {**given, **dict(facts.EXAMPLES.get(name, ({},))[0])}).run(sound.clone(), _RATE, seed)
    except Exception:  # whatever it raises, it does not take this
        return None
    return done if done.dtype == sound.dtype else None


def main() -> None:
    """Write the index beside this module."""
    write(Path(__file__).with_name("index.json"), PEER, json.loads(json.dumps(entries())), facts.LEFT_OUT)


if __name__ == "__main__":
    main()

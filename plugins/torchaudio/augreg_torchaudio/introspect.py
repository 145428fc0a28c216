"""Writes index.json from the installed torchaudio: ``python -m augreg_torchaudio.introspect``.

Parameters come from signatures, and what they may be from tables of what torchaudio documents. Which dtypes and numbers
of channels a transform takes, and whether it draws and keeps the shape, is measured on small samples.
"""

from __future__ import annotations

import inspect
import json
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import torch
import torchaudio

from augreg.adapters import TorchDraws, parameter, words_of, write
from augreg_torchaudio import facts
from augreg_torchaudio.calls import call

PEER: Final = {
    "name": "torchaudio",
    "module": "torchaudio",
    "distribution": "torchaudio",
    "version": version("torchaudio").partition("+")[0],
    "license": "BSD-2-Clause",
    "install": "torchaudio>=2.11,<3",
    "others": {},
}
_RATE: Final = 16000
_CHANNELS: Final = (1, 2, 3, 4, 5, 6, 8)
_SOUNDS: Final = ("float32", "float64")
_SPECTRA: Final = ("float32", "float64", "complex64", "complex128")


def transforms() -> dict[str, Any]:
    """Return the classes and functions of the installed torchaudio, by name, those that are left out too."""
    kinds = vars(torchaudio.transforms).items()
    functions = vars(torchaudio.functional).items()
    found = {n: o for n, o in kinds if inspect.isclass(o) and issubclass(o, torch.nn.Module)}
    return found | {n: o for n, o in functions if inspect.isroutine(o) and not n.startswith("_")}


def entries() -> dict[str, Any]:
    """Return the entries of the index: what :func:`augreg.adapters.write` writes."""
    return {name: _entry(name, kind) for name, kind in transforms().items() if name not in facts.LEFT_OUT}


def _entry(name: str, kind: Any) -> dict[str, Any]:
    spectral = name in facts.SPECTROGRAMS
    parameters = parameters_of(name, kind)
    return {
        "modality": "spectrogram" if spectral else "audio",
        "summary": f"{words_of(name)}, by {name} of torchaudio.",
        "tags": [tag for tag, parts in facts.TAGS.items() if any(part in name for part in parts)],
        "parameters": parameters,
        "declares": {
            **_measured(name, kind, parameters),
            "leaves": ["label"] if name in facts.MOVES else ["*"],
            "alters": sorted(facts.ALTERS.get(name, facts.UNKNOWN)),
            "memory": facts.MEMORY.get(name, facts.MEMORY_OF_MOST),
            **({"level": facts.LEVELS[name]} if name in facts.LEVELS else {}),
        },
        "examples": facts.EXAMPLES.get(name, ()),
        "renamed": {p["name"]: k for k, new in facts.RENAMED.items() for p in parameters if p["name"] == new},
        "rated": not inspect.isclass(kind) and "sample_rate" in inspect.signature(kind).parameters,
        "draws": _draws(name, kind, parameters),
    }


def parameters_of(name: str, kind: Any) -> list[dict[str, Any]]:
    """Return the parameters of a transform that a pipeline file can hold, as the index has them; nothing is run."""
    given = inspect.signature(kind.__init__ if inspect.isclass(kind) else kind).parameters
    offered = {key: p for key, p in given.items() if key not in ("self", "x", "specgram", *facts.DROPPED)}
    return [entry for key, p in offered.items() if (entry := _parameter(name, key, p)) is not None]


def _parameter(name: str, key: str, given: inspect.Parameter) -> dict[str, Any] | None:
    required = given.default is inspect.Parameter.empty or key in facts.REQUIRED
    default = {} if required else {"default": given.default}
    if key in facts.INTERVALS:
        return {**_interval(name, key), **(default if given.default is not None else {})}
    words = words_of(key).lower()
    if key in facts.CHOICES:
        doc = f"{words}: one of {', '.join(facts.CHOICES[key])}"
        return {"name": key, "kind": "choice", "options": list(facts.CHOICES[key]), "doc": doc, **default}
    if key == "factors":
        return {"name": key, "kind": "numbers", "doc": "factors: speeds in whole hundredths, each as likely"}
    if key == "limiter_gain":
        low, high = facts.LIMITER
        return parameter(key, float | None, low=low, high=high)
    if key in facts.RENAMED:
        doc = "proportion: torchaudio's p, the largest share of the sample that a mask may cover"
        return {"name": facts.RENAMED[key], "kind": "number", "low": 0.0, "high": 1.0, "doc": doc, **default}
    least, most = facts.BOUNDS.get(key, (None, None))
    kind = int if key in facts.BOUNDS else type(given.default)
    return parameter(key, kind, default=None if required else given.default, required=required, low=least, high=most)


def _interval(name: str, key: str) -> dict[str, Any]:
    low, high, unit = facts.OF_ITS_OWN.get((name, key), facts.INTERVALS[key])
    sides = {side: bound for side, bound in (("low", low), ("high", high)) if bound is not None}
    plain = "quality: the higher, the narrower" if key == "Q" else words_of(key).lower()
    whole = {"integral": True} if key in facts.INTEGRAL else {}
    return {"name": key, "kind": "interval", "doc": plain, "unit": unit, **sides, **whole}


def _measured(name: str, kind: Any, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a transform turns out to take and to keep."""
    dtypes = _SPECTRA if name in facts.SPECTROGRAMS else _SOUNDS
    taken = [d for d in dtypes if _run(name, kind, parameters, _sample(name, d)) is not None]
    usual = taken[0]
    channels = [c for c in _CHANNELS if _run(name, kind, parameters, _sample(name, usual, c)) is not None]
    done = [(s := _sample(name, d), _run(name, kind, parameters, s)) for d in taken]
    return {
        "dtypes": taken,
        "channels": [] if channels == list(_CHANNELS) else channels,
        "keeps_shape": name not in facts.MOVES and all(b is not None and a.shape == b.shape for a, b in done),
    }


def _draws(name: str, kind: Any, parameters: list[dict[str, Any]]) -> bool:
    usual = "complex64" if name == "TimeStretch" else "float32"
    first, second = (_run(name, kind, parameters, _sample(name, usual), seed) for seed in (5, 7))
    return first is not None and second is not None and not torch.equal(first, second)


def _sample(name: str, dtype: str, channels: int = 1) -> torch.Tensor:
    shape = (channels, 40, 50) if name in facts.SPECTROGRAMS else (channels, 1000)
    made = torch.randn(shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64) * 0.1
    return (made + 0.05j if "complex" in dtype else made).to(getattr(torch, dtype))


def _run(name: str, kind: Any, parameters: list[dict[str, Any]], x: torch.Tensor, seed: int = 5) -> torch.Tensor | None:
    """Return what a transform makes of a sample by the first values of its intervals, None where it fails."""
    given = dict(facts.EXAMPLES.get(name, ({},))[0])
    values = {p["name"]: given.get(p["name"], p.get("default")) for p in parameters}
    back = {new: key for key, new in facts.RENAMED.items()}
    intervals = {p["name"] for p in parameters if p["kind"] == "interval"}
    plain = {back.get(k, k): v[0] if k in intervals and isinstance(v, list) else v for k, v in values.items()}
    if not inspect.isclass(kind) and "sample_rate" in inspect.signature(kind).parameters:
        plain["sample_rate"] = _RATE
    try:
        with TorchDraws(seed), warnings.catch_warnings():
            warnings.simplefilter("error")  # of results that it calls not valid, too
            done = call(name, kind, x.clone(), plain)
    except Exception:  # whatever it raises, it does not take this
        return None
    return done if done.dtype == x.dtype else None


def main() -> None:
    """Write the index beside this module."""
    write(Path(__file__).with_name("index.json"), PEER, json.loads(json.dumps(entries())), facts.LEFT_OUT)


if __name__ == "__main__":
    main()

"""Makes augmenter classes from the entries of an index, each when it is first asked for."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from augreg import param
from augreg.adapters.adapted import Adapted
from augreg.adapters.index import Index
from augreg.contract.declaration import Declaration, Level

WITH_ALPHA: Final = (2, 4)
"""Channels of pictures of which the last is alpha."""

ANY: Final = (1, 3, 5, 6, 8)
"""Channels that transforms are tried with which refuse none."""

_KINDS: Final[dict[str, Callable[..., Any]]] = {
    "flag": param.flag,
    "number": param.number,
    "integer": param.integer,
    "interval": param.interval,
    "numbers": param.numbers,
    "choice": param.choice,
    "text": param.text,
    "texts": param.texts,
    "value": param.value,
}


def classes(index: Index, base: type[Adapted], module: str) -> Callable[[str], type[Adapted]]:
    """Return a ``__getattr__`` for a module: its attributes are the classes of the transforms of an index.

    Args:
        index: what the peer offers.
        base: how a sample goes through the peer.
        module: the ``__name__`` of the module, which must define no such names itself.

    >>> from augreg_albumentations import transforms
    >>> transforms.RandomFog.__name__
    'RandomFog'

    """
    made: dict[str, type[Adapted]] = {}
    lock = threading.Lock()

    def find(name: str) -> type[Adapted]:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        entry = index.entry(name)
        with lock:  # two classes of one name would not be equal, and would not pickle
            if name not in made:
                made[name] = _made(index, name, entry, base, module)
            return made[name]

    return find


def _made(index: Index, name: str, entry: Mapping[str, Any], base: type[Adapted], module: str) -> type[Adapted]:
    body: dict[str, Any] = {
        "__doc__": f"{entry['summary']}\n\n{base.how}\n\n{_sentence(index.license())}",
        "declares": _declaration(entry["declares"], entry["modality"]),
        "examples": tuple(entry["examples"]),
        "index": index,
        "transform": name,
        "draws": entry["draws"],
    }
    fields = [(p["name"], Any, _field(p)) for p in entry["parameters"]]
    found = dataclasses.make_dataclass(name, fields, bases=(base,), namespace=body, frozen=True, kw_only=True)
    found.__module__ = module
    return found


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _declaration(facts: Mapping[str, Any], modality: str) -> Declaration:
    plain: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()}
    plain["alters"] = frozenset(facts.get("alters", ()))
    if facts.get("level"):
        plain["level"] = Level(**facts["level"])
    if modality == "image" and not plain.get("targets"):
        # Peers take the last of two or four channels for a color. What moves a picture moves its alpha along rightly;
        # what changes values would change it, so pictures with alpha are refused.
        plain["channels"] = tuple(count for count in plain.get("channels") or ANY if count not in WITH_ALPHA)
    return Declaration(**plain)


def _field(entry: Mapping[str, Any]) -> Any:
    facts = {
        name: v for name, v in entry.items() if name not in ("name", "kind", "default", "options", "hidden_default")
    }
    if "default" in entry:
        facts["default"] = _tuples(entry["default"])
    if "options" in entry:
        facts["options"] = tuple(entry["options"])
    return _KINDS[entry["kind"]](**facts)


def _tuples(value: Any) -> Any:
    return tuple(_tuples(v) for v in value) if isinstance(value, list) else value

"""Reads what a peer says of itself: parameters off signatures, words off names. For tools that write indices."""

from __future__ import annotations

import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_SIMPLE: Final = {bool: "flag", int: "integer", float: "number", str: "text"}
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+|\d+[A-Z]?")


def words_of(name: str) -> str:
    """Return the words of a class's name as a phrase.

    >>> from augreg.adapters import words_of
    >>> words_of("RandomFog"), words_of("CLAHE"), words_of("RandomCrop3D"), words_of("fog_coef_range")
    ('Random fog', 'CLAHE', 'Random crop 3D', 'Fog coef range')

    """
    words = [w for part in name.split("_") for w in _CAMEL.findall(part)]
    lower = [w if (len(w) > 1 and w.isupper()) or w[0].isdigit() else w.lower() for w in words]
    phrase = " ".join(lower)
    return phrase[:1].upper() + phrase[1:]


def parameter(
    name: str,
    annotation: Any,
    *,
    default: Any = None,
    required: bool = False,
    low: float | None = None,
    high: float | None = None,
    names: Mapping[Any, str] = types.MappingProxyType({}),
) -> dict[str, Any] | None:
    """Return the entry of a parameter in the index, None for one that no pipeline file can hold.

    What is one bool, whole number, number, text or choice is declared as such, and checked by augreg. Everything else,
    such as ``tuple[float, float] | float``, is a value whose form the description says, and which the peer checks.

    Args:
        name: as the peer calls it.
        annotation: its type, resolved (no text).
        default: of the peer.
        required: whether there is none.
        low, high: inclusive bounds, where the peer states them.
        names: what constants among the choices mean.

    >>> from typing import Literal
    >>> from augreg.adapters import parameter
    >>> parameter("sigma", float, default=1.0, low=0.0)["kind"]
    'number'
    >>> parameter("mode", Literal["a", "b"], default="a")["options"]
    ['a', 'b']
    >>> parameter("scale", tuple[float, float] | float, default=(0.5, 1.0))["doc"]
    'scale: 2 numbers, or a number'
    >>> parameter("work", print, default=print) is None
    True

    """
    members = [m for m in _members(annotation) if m is not type(None)]
    optional = len(members) < len(_members(annotation)) or (not required and default is None)
    if any(_is_callable(m) for m in members) and len(members) == 1:
        return None
    entry: dict[str, Any] = {"name": name, **_kind(members, default)}
    bounds = {"low": low, "high": high}
    stated = {side: bound for side, bound in bounds.items() if bound is not None}
    if entry["kind"] in ("integer", "number"):
        entry |= stated
    entry["doc"] = _doc(name, members, stated if entry["kind"] == "value" else {}, names)
    if optional and entry["kind"] != "flag":
        entry["optional"] = True
    if not required:
        entry |= _default(default)
    return entry if "default" in entry or required else None


def _members(annotation: Any) -> tuple[Any, ...]:
    """Return the members of a union, with those of ``Annotated`` and of a Literal with None taken apart."""
    if typing.get_origin(annotation) is typing.Annotated:
        return _members(typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(m for part in typing.get_args(annotation) for m in _members(part))
    if typing.get_origin(annotation) is typing.Literal and None in typing.get_args(annotation):
        rest = tuple(c for c in typing.get_args(annotation) if c is not None)
        return (typing.Literal[rest], type(None))
    return (annotation,)


def _is_callable(member: Any) -> bool:
    origin = typing.get_origin(member)
    return isinstance(member, types.BuiltinFunctionType) or getattr(origin, "__name__", "") == "Callable"


def _kind(members: Sequence[Any], default: Any) -> dict[str, Any]:
    if len(members) == 1 and typing.get_origin(members[0]) is typing.Literal:
        return {"kind": "choice", "options": list(typing.get_args(members[0]))}
    if len(members) == 1 and members[0] in _SIMPLE:
        whole = members[0] is int and isinstance(default, float)
        return {"kind": "value" if whole else _SIMPLE[members[0]]}
    return {"kind": "value"}


def _default(default: Any) -> dict[str, Any]:
    """Return the default as JSON holds it. A mapping cannot be one of a frozen class: None stands for it."""
    if isinstance(default, Mapping):
        return {"default": None, "optional": True, "hidden_default": True}
    try:
        return {"default": json.loads(json.dumps(default))}
    except (TypeError, ValueError):
        return {}


def _doc(name: str, members: Sequence[Any], stated: Mapping[str, Any], names: Mapping[Any, str]) -> str:
    forms = list(dict.fromkeys(_form(m, names) for m in members))
    told = ", or ".join(forms) or "a value"
    bounds = [f"{'at least' if side == 'low' else 'at most'} {bound:g}" for side, bound in stated.items()]
    return ", ".join([f"{words_of(name).lower()}: {told}", *bounds])


def _form(member: Any, names: Mapping[Any, str]) -> str:
    """Return the form of a value in words."""
    plain = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}
    if member in plain:
        return plain[member]
    origin, inner = typing.get_origin(member), typing.get_args(member)
    if origin is typing.Literal:
        return "one of " + ", ".join(f"{c} ({names[c]})" if c in names else str(c) for c in inner)
    if origin is tuple and inner and inner[-1] is not Ellipsis:
        kind = "whole numbers" if set(inner) == {int} else "numbers" if set(inner) <= {int, float} else "values"
        return f"{len(inner)} {kind}"
    if origin in (tuple, list) or getattr(origin, "__name__", "") == "Sequence":
        return "a list"
    if origin is dict:
        return "a mapping"
    return str(getattr(member, "__name__", member)).lower()


def write(
    path: Path | str, peer: Mapping[str, Any], transforms: Mapping[str, Any], left_out: Mapping[str, str]
) -> None:
    """Write an index, one transform a line, so that a change of one is a change of one line.

    >>> from augreg.adapters import write
    >>> write("index.json", {"name": "acme"}, {"Blur": {"tags": []}}, {})

    """
    rows = ",\n".join(f"{json.dumps(n)}: {json.dumps(transforms[n], sort_keys=True)}" for n in sorted(transforms))
    head, tail = json.dumps(peer, sort_keys=True), json.dumps(left_out, sort_keys=True)
    text = f'{{"peer": {head},\n"transforms": {{\n{rows}\n}},\n"left_out": {tail}}}\n'
    Path(path).write_text(text, encoding="utf-8")


def differences(known: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Return in what two sets of entries differ, one line each; empty if in nothing.

    >>> from augreg.adapters import differences
    >>> differences({"Blur": {"tags": []}}, {"Blur": {"tags": ["a"]}, "Fog": {}})
    ['Blur.tags: [] in the index, ["a"] installed', 'Fog: installed, not in the index']

    """
    lines = []
    for name in sorted({*known, *found}):
        if name not in found or name not in known:
            lines.append(f"{name}: {'in the index, not installed' if name in known else 'installed, not in the index'}")
            continue
        for key in sorted({*known[name], *found[name]}):
            first, second = (json.dumps(side[name].get(key), sort_keys=True) for side in (known, found))
            if first != second:
                lines.append(f"{name}.{key}: {first} in the index, {second} installed")
    return lines

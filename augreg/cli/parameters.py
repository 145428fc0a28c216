"""What is said about parameters of augmenters and policies, as text and as JSON-able facts."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any, Final

from augreg.param import ParamSpec

MAX_WIDTH: Final = 100


def parameter_lines(parameters: Sequence[ParamSpec], width: int = MAX_WIDTH) -> Iterator[str]:
    """Yield the lines about parameters: form, default, range and meaning of each."""
    size = max((len(parameter.name) for parameter in parameters), default=0)
    for spec in parameters:
        default = "required" if spec.required else f"default {written(spec.default)}"
        bounds = " ".join(filter(None, [spec.range, spec.unit]))
        head = "; ".join(filter(None, [spec.kind, default, bounds]))
        yield from wrapped(head, width, f"  {spec.name.ljust(size)}  ")
        meaning = ". ".join(filter(None, [spec.doc[:1].upper() + spec.doc[1:].rstrip("."), _shorthand(spec)]))
        if meaning:
            yield from wrapped(f"{meaning}.", width, " " * (size + 4))
    if not parameters:
        yield "  none"


def wrapped(text: str, width: int, head: str = "") -> list[str]:
    """Return text in lines of at most ``width`` characters, those after the first indented as far as ``head``."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def parameter_facts(spec: ParamSpec) -> dict[str, Any]:
    """Return the facts of one parameter in JSON-able form."""
    facts = {name: getattr(spec, name) for name in ParamSpec.__dataclass_fields__}
    facts.update(default=None if spec.required else plain(spec.default), choices=plain(spec.choices))
    return {**facts, "required": spec.required}


def plain(value: Any) -> Any:
    """Return *value* in JSON-able form: tuples become lists, anything foreign its text."""
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): plain(entry) for key, entry in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def written(value: Any) -> str:
    """Return *value* as it stands in a pipeline file; characters that cannot be seen are escaped."""
    text = json.dumps(plain(value), ensure_ascii=False)
    return text if text.isprintable() else json.dumps(plain(value))


def _shorthand(spec: ParamSpec) -> str:
    """Say what a single number means for an interval."""
    if spec.kind != "interval":
        return ""
    if spec.centre is None:
        return "One number stands for the same value every time"
    centre = "" if spec.centre == 0 else f"{spec.centre:g} "
    return f"One number x stands for {centre}- x to {centre}+ x" if centre else "One number x stands for -x to x"

"""The words of YAML 1.2 for pyyaml, which speaks YAML 1.1; without aliases, tags and twins of keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from typing import Any, Final

import yaml

from augreg.errors import ConfigError

MAX_DEPTH: Final = 64
"""How deep lists and mappings may stand in each other, so that no reader of them comes near Python's 1,000 frames; a
step inside three groups stands 12 deep."""

_TAG: Final = "tag:yaml.org,2002:"


def _string(word: str) -> str:
    """Join the surrogate pairs by which JSON escapes emoji; a half of one is a ValueError."""
    return word.encode("utf-16", "surrogatepass").decode("utf-16")


_WORDS: Final[tuple[tuple[str, str, str, Callable[[str], Any]], ...]] = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF", lambda word: word.lower() == "true"),
    ("null", r"~|null|Null|NULL|", "~nN", lambda _: None),
    ("int", r"[-+]?[0-9]+", "-+0123456789", int),
    ("float", r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", "-+.0123456789", float),
)
"""What words without quotes mean in YAML 1.2: tag, pattern, first characters, reader. All others are strings."""


class Loader(yaml.SafeLoader):
    """No ``no`` for false, no ``12:30`` for a number, ``1e3`` a number; no aliases, no tags; keys unique."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Read a value, unless it is a name for another one, says its own type, or stands too deep."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # pyyaml has stubs only in part
        if isinstance(event, yaml.AliasEvent):
            raise _refused(event, "YAML aliases (*name) are not allowed; repeat it.")
        if event.tag is not None:
            raise _refused(event, "YAML tags (!name) are not allowed; leave it out.")
        if self.depth == MAX_DEPTH:
            raise _refused(event, "it is nested too deeply. A step is a name with its parameters.")
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Read a mapping of which no key stands twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise _refused(key_node, f"a key must be a word, not {key!r}.")
            if key in seen:
                raise _refused(key_node, f"key {key!r} appears twice; keep one of them.")
            seen.add(key)
        return super().construct_mapping(node, deep)


class Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or 1.2 would not read as a string."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a list again where it stands again: the loader takes no aliases."""
        return True

    def represent_str(self, data: str) -> Any:
        """Write a string so that it is read as it was."""
        # Other quotes take these three for ends of lines and give back spaces.
        style = '"' if {"\x85", "\u2028", "\u2029"} & set(data) else None
        return self.represent_scalar(f"{_TAG}str", data, style)


def _constructor(read: Callable[[str], Any]) -> Callable[[Any, Any], Any]:
    def construct(_: Any, node: Any) -> Any:
        try:
            return read(node.value)
        except ValueError as error:
            raise _refused(node, f"it holds a value that cannot be read: {error}.") from None

    return construct


Loader.yaml_implicit_resolvers = {}
Dumper.add_representer(str, Dumper.represent_str)
Loader.add_constructor(f"{_TAG}str", _constructor(_string))
for _name, _pattern, _first, _read in _WORDS:
    for _class in (Loader, Dumper):
        _class.add_implicit_resolver(
            _TAG + _name, re.compile(f"^(?:{_pattern})$"), list(_first) + [""] * (_name == "null")
        )
    Loader.add_constructor(_TAG + _name, _constructor(_read))


def _refused(part: Any, reason: str) -> ConfigError:
    """Return the error for an event or a node of a text."""
    return ConfigError(f"{place(part.start_mark.line, part.start_mark.column)}: {reason}")


def place(line: int, column: int) -> str:
    """Return where in a text something stands, as people count."""
    return f"line {line + 1}, column {column + 1}"

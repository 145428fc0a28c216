"""Pipeline files: YAML and JSON, read so that nothing in them can run code or pass unnoticed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from augreg.errors import ConfigError

MAX_BYTES: Final = 1 << 20
"""The largest text that is parsed, since pyyaml needs some ten seconds for it; a pipeline of 100 steps has 10 kB."""

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


class _Loader(yaml.SafeLoader):
    """No ``no`` for false, no ``12:30`` for a number, ``1e3`` a number; no aliases, no tags; keys unique."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
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
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise _refused(key_node, f"a key must be a word, not {key!r}.")
            if key in seen:
                raise _refused(key_node, f"key {key!r} appears twice; keep one of them.")
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.1 or 1.2 would not read as a string."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_str(self, data: str) -> Any:
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


_Loader.yaml_implicit_resolvers = {}
_Dumper.add_representer(str, _Dumper.represent_str)
_Loader.add_constructor(f"{_TAG}str", _constructor(_string))
for _name, _pattern, _first, _read in _WORDS:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            _TAG + _name, re.compile(f"^(?:{_pattern})$"), list(_first) + [""] * (_name == "null")
        )
    _Loader.add_constructor(_TAG + _name, _constructor(_read))


def parse(text: str, source: str) -> Any:
    """Return the plain data of a YAML or JSON text.

    Raises:
        ConfigError: not valid YAML, too large, duplicate keys, aliases or tags; the message names line and column.

    """
    if not isinstance(text, str):
        raise ConfigError(
            f"{source} is a {type(text).__name__}, no text. Give a str, or load a file: Pipeline.load(path)."
        )
    if len(text.encode(errors="replace")) > MAX_BYTES:
        raise ConfigError(f"{source} is larger than {MAX_BYTES >> 20} MiB, which no pipeline needs.")
    try:
        found = yaml.load(text, Loader=_Loader)
    except ConfigError as error:
        raise ConfigError(f"{source}, {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not valid YAML{_fault(error, text)}") from None
    except (ValueError, OverflowError) as error:  # an escape such as "\UFFFFFFFF", for which there is no character
        raise ConfigError(f"{source} holds a value that cannot be read: {error}.") from None
    if found is None:
        raise ConfigError(f"{source} is empty. Write modalities with their steps, e.g. image: [image.hflip].")
    return found


def _refused(part: Any, reason: str) -> ConfigError:
    """Return the error for an event or a node of a text."""
    return ConfigError(f"{_place(part.start_mark.line, part.start_mark.column)}: {reason}")


def _place(line: int, column: int) -> str:
    return f"line {line + 1}, column {column + 1}"


def _fault(error: yaml.YAMLError, text: str) -> str:
    """Return where a YAML text is wrong, what is wrong, and what to do."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    before = text[: getattr(error, "position", 0)]  # a character that YAML forbids has a position, no mark
    line, column = (mark.line, mark.column) if mark else (before.count("\n"), len(before.rpartition("\n")[2]))
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    advice = "Indent with spaces." if "'\\t'" in problem else "Mend that place, or write it with Pipeline.save."
    return f", {_place(line, column)}: {problem}. {advice}"


def read(path: str | Path) -> Any:
    """Return the plain data of a pipeline file."""
    try:
        text = _path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"no pipeline file {str(path)!r}. Write one with Pipeline.save, or check the path.") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}). Give a YAML or JSON file.") from None
    except OSError as error:
        raise ConfigError(f"pipeline file {str(path)!r} cannot be read: {error.strerror}. Give a YAML file.") from None
    return parse(text, str(path))


def dump(data: Any) -> str:
    """Return plain data as YAML."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


def write(data: Any, path: str | Path) -> None:
    """Write plain data as JSON (``.json``) or YAML (anything else)."""
    place = _path(path)
    json_wanted = place.suffix.lower() == ".json"
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n" if json_wanted else dump(data)
    try:
        place.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"pipeline file {str(path)!r} cannot be written: {error.strerror}. Give a path in a folder that is there."
        ) from None


def _path(path: Any) -> Path:
    try:
        return Path(path)
    except TypeError:
        raise ConfigError(f"{path!r} is no path of a pipeline file, such as 'pipeline.yaml'.") from None

"""Pipeline files: YAML and JSON, read so that nothing in them can run code or pass unnoticed."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any, Final

import yaml

from augreg.errors import ConfigError

MAX_BYTES: Final = 1 << 20


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema: no ``no`` for false, no ``12:30`` for a number, ``1e3`` a number; keys unique."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]  # pyyaml has stubs only in part
            raise ConfigError(f"line {event.start_mark.line + 1}: YAML aliases (*name) are not allowed; repeat it.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if not isinstance(key, Hashable):
                raise ConfigError(f"line {line}: a key must be a word, not {key!r}.")
            if key in seen:
                raise ConfigError(f"line {line}: key {key!r} appears twice; keep one of them.")
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


def parse(text: str, source: str) -> Any:
    """Return the plain data of a YAML or JSON text.

    Raises:
        ConfigError: not valid YAML, too large, duplicate keys, aliases or tags; the message names the line.

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
    except RecursionError:
        raise ConfigError(f"{source} is nested too deeply. A step is a name with its parameters.") from None
    except ValueError as error:
        raise ConfigError(f"{source} holds a value that cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not valid YAML{_fault(error)}") from None
    if found is None:
        raise ConfigError(f"{source} is empty. Write modalities with their steps, e.g. image: [image.hflip].")
    return found


def _fault(error: yaml.YAMLError) -> str:
    """Return where a YAML text is wrong, what is wrong, and what to do."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    where = "" if mark is None else f", line {mark.line + 1}, column {mark.column + 1}"
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    advice = "Indent with spaces." if "'\\t'" in problem else "Mend that place, or write it with Pipeline.save."
    return f"{where}: {problem}. {advice}"


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
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


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

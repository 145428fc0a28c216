"""Pipeline files: YAML and JSON, read so that nothing in them can run code or pass unnoticed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import yaml

from augreg.errors import ConfigError, listing, nearest
from augreg.pipeline.yaml12 import Dumper, Loader, place

MAX_BYTES: Final = 1 << 20
"""The largest text that is parsed, since pyyaml needs some ten seconds for it; a pipeline of 100 steps has 10 kB."""


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
        found = yaml.load(text, Loader=Loader)
    except ConfigError as error:
        raise ConfigError(f"{source}, {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{source} is not valid YAML{_fault(error, text)}") from None
    except (ValueError, OverflowError) as error:  # an escape such as "\UFFFFFFFF", for which there is no character
        raise ConfigError(f"{source} holds a value that cannot be read: {error}.") from None
    if found is None:
        raise ConfigError(f"{source} is empty. Write modalities with their steps, e.g. image: [image.hflip].")
    return found


def _fault(error: yaml.YAMLError, text: str) -> str:
    """Return where a YAML text is wrong, what is wrong, and what to do."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    before = text[: getattr(error, "position", 0)]  # a character that YAML forbids has a position, no mark
    line, column = (mark.line, mark.column) if mark else (before.count("\n"), len(before.rpartition("\n")[2]))
    problem = getattr(error, "problem", None) or " ".join(str(error).split())
    advice = "Indent with spaces." if "'\\t'" in problem else "Mend that place, or write it with Pipeline.save."
    return f", {place(line, column)}: {problem}. {advice}"


PRESETS: Final = Path(__file__).parent / "presets"
"""Published policies as pipeline files, which are found by their bare name."""


def presets() -> list[str]:
    """Return the names of the pipeline files that come with augreg.

    >>> from augreg.pipeline.config import presets
    >>> "trivialaugment.yaml" in presets()
    True

    """
    return sorted(path.name for path in PRESETS.glob("*.yaml"))


def read(path: str | Path) -> Any:
    """Return the plain data of a pipeline file; a bare name that is no file here may be that of a preset."""
    file = _path(path)
    bare = file.name == str(file)
    try:
        preset = bare and not file.exists() and file.name in presets()
        text = (PRESETS / file.name if preset else file).read_text(encoding="utf-8")
    except FileNotFoundError:
        hint = nearest(str(path), presets()) if bare else ""
        advice = f"Write one with Pipeline.save, or check the path. Files that come with augreg: {listing(presets())}."
        raise ConfigError(f"no pipeline file {str(path)!r}.{hint} {advice}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text (byte {error.start}). Give a YAML or JSON file.") from None
    except OSError as error:
        raise ConfigError(f"pipeline file {str(path)!r} cannot be read: {error.strerror}. Give a YAML file.") from None
    return parse(text, str(path))


def dump(data: Any) -> str:
    """Return plain data as YAML."""
    return yaml.dump(data, Dumper=Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=100)


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

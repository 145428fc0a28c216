"""Where the files of a table lie: one file, a pattern, a folder in hub layout, or what `save_to_disk` wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.jobs.walk import walk
from augreg.media.formats import readers
from augreg.pipeline.config import parse

SUFFIX: Final = ".parquet"
NUMBERED: Final = re.compile(r"(?P<split>\w+(?:\.\w+)*)-\d{5}-of-\d{5}(?:-\w+)?\.parquet")
"""How `datasets` names the files of a split; some end in a hash of their content."""

DICT, STATE, INFO = "dataset_dict.json", "state.json", "dataset_info.json"
MAX_JSON: Final = 16 << 20
"""Bytes of a state or info file that are read; ten thousand columns have less."""


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one table.

    Args:
        root: the folder that file names are relative to.
        files: names, "/" between parts, in order.
        split: the split that they are of.
        walked: whether all of ``root`` was given, so that nothing may be written into it.

    """

    root: Path
    files: tuple[str, ...]
    split: str = "train"
    walked: bool = True


def table_form(given: str | Path) -> str | None:
    """Return "parquet" or "arrow" where a table lies, by what is there, else None.

    Raises:
        ConfigError: it is a folder of tables and of media files, so that nobody knows which are meant.

    """
    path = Path(given)
    if str(given).endswith(SUFFIX) and not path.is_dir():
        return "parquet"
    if not path.is_dir():
        return None
    if (path / DICT).is_file() or ((path / STATE).is_file() and (path / INFO).is_file()):
        return "arrow"
    shallow = [file for depth in ("*", "*/*") for file in path.glob(depth) if not file.name.startswith(".")]
    tables = [file for file in shallow if file.suffix == SUFFIX]
    if not tables:
        return None
    other = next((f for f in shallow if f.suffix.lower() in readers() and f.suffix != ".md"), None)
    if other is not None:
        raise ConfigError(
            f"input folder {str(given)!r} holds tables ({tables[0].name}) and media files ({other.name}). "
            "Say which are meant: --form parquet or --form folder."
        )
    return "parquet"


def parquet_places(given: str | Path, split: str | None) -> Places:
    """Find the files of a table in Parquet.

    Raises:
        ConfigError: there are none, or they are of several splits and none was asked for.

    """
    path = Path(given)
    if path.is_file():
        found = {_split_of(path.name): [path.name]}
        return _chosen(found, split, str(given), path.parent, walked=False)
    if not path.is_dir():
        files = _matched(path)
        if not files:
            raise ConfigError(
                f"input {str(given)!r} is not there. Give a Parquet file, a folder, or a pattern of files."
            )
        root = _common(files)
        relative = [file.relative_to(root).as_posix() for file in files]
        return _chosen(_by_split(relative), split, str(given), root, walked=False)
    found = _of_card(path) or _by_split(_listed(path))
    if not found:
        raise ConfigError(f"input folder {str(given)!r} has no {SUFFIX} file.")
    return _chosen(found, split, str(given), path, walked=True)


def _matched(pattern: Path) -> list[Path]:
    """Return the files that a pattern such as ``data/train-*.parquet`` or ``data/**/*.parquet`` means."""
    parts = pattern.parts
    plain = next((i for i, part in enumerate(parts) if set(part) & set("*?[")), len(parts))
    if plain == len(parts):
        return []
    return sorted(path for path in Path(*parts[:plain]).glob(str(Path(*parts[plain:]))) if path.is_file())


def _common(files: Sequence[Path]) -> Path:
    parents = [set(file.parents) for file in files]
    return max(set.intersection(*parents), key=lambda parent: len(parent.parts))


def _listed(root: Path) -> list[str]:
    found = []
    for relative, fault, _ in walk(root):
        if relative.endswith(SUFFIX):
            if fault is not None:
                raise ConfigError(f"table {relative!r} cannot be read: {fault.reason}")
            found.append(relative)
    return found


def _split_of(name: str) -> str:
    match = NUMBERED.fullmatch(PurePosixPath(name).name)
    return match["split"] if match else ""


def _by_split(files: Iterable[str]) -> dict[str, list[str]]:
    """Return split -> files by how they are named; "" for files that are not named after a split."""
    found: dict[str, list[str]] = {}
    for name in files:
        found.setdefault(_split_of(name), []).append(name)
    if "" in found and len(found) > 1:
        some = next(name for split, names in found.items() for name in names if split)
        raise ConfigError(
            f"{found[''][0]!r} does not say of which split it is, as {some!r} does. Give a pattern of the files that "
            "belong together."
        )
    return found


def _chosen(found: Mapping[str, Sequence[str]], split: str | None, given: str, root: Path, *, walked: bool) -> Places:
    """Return the files of the split that was asked for, or of the only one."""
    named = {name or "train": files for name, files in found.items()}
    if split is None and len(named) > 1:
        raise ConfigError(f"{given!r} has several splits. Choose one: --split {' or --split '.join(sorted(named))}.")
    if split is not None and split not in named:
        raise ConfigError(f"{given!r} has no split {split!r}.{nearest(split, named)} Splits: {listing(sorted(named))}.")
    name = split or next(iter(named))
    return Places(root, tuple(named[name]), name, walked)


def _of_card(root: Path) -> dict[str, list[str]]:
    """Return split -> files as the data set's card says, README.md with ``configs`` in its head; {} if it says none.

    Raises:
        ConfigError: it cannot be read, has several configurations, or names files elsewhere.

    """
    card = root / "README.md"
    try:
        text = card.read_text(encoding="utf-8")[: 1 << 20] if card.is_file() else ""
    except (OSError, UnicodeDecodeError):
        return {}
    head = re.match(r"\A---\r?\n(.*?)\r?\n---", text, re.DOTALL)
    if head is None or not re.search(r"^configs:", head[1], re.MULTILINE):
        return {}
    said = parse(head[1], f"the head of {card.name}")
    configs = said.get("configs") if isinstance(said, dict) else None
    if not isinstance(configs, list) or not all(isinstance(config, dict) for config in configs):
        raise ConfigError(f"configs of {card.name} is no list of configurations. Give a pattern of the files instead.")
    if len(configs) != 1:
        names = listing([str(config.get("config_name")) for config in configs])
        raise ConfigError(f"{card.name} has several configurations ({names}). Give a pattern of the files of one.")
    files = _listed(root)
    return {split: _matching(patterns, files, card.name) for split, patterns in _patterns(configs[0].get("data_files"))}


def _patterns(said: Any) -> list[tuple[str, list[str]]]:
    """Return the patterns of each split, in whichever of its forms the card says them."""
    if isinstance(said, str):
        return [("train", [said])]
    if isinstance(said, list) and all(isinstance(entry, dict) for entry in said):
        pairs = [(str(entry.get("split", "train")), entry.get("path")) for entry in said]
    elif isinstance(said, list):
        pairs = [("train", said)]
    elif isinstance(said, dict):
        pairs = list(said.items())
    else:
        return []
    return [(split, [path] if isinstance(path, str) else [str(p) for p in path or []]) for split, path in pairs]


def _matching(patterns: Sequence[str], files: Sequence[str], card: str) -> list[str]:
    found: list[str] = []
    for pattern in patterns:
        pure = PurePosixPath(pattern.removeprefix("./"))
        if "://" in pattern or pure.is_absolute() or ".." in pure.parts:
            raise ConfigError(f"{card} names {pattern!r}, which lies elsewhere. Give a pattern of the files instead.")
        found += [name for name in files if fnmatchcase(name, str(pure)) and name not in found]
    if not found:
        raise ConfigError(f"{card} names {listing(patterns)}, and no such file is there.")
    return found


def arrow_places(given: str | Path, split: str | None) -> Places:
    """Find the files of what `save_to_disk` wrote.

    Raises:
        ConfigError: there are none, they are of several splits and none was asked for, or rows were picked out of them
            without being written anew.

    """
    path = Path(given)
    if (path / DICT).is_file():
        splits = [str(name) for name in _json(path / DICT).get("splits", [])]
        found = _chosen({name: [name] for name in splits}, split, str(given), path, walked=True)
        (name,) = found.files
        _refuse_elsewhere(name, DICT)
        return _saved(path, name, name)
    if not (path / STATE).is_file():
        raise ConfigError(f"{str(given)!r} was not written by save_to_disk: it has no {STATE} and no {DICT}.")
    return _saved(path, "", split)


def _saved(root: Path, folder: str, split: str | None) -> Places:
    state = _json(root / folder / STATE)
    if state.get("_indices_data_files"):
        raise ConfigError(
            f"{str(root / folder)!r} holds rows that were picked or shuffled without being written. Write it anew: "
            "dataset.flatten_indices().save_to_disk(...)."
        )
    own = state.get("_split")
    if split is not None and own is not None and split != own:
        raise ConfigError(f"{str(root / folder)!r} has no split {split!r}. Splits: {own!r}.")
    files = []
    for entry in state.get("_data_files", []):
        name = str(entry.get("filename") if isinstance(entry, dict) else entry)
        _refuse_elsewhere(name, STATE)
        files.append(f"{folder}/{name}" if folder else name)
    if not files:
        raise ConfigError(f"{str(root / folder)!r} names no data file.")
    return Places(root, tuple(files), split or own or "train")


def _refuse_elsewhere(name: str, where: str) -> None:
    if not name or name in (".", "..") or set(name) & {"/", "\\", "\0", ":"}:
        raise ConfigError(f"{where} names {name!r}, which is no name of a file beside it. Write the data set anew.")


def _json(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_JSON:
            raise ConfigError(f"{str(path)!r} has more than {MAX_JSON >> 20} MiB, which no data set needs.")
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{str(path)!r} cannot be read: {error}. Write the data set anew.") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{str(path)!r} holds no record of a data set. Write the data set anew.")
    return found

"""Aliases in place of file names: keyed hashes, whose secret lies nowhere unless the user asks for a file of names."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self

from augreg.errors import ConfigError, MediaError
from augreg.jobs.items import Item

SECRET_BYTES: Final = 32
SHORTEST: Final = 3
"""Signs of a part of a name that is looked for in messages: "a" stands in every one."""


@dataclass(frozen=True, slots=True)
class Alias:
    """Gives inputs other names.

    Args:
        secret: without it nobody can tell which name became which alias, or try names until one fits.
        folders: whether the folders of the input stay, as those of classes.

    """

    secret: bytes
    folders: bool = False

    @classmethod
    def of(cls, facts: Mapping[str, Any], secret: bytes | None) -> Self | None:
        """Return the aliases of a job by its record; None if it has none.

        Raises:
            ConfigError: it has, and the secret is not given.

        """
        kind = facts.get("names", "own")
        if kind == "own":
            return None
        if secret is None:
            raise ConfigError(
                "the names in this job are aliases, and its secret was not given. Name the file that --names-to wrote; "
                "without one nobody can tell which input is which."
            )
        return cls(secret, kind == "aliases in folders")

    def __call__(self, item: Item) -> Item:
        """Return an input under its alias: its key, the stem of its outputs, and what messages call it."""
        name = self.name(item.key)
        stem = str(PurePosixPath(item.stem).parent / name) if self.folders else name
        # Of a record's files those stay apart by their suffixes whose suffix no other has; others say their field.
        suffixes = [file.suffix.lower() for file in item.files]
        first, *others = [_renamed(file, stem, alone=suffixes.count(file.suffix.lower()) == 1) for file in item.files]
        return replace(first, others=tuple(others))

    def name(self, key: str) -> str:
        """Return the alias of a key: 24 hexadecimal digits."""
        data = key.encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=12, key=self.secret).hexdigest()


def _renamed(file: Item, stem: str, *, alone: bool) -> Item:
    """Return one file of an input under its alias; where it is a field, the name ends in the field."""
    if file.record is None:
        own = stem if file.field is None else f"{stem}.{file.field}"
        called = own + PurePosixPath(file.path).suffix
    else:
        own = stem if alone or file.field is None else f"{stem}.{file.field}"
        called = own + file.suffix
    record = None if file.record is None else stem
    new = replace(file, key=stem, stem=own, alias=called, record=record, others=())
    return new if file.fault is None else replace(new, fault=hushed(file.fault, new))


def hushed(fault: MediaError, file: Item) -> MediaError:
    """Return the fault of a file without the names that its reason may hold.

    It was found when the source was listed, and may quote any name that stands there.
    """
    reason = re.sub(
        r"'[^']*'", lambda found: found[0] if file.called in found[0] else "'...'", without_names(fault.reason, file)
    )
    return MediaError(file.called, reason, fault.code)


def without_names(reason: str, file: Item) -> str:
    """Return a reason in which a file, if it has an alias, is called by that."""
    if not file.alias:
        return reason
    names = {name: f.called for f in file.files for name in _names(f)}
    for name, called in sorted(names.items(), key=lambda pair: -len(pair[0])):
        reason = reason.replace(name, called)
    return reason


def _names(file: Item) -> set[str]:
    """Return how messages may call a file: by its path, its name there, and the tar or table that holds it."""
    found = {file.path, PurePosixPath(file.path).name}
    if isinstance(file.where, (list, tuple)) and file.where and isinstance(file.where[0], str):
        holder = file.where[0]
        found |= {holder, PurePosixPath(holder).name}
        within = file.path.removeprefix(f"{holder}/").partition("#")[0]
        found |= {within, PurePosixPath(within).name.partition(".")[0]}
    return {name for name in found if len(name) >= SHORTEST or name == file.path}


def new_secret() -> bytes:
    """Draw a secret."""
    return secrets.token_bytes(SECRET_BYTES)


def read_secret(path: Path) -> bytes:
    """Read the secret off a file of names.

    Raises:
        ConfigError: it is not there or is none.

    """
    try:
        secret = bytes.fromhex(json.loads(path.read_text(encoding="utf-8").splitlines()[0])["secret"])
    except OSError as error:
        raise ConfigError(f"file of names {str(path)!r} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, IndexError):
        raise ConfigError(f"{str(path)!r} is no file of names that --names-to wrote.") from None
    if len(secret) != SECRET_BYTES:
        raise ConfigError(f"the secret in {str(path)!r} has {len(secret)} bytes, not {SECRET_BYTES}.")
    return secret


def read_names(path: Path) -> Iterator[tuple[str, str]]:
    """Yield which file became which alias."""
    for line in path.read_text(encoding="ascii").splitlines()[1:]:
        found = json.loads(line)
        yield found["source"], found["alias"]


def write_names(path: Path, secret: bytes, items: Iterable[Item]) -> None:
    """Write the secret and, line by line, which file became which alias; for the user's eyes only."""
    number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(number, "w", encoding="ascii") as file:
        file.write(json.dumps({"secret": secret.hex()}) + "\n")
        for item in items:
            for part in item.files:
                file.write(json.dumps({"source": part.path, "alias": part.called}) + "\n")

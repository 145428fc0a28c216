"""Encrypts outputs for the holders of age keys, by pyrage; without it, or its keys, nothing is written."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError

SUFFIX: Final = ".age"
MAGIC: Final = b"age-encryption.org/v1\n"
BLOCK: Final = 64 * 1024
"""Bytes of plaintext that are sealed together, each block with 16 bytes of seal (the age format, section "Payload")."""

SEAL: Final = 16
NONCE: Final = 16
HEADER: Final = 1 << 20
"""Longest header that is looked through."""


def pyrage() -> Any:
    """Import the library.

    Raises:
        ConfigError: it is not installed.

    """
    try:
        return importlib.import_module("pyrage")
    except ImportError:
        raise ConfigError("age encryption needs pyrage. Install it: pip install 'augreg[encrypt]'.") from None


def read_recipients(given: Iterable[str]) -> tuple[str, ...]:
    """Return public keys, those of files included; each argument is a key or a file with one on each line.

    Raises:
        ConfigError: one is neither.

    """
    found: list[str] = []
    for text in given:
        found += [text] if text.startswith("age1") else _keys_in(Path(text), "recipients")
    for key in found:
        _recipient(key)
    return tuple(dict.fromkeys(found))


def read_identities(path: Path) -> list[str]:
    """Return the secret keys in a file, as age-keygen writes it.

    Raises:
        ConfigError: it cannot be read, or has none.

    """
    keys = _keys_in(path, "identities")
    for key in keys:
        _identity(key, str(path))
    return keys


def encrypt(source: Path, target: Path, recipients: Sequence[str]) -> None:
    """Encrypt a file. The outcome differs each time: age draws a key for every file."""
    pyrage().encrypt_file(str(source), str(target), [_recipient(key) for key in recipients])


def decrypted(path: Path, identities: Sequence[str]) -> bytes:
    """Return the plaintext of a file.

    Raises:
        ConfigError: none of the identities opens it, or it is damaged.

    """
    library = pyrage()
    try:
        return bytes(library.decrypt(path.read_bytes(), [_identity(key, "identity") for key in identities]))
    except library.DecryptError as error:
        raise ConfigError(f"{path.name} cannot be decrypted: {error}") from None


def fault_of(path: Path, name: str, line: Any, identities: Sequence[str]) -> str | None:
    """Return why an encrypted output is not what its line says; its size without identities, else its content."""
    try:
        if path.is_symlink() or not path.is_file():
            return f"{name} is gone"
        if (wanted := _size(path, line["bytes"])) != path.stat().st_size:
            return f"{name} is no age file" if wanted is None else f"{name} has not the {wanted:,} bytes that it needs"
        if identities:
            plain = decrypted(path, identities)
            return None if hashlib.sha256(plain).hexdigest() == line["sha256"] else f"{name} was changed"
    except OSError as error:
        return f"{name} cannot be read: {error.strerror}"
    except ConfigError as error:
        return str(error)
    return None


def _size(path: Path, plain: int) -> int | None:
    """Return the size that an age file of so many bytes of plaintext has, by its header; None if it has none."""
    with path.open("rb") as file:
        head = file.read(HEADER)
    mac = head.find(b"\n--- ")
    end = head.find(b"\n", mac + 1)
    if not head.startswith(MAGIC) or mac < 0 or end < 0:
        return None
    return end + 1 + NONCE + plain + SEAL * max(1, -(-plain // BLOCK))


def _keys_in(path: Path, what: str) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"file of age {what} {str(path)!r} cannot be read: {reason}.") from None
    found = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not found:
        raise ConfigError(f"{str(path)!r} holds no age {what}. Write one on each line.")
    return found


def _recipient(key: str) -> Any:
    library = pyrage()
    try:
        return library.x25519.Recipient.from_str(key)
    except library.RecipientError as error:
        raise ConfigError(f"{key!r} is no age recipient: {error}. It begins with age1.") from None


def _identity(key: str, where: str) -> Any:
    library = pyrage()
    try:
        return library.x25519.Identity.from_str(key)
    except library.IdentityError as error:
        raise ConfigError(f"{where} holds no age identity: {error}. It begins with AGE-SECRET-KEY-1.") from None

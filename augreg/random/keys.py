"""Keys of samples and of streams: what identifies a sample, or one draw of one step, as 64 bits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from augreg.errors import ContractError
from augreg.random import philox

RNG_VERSION: Final = 1
"""Part of every stream key. It grows when the same key would give another number."""

Keys = NDArray[np.uint64]


def _digest(data: bytes) -> int:
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


@lru_cache(maxsize=16384, typed=True)
def hash_key(identifier: str | int | bytes) -> int:
    """Sample key of an identifier: unsigned 64 bits, BLAKE2b of its text.

    7 and "7" have the same key; bytes are hashed as they are, so ``b"7"`` has it too.

    Raises:
        ContractError: for any other type, a float for instance.

    """
    if isinstance(identifier, str):
        data = identifier.encode("utf-8", "surrogatepass")
    elif isinstance(identifier, (int, np.integer)):
        data = b"%d" % int(identifier)
    elif isinstance(identifier, bytes):
        data = identifier
    else:
        raise _no_identifier(identifier)
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "little")


def _no_identifier(value: object) -> ContractError:
    message = f"a sample key is made of str, int or bytes, not {type(value).__name__} ({value!r})."
    return ContractError(f"{message} Convert it with str(...) first.")


def hash_keys(ids: Iterable[str | int | bytes]) -> Keys:
    """Sample keys uint64 (n,) of n identifiers, see `hash_key`.

    >>> from augreg.kernel import hash_keys
    >>> hash_keys([3, "3", "cat.jpg"])
    array([ 112266347804173726,  112266347804173726, 2187389003664481264],
          dtype=uint64)

    """
    if isinstance(ids, range):
        return _range_keys(ids)
    known = list(ids)
    try:
        return np.array([hash_key(identifier) for identifier in known], dtype=np.uint64)
    except TypeError:  # What cannot be hashed fails in the cache, before it is looked at.
        raise _no_identifier(next(i for i in known if not isinstance(i, str | int | bytes | np.integer))) from None


@lru_cache(maxsize=64)
def _range_keys(ids: range) -> Keys:
    """Return the keys of samples that are known by their places, as most batches are; not to be written to."""
    keys = np.array([hash_key(identifier) for identifier in ids], dtype=np.uint64)
    keys.flags.writeable = False
    return keys


def field_keys(keys: Keys, field: str) -> Keys:
    """Sample keys uint64 (n,) of one field of n records, from the keys of the records."""
    words = philox.blocks(as_keys(keys), 0, 0, _digest(b"field|" + field.encode("utf-8", "surrogatepass")))
    return join(words)


@lru_cache(maxsize=16384)
def stream_key(seed: int, epoch: int, copy: int, path: str, name: str) -> int:
    """64-bit Philox key of one named draw of one step. Seed, epoch and copy may be any integers.

    >>> from augreg.kernel import stream_key
    >>> stream_key(7, 0, 0, "image.rotate", "angle")
    2186719820035718796

    """
    head = f"{RNG_VERSION}|{seed:x}|{epoch:x}|{copy:x}|{len(path)}|{path}|{name}"
    return _digest(head.encode("utf-8", "surrogatepass"))


def as_keys(keys: ArrayLike) -> Keys:
    """Return sample keys as uint64 (n,)."""
    array = np.asarray(keys)
    if array.ndim != 1 or (array.size and array.dtype.kind not in "ui"):
        message = f"sample keys must be a uint64 array (n,), not {array.dtype} {array.shape}."
        raise ContractError(f"{message} Make them with augreg.random.keys.hash_keys(ids).")
    return array.astype(np.uint64, copy=False)


def join(words: NDArray[np.uint32]) -> Keys:
    """Return 64 bits each, uint64 (n,), of words (n, 2 or more), the low ones first."""
    low, high = words[:, 0].astype(np.uint64), words[:, 1].astype(np.uint64)
    return low | (high << np.uint64(32))

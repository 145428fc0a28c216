"""The items of one batch: their keys, and one call of `augment` for all that share an epoch and a copy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from augreg.errors import ConfigError, listing, nearest
from augreg.intake.keys import KEY_FIELDS, own_key, plain_key
from augreg.loaders.epochs import UNSET
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.settings import Settings

KeyOf = str | Callable[[Any], Any] | None
"""The field that holds a record's key, or what computes it; None for the usual fields."""


def augment_items(settings: Settings, items: Sequence[Any], key: KeyOf = None) -> Any:
    """Augment the items of a batch; with ``views`` a tuple of so many lists.

    ``augment`` takes one epoch and one copy per call. So items that differ in them, as repeats do, are augmented group
    by group, and steps that mix samples see the samples of their group only.

    Raises:
        ConfigError: there is a seed, and an item without a key.

    """
    items = listed(items, settings.name)
    if not any(isinstance(item, KeyedItem) for item in items):
        keys = None if key is None else [key_of(item, key) for item in items]
        if keys is None and settings.seed is not None:
            _demand_keys(items)
        return _call(settings, items, keys, settings.epoch, 0)
    if not all(isinstance(item, KeyedItem) for item in items):
        raise ConfigError("some items of the batch have keys and some have none. Put augreg.Keyed outermost.")
    groups: dict[tuple[int, int], list[int]] = {}
    default = settings.epoch
    for place, item in enumerate(items):
        groups.setdefault((default if item.epoch == UNSET else item.epoch, item.copy), []).append(place)
    found = [
        _call(settings, [items[i].item for i in places], [_keyed(items[i], key) for i in places], epoch, copy)
        for (epoch, copy), places in groups.items()
    ]
    return found[0] if len(found) == 1 else _in_order(found, list(groups.values()), len(items))


def _keyed(held: KeyedItem, key: KeyOf) -> Any:
    """Return the key of an item of `Keyed`: what the caller named, else its own, else its index.

    So a record with an ``id`` gets the same from a loader as from `bind`, or streamed.
    """
    if key is not None:
        return key_of(held.item, key)
    own = brought_key(held.item)
    return held.key if own is None else own


def _call(settings: Settings, items: list[Any], keys: list[Any] | None, epoch: int, copy: int) -> Any:
    if not copy:
        return settings._augment(items, epoch=epoch, keys=keys)
    return settings._augment(items, epoch=epoch, keys=keys, copy=counted_copy(settings, copy))


def counted_copy(settings: Settings, copy: int) -> int:
    """Return the copy of an item that was counted.

    Raises:
        ConfigError: the caller said another.

    """
    if settings.options.get("copy"):
        raise ConfigError(
            f"copy={settings.options['copy']!r} and repeated items do not go together: the copies of items that come "
            "several times are counted. Leave copy out."
        )
    return copy


def _in_order(found: list[Any], groups: list[list[int]], n: int) -> Any:
    """Put the results of groups back into the order of the batch."""
    if isinstance(found[0], tuple):  # views
        return tuple(_in_order(list(view), groups, n) for view in zip(*found, strict=True))
    out: list[Any] = [None] * n
    for places, results in zip(groups, found, strict=True):
        for place, result in zip(places, results, strict=True):
            out[place] = result
    return out


def listed(items: Any, name: str) -> list[Any]:
    """Return a batch as a list; what is no list of items is refused.

    Raises:
        ConfigError: a single item, as DataLoader(batch_size=None) hands it out.

    """
    if isinstance(items, (list, tuple)):
        return list(items)
    raise ConfigError(
        f"{name} takes the list of a batch's items, and got one {type(items).__name__}. Where batch_size=None, the "
        "items are no batch: pass collate_fn=pipe.bind(seed=..., form=...) instead."
    )


def key_of(item: Any, key: KeyOf) -> str | int:
    """Return the key of an item by the name of a field, or by a function.

    Raises:
        ConfigError: it has no such field.
        SampleError: what is there is neither a string nor an integer.

    """
    if callable(key):
        return plain_key(key(item))
    fields = item if isinstance(item, Mapping) else item[-1] if isinstance(item, tuple) and item else None
    if not isinstance(fields, Mapping):
        raise ConfigError(
            f"key={key!r} names a field of a record, and a {type(item).__name__} has no fields. "
            "Pass the key with the call: bound(sample, key=index)."
        )
    if key not in fields:
        raise ConfigError(missing(fields, key))
    return plain_key(fields[key])


def missing(fields: Mapping[Any, Any], name: str | None = None) -> str:
    """Return what to say of a record without the key that it should have, or without the field that is to hold it."""
    there = listing(map(repr, fields))
    if name is None:
        first = f"with a seed a record needs a key, and {_no_key(fields, there)}"
    else:
        first = f"key={name!r}: the record has no such field.{nearest(name, map(str, fields))} Fields: {there}"
    return (
        f"{first}. Without a key every call would give the same augmentation. Add a field: "
        "dataset.add_column('id', range(len(dataset))) in Hugging Face datasets, or map(..., with_indices=True); "
        "or pass it with the call: bound(record, key=index)."
    )


def _no_key(fields: Mapping[Any, Any], there: str) -> str:
    """Return why no field of a record is its key: none is called so, or it holds neither a string nor an integer."""
    named = next((name for name in KEY_FIELDS if fields.get(name) is not None), None)
    if named is None:
        return f"of its fields ({there}) none is 'id' or 'key'"
    value = fields[named]
    wrong = [entry for entry in value if not isinstance(entry, (str, int))] if isinstance(value, list) else [value]
    kind = type((wrong or [value])[0]).__name__
    return f"its {named!r} holds a {kind}; keys are strings or integers"


def _demand_keys(items: Sequence[Any]) -> None:
    if not all(map(has_key, items)):
        raise ConfigError(
            "with a seed, every item needs a key: otherwise the first item of each batch would always get the "
            "same augmentation. Wrap the data set: augreg.Keyed(dataset), outside of all other wrappers and with a "
            "batch_size, or give records a field 'key'."
        )


def has_key(item: Any) -> bool:
    """Whether an item brings its key along."""
    return brought_key(item) is not None


def brought_key(item: Any) -> Any:
    """Return the key that an item brings along, in a field, in the targets of a pair, or as a sample's own; or None."""
    if isinstance(item, Mapping):
        return own_key(item)
    if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], Mapping):
        return own_key(item[1])
    return getattr(item, "key", None)

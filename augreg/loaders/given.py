"""What `pipe.bind(...)` does with what it is given: a sample, an item, a record, columns, a table or a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.engine.bare import OTHERWISE
from augreg.errors import ConfigError
from augreg.intake.keys import plain_key
from augreg.intake.samples import is_target_pair
from augreg.intake.tables import table_of
from augreg.loaders.columns import check_fields, column_keys, is_column, reading
from augreg.loaders.items import KeyOf, augment_items, counted_copy, has_key, key_of, missing
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.repeats import Repeat
from augreg.loaders.settings import Settings

PLAIN: Final = (int, float, bool, str, type(None))
"""Types of targets that steps never move: a class, or its name."""
HOLDERS: Final = (list, tuple, Mapping)


class Binding(Settings):
    """Settings with a key: what the functions below are told beside what is given."""

    name = "bind"
    key: KeyOf
    mixes: str | None
    """The first step that mixes samples."""
    wanted: dict[str, str]
    """The schema. No set of its fields, whose order, and with it a fingerprint, would differ between processes."""


def guessed(kind: type) -> Any:
    """Return what is done with things of a type, where the caller did not say their form."""
    for wanted, how in ((Mapping, _mapping), (list, many), (KeyedItem, _keyed), (tuple, item_of)):
        if issubclass(kind, wanted):
            return how
    return one


def one(bound: Binding, sample: Any, key: Any) -> Any:
    """Augment one sample, pair or record; or a stack, with a list of keys."""
    if bound.bare_options:
        found = bound.bare(sample, key_of(sample, bound.key) if key is None and bound.key is not None else key)
        if found is not OTHERWISE:
            return found
    if not isinstance(key, list) and (key is not None or not hasattr(sample, "ndim")):  # an array may be a stack
        check_alone(bound)
    if type(key) is Repeat:
        return bound._augment(sample, epoch=bound._epoch.item(), keys=(key,), copy=counted_copy(bound, key.copy))
    keys = _own(bound, sample) if key is None else key if isinstance(key, list) else (key,)
    return bound._augment(sample, epoch=bound._epoch.item(), keys=keys)


def check_alone(bound: Binding) -> None:
    """Refuse one sample where a step mixes samples: it would come back as if the step were not there.

    Raises:
        ConfigError: a step mixes.

    """
    if bound.mixes:
        raise ConfigError(
            f"step {bound.mixes!r} mixes samples of a batch, and bind got one sample. Give it batches: columns, as "
            "map(..., batched=True) does, or lists; or augment in the loader: augreg.loader, augreg.collate."
        )


def _own(bound: Binding, sample: Any) -> tuple[Any] | None:
    """Return the key of one sample, record or pair, if the caller said where it is; None if it brings it along."""
    if bound.key is not None:
        return (key_of(sample, bound.key),)
    if bound.seed is None or has_key(sample):
        return None
    if isinstance(sample, Mapping):
        raise ConfigError(missing(sample))
    raise ConfigError(
        f"with a seed a sample needs a key, and this {type(sample).__name__} has none: every call would give the same "
        "augmentation. Pass it with the call, bound(sample, key=index), or say where it is, key='image_id' or a "
        "function; where neither can be, as in torchvision's transform=, augment in the loader: augreg.loader."
    )


def _wrapped(bound: Binding, item: Any, key: Any) -> Any:
    """Augment one record or item as a list of one, so that none of its fields is taken for a column."""
    check_alone(bound)
    keys = _own(bound, item) if key is None else (key,)
    copy = {"copy": counted_copy(bound, key.copy)} if type(key) is Repeat else {}
    out = bound._augment([item], epoch=bound._epoch.item(), keys=keys, **copy)
    return tuple(view[0] for view in out) if isinstance(out, tuple) else out[0]


def record(bound: Binding, fields: Any, key: Any) -> Any:
    """Augment one record."""
    if key is not None and is_column(key):
        raise ConfigError(
            f"key={key!r} is a list, and one record has one key. Say form='columns' if these are several."
        )
    if any(isinstance(value, (list, tuple)) for value in fields.values()):
        return _wrapped(bound, fields, key)
    return one(bound, fields, key)  # by itself, which costs less than a list of one


def columns(bound: Binding, mapping: Any, key: Any) -> Any:
    """Augment a mapping of fields to lists."""
    if key is not None and not is_column(key):
        raise ConfigError(f"key={key!r} is one key for columns. Give a list with one per row, or say form='record'.")
    keys = column_keys(mapping, bound.key, bound.seed) if key is None else [plain_key(k) for k in key]
    return bound._augment(mapping, epoch=bound._epoch.item(), keys=keys)


def table(bound: Binding, held_by: Any, key: Any) -> Any:
    """Augment a DataFrame or an Arrow table, which is columns."""
    held = table_of(held_by)
    keys = column_keys(held.columns, bound.key, bound.seed) if key is None and held is not None else list(key)
    return bound._augment(held_by, epoch=bound._epoch.item(), keys=keys)


def _mapping(bound: Binding, mapping: Any, key: Any) -> Any:
    owner = bound.pipeline.known.owner(mapping)
    if owner is not None:
        return one(bound, mapping, key)
    if not bound.wanted.keys() <= mapping.keys():
        check_fields(bound.wanted, mapping)
    read = {"record": record, "columns": columns}
    return read[reading(mapping, key, bound.key, bound.seed, bound.pipeline.known)](bound, mapping, key)


def many(bound: Binding, items: Any, key: Any) -> Any:
    """Augment a list of samples, items or records."""
    if key is None:
        return augment_items(bound, items, bound.key)
    keys = list(key) if is_column(key) else [key]
    return bound._augment(list(items), epoch=bound._epoch.item(), keys=keys)


def _keyed(bound: Binding, item: Any, key: Any) -> Any:
    out = augment_items(bound, [item], bound.key if key is None else lambda _: key)
    return tuple(view[0] for view in out) if isinstance(out, tuple) else out[0]


def item_of(bound: Binding, item: Any, key: Any) -> Any:
    """Augment a tuple: one sample such as (waveform, rate), or an item with its targets."""
    owner = bound.pipeline.known.owner(item)
    if is_target_pair(item) or (owner is not None and bound.options.get("modality") in (None, owner.name)):
        return one(bound, item, key)
    plain = len(item) == 2 and type(item[1]) in PLAIN and not isinstance(item[0], (str, *HOLDERS))
    if plain and key is not None and not bound.pipeline.level_fields:
        out = one(bound, item[0], key)  # the class has no part in it
        return tuple((view, item[1]) for view in out) if "views" in bound.options else (out, item[1])
    return _wrapped(bound, item, key)

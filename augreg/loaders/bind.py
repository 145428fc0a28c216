"""`pipe.bind(...)`: a pipeline with seed, keys and options, as the one function that data sets and loaders ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from augreg.errors import ConfigError, listing, nearest
from augreg.intake.keys import plain_key
from augreg.intake.samples import is_target_pair
from augreg.intake.tables import table_of
from augreg.loaders.columns import column_keys, is_column, reading
from augreg.loaders.items import KeyOf, augment_items, has_key, key_of, missing
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.repeats import Repeat
from augreg.loaders.rows import check_row
from augreg.loaders.settings import Settings
from augreg.pipeline import Pipeline

FORMS: Final = ("sample", "record", "columns", "list")
PLAIN: Final = (int, float, bool, str, type(None))
"""Types of targets that steps never move: a class, or its name."""
HOLDERS: Final = (list, tuple, Mapping)
ABSENT: Final = object()
"""No second argument: None is one."""


class Bound(Settings):
    """A pipeline as a function of a sample, a record, columns or a list, made by :meth:`Pipeline.bind`.

    It pickles, holds no random state, and fits everywhere such a function is wanted:

    =====================================================  ================================================
    where                                                  what is written
    =====================================================  ================================================
    ``Dataset.__getitem__(self, i)``                       ``self.bound(picture, key=i)``
    torchvision's ``transforms=``                          ``bound(image, target)``, a pair comes back
    ``collate_fn=``                                        ``pipe.bind(seed=7, then=default_collate)``
    Hugging Face ``with_transform``, ``map(batched=...)``  ``ds.map(pipe.bind(seed=7, key="id"))``
    Ray ``map_batches``                                    ``pipe.bind(seed=7, key="id", form="columns")``
    Grain ``map``                                          ``pipe.bind(seed=7, key="id", form="record")``
    =====================================================  ================================================

    Args:
        pipeline: the steps.
        seed: with equal seed, epoch and key a sample gets the same augmentation wherever it runs. Without, a seed is
            drawn from torch's global generator at each call.
        schema: for records and columns: field -> modality.
        key: the field that holds the key, or a function of the sample, record or pair that returns it. Default:
            ``key``, ``__key__`` or ``id`` of a record, a sample's own key. A call may name its key itself:
            ``bound(sample, key=i)``, and a list of them for columns and lists. An index that
            :class:`augreg.CountRepeats` counted brings its copy along.
        form: what is given: "sample", "record" (a mapping of fields), "columns" (a mapping of fields to lists, or a table
            of pandas or Arrow) or "list" (of samples or records). None tells by the type; a mapping of lists is columns
            where its key is a list and a record where it is one value, and otherwise it is refused. A tuple is one item
            with its targets or fields, as data sets return them.
        then: is called with the result, such as ``torch.utils.data.default_collate``.
        options: further arguments of :func:`augreg.augment`: ``modality``, ``sample_rate``, ``device``, ...

    Raises:
        ConfigError: a wrong option; when called, a seed without a key, or a mapping with two readings.

    >>> import augreg
    >>> pipe = augreg.Pipeline({"text": [{"text.char_case": {"rate": 1}}]})
    >>> bound = pipe.bind(seed=7, schema={"caption": "text"})
    >>> bound({"id": "a", "caption": "a cat"})
    {'id': 'a', 'caption': 'A CAT'}
    >>> bound({"id": ["a", "b"], "caption": ["a cat", "a dog"]})["caption"]
    ['A CAT', 'A DOG']
    >>> pipe.bind(seed=7)("a cat", key="a")
    'A CAT'

    """

    name = "bind"

    def __init__(
        self,
        pipeline: Pipeline | Mapping[str, Any],
        *,
        seed: int | None = None,
        schema: Mapping[str, str] | None = None,
        key: KeyOf = None,
        form: str | None = None,
        then: Callable[[Any], Any] | None = None,
        **options: Any,
    ) -> None:
        if form is not None and form not in FORMS:
            raise ConfigError(f"form={form!r} is unknown.{nearest(str(form), FORMS)} Valid: {listing(FORMS)}.")
        if not (key is None or isinstance(key, str) or callable(key)):
            raise ConfigError(f"key={key!r} is no name of a field and no function; give one, e.g. key='id'.")
        super().__init__(pipeline, seed, options if schema is None else {"schema": schema, **options})
        self.key, self.form, self.then = key, form, then
        self._how: dict[type, Any] = {}

    def __call__(self, given: Any, target: Any = ABSENT, *, key: Any = None) -> Any:
        """Augment what is given and return the same kind of thing; see :class:`Bound`.

        A second argument is the target of a pair, or, after a mapping, its key: ``map(bound, with_indices=True)``.
        """
        if target is not ABSENT:
            return self._two(given, target, key)
        how = self._how.get(type(given)) or self._learn(given)
        out = how(self, given, key)
        return out if self.then is None else self.then(out)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_how": {}}

    def _learn(self, given: Any) -> Any:
        """Return, and keep, what is done with things of a type."""
        kind = type(given)
        how: Any
        table = table_of(given)
        if table is not None and table.names is not None and self.form in (None, "columns"):
            how = _table
        elif self.form is None:
            how = _guessed(kind)
        elif self.form == "sample":
            how = _item if issubclass(kind, tuple) else _one
        else:
            wanted: tuple[type, ...] = (list, tuple) if self.form == "list" else (Mapping,)
            if not issubclass(kind, wanted):
                expected = "a list" if self.form == "list" else "a mapping of fields"
                raise ConfigError(f"form={self.form!r} wants {expected}, and got a {kind.__name__}. Leave form out.")
            how = {"record": _record, "columns": _columns, "list": _list}[self.form]
        self._how[kind] = how
        return how

    def _two(self, given: Any, second: Any, key: Any) -> Any:
        if isinstance(given, Mapping):
            if key is not None:
                raise ConfigError(f"the key is given twice, as {second!r} and as key={key!r}. Keep one.")
            return self(given, key=second)
        out = _item(self, (given, second), key)
        return out if self.then is None else self.then(out)


def _guessed(kind: type) -> Any:
    for wanted, how in ((Mapping, _mapping), (list, _list), (KeyedItem, _keyed), (tuple, _item)):
        if issubclass(kind, wanted):
            return how
    return _one


def _one(bound: Bound, sample: Any, key: Any) -> Any:
    if type(key) is Repeat:
        return bound._augment(sample, epoch=bound._epoch.item(), keys=(key,), copy=key.copy)
    # A list of keys, where a stack is given.
    keys = _own(bound, sample) if key is None else key if isinstance(key, list) else (key,)
    return bound._augment(sample, epoch=bound._epoch.item(), keys=keys)


def _own(bound: Bound, sample: Any) -> tuple[Any] | None:
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


def _wrapped(bound: Bound, item: Any, key: Any) -> Any:
    """Augment one record or item as a list of one, so that none of its fields is taken for a column."""
    check_row(bound, item)
    keys = _own(bound, item) if key is None else (key,)
    copy = {"copy": key.copy} if type(key) is Repeat else {}
    out = bound._augment([item], epoch=bound._epoch.item(), keys=keys, **copy)
    return tuple(view[0] for view in out) if isinstance(out, tuple) else out[0]


def _record(bound: Bound, record: Any, key: Any) -> Any:
    if key is not None and is_column(key):
        raise ConfigError(
            f"key={key!r} is a list, and one record has one key. Say form='columns' if these are several."
        )
    if any(isinstance(value, (list, tuple)) for value in record.values()):
        return _wrapped(bound, record, key)
    return _one(bound, record, key)  # by itself, which costs less than a list of one


def _columns(bound: Bound, columns: Any, key: Any) -> Any:
    if key is not None and not is_column(key):
        raise ConfigError(f"key={key!r} is one key for columns. Give a list with one per row, or say form='record'.")
    keys = column_keys(columns, bound.key, bound.seed) if key is None else [plain_key(k) for k in key]
    return bound._augment(columns, epoch=bound._epoch.item(), keys=keys)


def _table(bound: Bound, table: Any, key: Any) -> Any:
    """Augment a DataFrame or an Arrow table, which is columns."""
    held = table_of(table)
    keys = column_keys(held.columns, bound.key, bound.seed) if key is None and held is not None else list(key)
    return bound._augment(table, epoch=bound._epoch.item(), keys=keys)


def _mapping(bound: Bound, mapping: Any, key: Any) -> Any:
    owner = bound.pipeline.known.owner(mapping)
    if owner is not None:
        return _one(bound, mapping, key)
    read = {"record": _record, "columns": _columns}
    return read[reading(mapping, key, bound.key, bound.seed, bound.pipeline.known)](bound, mapping, key)


def _list(bound: Bound, items: Any, key: Any) -> Any:
    if key is None:
        return augment_items(bound, items, bound.key)
    keys = list(key) if is_column(key) else [key]
    return bound._augment(list(items), epoch=bound._epoch.item(), keys=keys)


def _keyed(bound: Bound, item: Any, key: Any) -> Any:
    out = augment_items(bound, [item if key is None else item._replace(key=key)])
    return tuple(view[0] for view in out) if isinstance(out, tuple) else out[0]


def _item(bound: Bound, item: Any, key: Any) -> Any:
    """Augment a tuple: one sample such as (waveform, rate), or an item with its targets."""
    owner = bound.pipeline.known.owner(item)
    if is_target_pair(item) or (owner is not None and bound.options.get("modality") in (None, owner.name)):
        return _one(bound, item, key)
    if len(item) == 2 and type(item[1]) in PLAIN and not isinstance(item[0], (str, *HOLDERS)) and key is not None:
        out = _one(bound, item[0], key)  # the class has no part in it
        return tuple((view, item[1]) for view in out) if "views" in bound.options else (out, item[1])
    return _wrapped(bound, item, key)

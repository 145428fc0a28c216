"""`pipe.bind(...)`: a pipeline with seed, keys and options, as the one function that data sets and loaders ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Self

import torch

from augreg.engine.bare import OTHERWISE
from augreg.errors import ConfigError, listing, nearest
from augreg.intake.tables import table_of
from augreg.loaders.given import Binding, columns, guessed, item_of, many, one, record, table
from augreg.loaders.items import KeyOf
from augreg.loaders.mixing import mixing_step
from augreg.pipeline import Pipeline

FORMS: Final = ("sample", "record", "columns", "list")
COMPILED: Final = (torch.Tensor, list, tuple, dict)
"""What functions under torch.compile hold; for others one call is saved, see tests/test_price_of_a_call.py."""
ABSENT: Final = object()
"""No second argument: None is one."""


class Bound(Binding):
    """A pipeline as a function of a sample, a record, columns or a list, made by :meth:`Pipeline.bind`.

    It pickles, holds no random state, and fits everywhere such a function is wanted:

    =====================================================  ================================================
    where                                                  what is written
    =====================================================  ================================================
    ``Dataset.__getitem__(self, i)``                       ``self.bound(picture, key=i)``
    torchvision's ``transforms=``                          ``bound(image, target)``, a pair comes back
    ``collate_fn=``                                        ``pipe.bind(seed=7, then=default_collate)``
    Hugging Face ``with_transform``, ``map(batched=...)``  ``ds.map(pipe.bind(seed=7, key="id"))``
    Ray ``map_batches``                                    :class:`augreg.ray.Augment`, to which rows that fail are rows
    Grain ``map``                                          ``pipe.bind(seed=7, key="id", form="record")``
    =====================================================  ================================================

    With a seed, ``set_epoch(n)`` has to be called before each epoch, or all are alike: nobody tells a function. In a
    Trainer of Hugging Face a callback's ``on_epoch_begin`` does; running workers hear it, too.

    Args:
        pipeline: the steps.
        seed: with equal seed, epoch and key a sample gets the same augmentation wherever it runs. Without, a seed is
            drawn from torch's global generator at each call.
        schema: for records and columns: field -> what it is, see :func:`augreg.augment`.
        key: the field that holds the key, or a function of the sample, record or pair that returns it. Default:
            ``key``, ``__key__`` or ``id`` of a record, a sample's own key. A call may name its key itself:
            ``bound(sample, key=i)``, and a list of them for columns and lists. An index that
            :class:`augreg.CountRepeats` counted brings its copy along.
        form: what is given: "sample", "record" (a mapping of fields), "columns" (a mapping of fields to lists, or a
            table of pandas or Arrow) or "list" (of samples or records). None tells by the type; a mapping of lists is
            columns where its key is a list and a record where it is one value, and otherwise it is refused. A tuple is
            one item with its targets or fields, as data sets return them.
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

    def __init__(
        self,
        pipeline: Pipeline | Mapping[str, Any],
        *,
        seed: int | None = None,
        schema: Mapping[str, Any] | None = None,
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
        self.wanted = self.samples_of(schema)
        self.mixes = mixing_step(self.pipeline)
        self.bare_options = self.bare_options and self.mixes is None
        self._how: dict[type, Any] = {}

    def __call__(self, given: Any, target: Any = ABSENT, *, key: Any = None) -> Any:
        """Augment what is given and return the same kind of thing; see :class:`Bound`.

        A second argument is the target of a pair, or, after a mapping, its key: ``map(bound, with_indices=True)``.
        """
        if type(given) in COMPILED and torch.compiler.is_compiling():  # see `augreg.engine.augment.options_of`
            return torch.compiler.disable(Bound.__call__)(self, given, target, key=key)  # type: ignore[no-untyped-call]
        if self._states is not None:
            self._follow()
        if target is not ABSENT:
            return self._two(given, target, key)
        out = self.bare(given, key) if key is not None and self.bare_options else OTHERWISE
        if out is OTHERWISE:
            how = self._how.get(type(given)) or self._learn(given)
            out = how(self, given, key)
        return out if self.then is None else self.then(out)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_how": {}}

    def __deepcopy__(self, memo: Any) -> Self:
        # Hugging Face's rename_column and others copy a data set with its transform, and set_epoch is to reach that.
        return self

    def _learn(self, given: Any) -> Any:
        """Return, and keep, what is done with things of a type."""
        kind = type(given)
        how: Any
        held = table_of(given)
        if held is not None and held.names is not None and self.form in (None, "columns"):
            how = table
        elif self.form is None:
            how = guessed(kind)
        elif self.form == "sample":
            how = item_of if issubclass(kind, tuple) else one
        else:
            wanted: tuple[type, ...] = (list, tuple) if self.form == "list" else (Mapping,)
            if not issubclass(kind, wanted):
                expected = "a list" if self.form == "list" else "a mapping of fields"
                raise ConfigError(f"form={self.form!r} wants {expected}, and got a {kind.__name__}. Leave form out.")
            how = {"record": record, "columns": columns, "list": many}[self.form]
        self._how[kind] = how
        return how

    def _two(self, given: Any, second: Any, key: Any) -> Any:
        if isinstance(given, Mapping):
            if key is not None:
                raise ConfigError(f"the key is given twice, as {second!r} and as key={key!r}. Keep one.")
            return self(given, key=second)
        out = item_of(self, (given, second), key)
        return out if self.then is None else self.then(out)

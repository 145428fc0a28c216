"""`augreg.transformers.Collator`: augments the training rows of a Trainer, then prepares and collates all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from augreg.errors import ConfigError, listing
from augreg.intake.keys import KEY_FIELDS
from augreg.loaders.collate import Collate
from augreg.loaders.epochs import UNSET
from augreg.loaders.items import augment_items
from augreg.loaders.keyed import KeyedItem
from augreg.loaders.stacking import read
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

REMOVED = (
    "A Trainer takes away what the model does not take by name, before this is called. Say "
    "TrainingArguments(remove_unused_columns=False)."
)


class Collator(Collate):
    """A ``data_collator`` for the Trainer of transformers: training rows are augmented, evaluation rows are not.

    A Trainer collates training and evaluation rows alike. Rows of :class:`augreg.Keyed` are augmented, so the training
    set is wrapped, and only that::

        collator = augreg.transformers.Collator(
            pipe, prepare=tokenize, then=DataCollatorForTokenClassification(tokenizer), seed=7
        )
        Trainer(model, args, collator, augreg.Keyed(train), valid, callbacks=[augreg.transformers.Epochs(collator)])

    Args:
        pipeline: a :class:`Pipeline`, or what one is built from.
        then: collates the rows: a data collator of transformers, or any function of a list. Default: what stacks is
            stacked, as :func:`augreg.collate` does.
        prepare: is called with columns, a dict of lists, and returns columns: what one would else give to
            ``map(prepare, batched=True)``, such as a function that tokenizes. It may return more or fewer rows. Without
            it, fields of keys are left out, since models do not take them.
        seed: with equal seed, epoch and key a row gets the same augmentation for any batch size and number of workers.
            The key is the row's own, ``id`` or ``key``, or else its index.
        options: further arguments of :func:`augreg.augment`, such as ``schema``.

    Raises:
        ConfigError: a wrong option; when called: rows that no :class:`augreg.Keyed` gave, before
            :class:`augreg.transformers.Epochs` told of any training; fields that the Trainer took away.

    >>> import augreg
    >>> pipe = augreg.Pipeline([{"text.char_case": {"rate": 1}}], schema={"text": "text"})
    >>> collator = augreg.transformers.Collator(pipe, then=list, seed=7)
    >>> collator(augreg.Keyed([{"id": 1, "text": "a cat"}]).__getitems__([0]))
    [{'text': 'A CAT'}]
    >>> collator.set_epoch(0)
    >>> collator([{"id": 1, "text": "a cat"}])
    [{'text': 'a cat'}]

    """

    name = "Collator"

    def __init__(
        self,
        pipeline: Pipeline | Steps,
        *,
        then: Callable[[list[Any]], Any] | None = None,
        prepare: Callable[[dict[str, list[Any]]], Mapping[str, Sequence[Any]]] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> None:
        super().__init__(pipeline, seed=seed, then=then, **options)
        if "views" in options:
            raise ConfigError("Collator makes one batch of rows, and views= makes several. Leave views out.")
        self.prepare = prepare
        self.wanted = self.samples_of(options.get("schema"))
        self._epoch.fill_(UNSET)

    def __call__(self, items: Sequence[Any]) -> Any:
        """Augment the rows of one batch, if they are of the training set, and collate them."""
        self._follow()
        rows = list(items)
        keyed = [isinstance(row, KeyedItem) for row in rows]
        self._check([row.item if found else row for row, found in zip(rows, keyed, strict=True)])
        if any(keyed):
            rows = augment_items(self, self._at(rows))
        elif self.epoch == UNSET:
            raise ConfigError(
                "these rows are no training rows, or nobody marked them: a Trainer collates both alike. Wrap the "
                "training set, augreg.Keyed(train), and tell of epochs: "
                "Trainer(callbacks=[augreg.transformers.Epochs(collator)]). To evaluate before any training, "
                "collator.set_epoch(0)."
            )
        rows = self._prepared([read(row) for row in rows])
        return (self.then or self.stacking)(rows)

    def _at(self, rows: list[Any]) -> list[Any]:
        """Return rows with the first epoch, where neither the data set nor this was told one."""
        if self.epoch != UNSET:
            return rows
        return [row._replace(epoch=0) if isinstance(row, KeyedItem) and row.epoch == UNSET else row for row in rows]

    def _check(self, rows: list[Any]) -> None:
        for row in rows:
            if not isinstance(row, Mapping):
                if self.wanted or self.prepare:
                    raise ConfigError(f"Collator wants rows with fields, and got a {type(row).__name__}.")
                continue
            gone = [name for name in self.wanted if name not in row and name.partition(".")[0] not in row]
            if gone:
                raise ConfigError(
                    f"a row has no field {gone[0]!r}, which the schema names. Fields: {listing(row)}. {REMOVED}"
                )

    def _prepared(self, rows: list[Any]) -> list[Any]:
        if self.prepare is None:
            return [_without_keys(row) for row in rows]
        columns = self.prepare({name: [row[name] for row in rows] for name in rows[0]}) if rows else {}
        counts = {name: len(column) for name, column in columns.items()}
        if len(set(counts.values())) > 1:
            raise ConfigError(f"prepare returned columns of different lengths: {counts}. Return one entry per row.")
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _without_keys(row: Any) -> Any:
    if not isinstance(row, Mapping):
        return row
    return {name: value for name, value in row.items() if name not in KEY_FIELDS}

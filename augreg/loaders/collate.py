"""Augmentation inside a torch DataLoader: the same result for any number of workers, batch size and start method."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import torch

from augreg.compute.memory import stacking
from augreg.errors import ConfigError
from augreg.loaders.firsts import Firsts
from augreg.loaders.items import augment_items
from augreg.loaders.keyed import Keyed, KeyedItem
from augreg.loaders.settings import Settings
from augreg.loaders.stacking import Stacking, collate_items, read
from augreg.pipeline import Pipeline
from augreg.pipeline.pipeline import Steps

__all__ = ["Collate", "Keyed", "KeyedItem", "collate", "collate_items"]


class Collate(Settings):
    """A ``collate_fn`` that augments a batch and collates it. It pickles, and holds no random state.

    See :func:`collate`.
    """

    name = "collate"
    firsts: Firsts | None = None
    """What notices that workers repeat each other, where a loader goes over an IterableDataset."""

    def __init__(
        self,
        pipeline: Pipeline | Steps,
        *,
        seed: int | None,
        then: Callable[[list[Any]], Any] | None,
        stack: bool | Literal["detection", "coco"] = False,
        drop: Sequence[str] = (),
        memory_format: torch.memory_format = torch.contiguous_format,
        **options: Any,
    ) -> None:
        super().__init__(pipeline, seed, options)
        self.then = then
        schema = self.samples_of(options.get("schema"))
        self.stacking = Stacking(stack, drop, memory_format, schema, options.get("modality"), options.get("boxes"))
        if then is not None and (stack or memory_format != torch.contiguous_format):
            raise ConfigError(
                "then= collates instead of augreg, so stack= and memory_format= are not heeded. Drop one."
            )

    def __call__(self, items: Sequence[Any]) -> Any:
        """Augment and collate the items of one batch."""
        self._follow()
        if self.firsts is not None:
            self.firsts.note(items)
        if self.then is not None:
            out = augment_items(self, items)
            views = isinstance(out, tuple)
            return self.then([self._dropped(view) for view in out] if views else self._dropped(out))
        with stacking():
            out = augment_items(self, items)
            if isinstance(out, tuple):  # views: a batch of each
                return tuple(self.stacking(self._dropped(view)) for view in out)
            return self.stacking(self._dropped(out))

    def _dropped(self, items: list[Any]) -> list[Any]:
        return self.stacking.dropped([read(item) for item in items])


def collate(
    pipeline: Pipeline | Steps,
    *,
    seed: int | None = None,
    then: Callable[[list[Any]], Any] | None = None,
    stack: bool | Literal["detection", "coco"] = False,
    drop: Sequence[str] = (),
    memory_format: torch.memory_format = torch.contiguous_format,
    **options: Any,
) -> Collate:
    """Return a ``collate_fn`` for ``torch.utils.data.DataLoader`` that augments each batch.

    Args:
        pipeline: a :class:`Pipeline`, or what one is built from.
        seed: with a seed an item gets the same augmentation for any batch size, order, number of workers and
            start method; items then need keys (:class:`Keyed`, or a record's ``key``, ``__key__`` or ``id``).
            Without, each worker draws from torch's generator, which the DataLoader seeds.
        then: collates the augmented items; the default is :func:`collate_items`, which stacks what torch stacks and
            leaves the rest a list.
        stack: pictures always become one tensor (B, C, H, W), also PIL images (uint8) and arrays (H, W, C) (their
            dtype). Pictures, clips and sounds that do not stack are an error that names the step to add. For pictures
            of any size with what is in them, ``"detection"`` gives (pictures, targets) as torchvision's models take
            them, ``"coco"`` (pictures, annotations) as Hugging Face's image processors do. Boxes become xyxy, or
            COCO's; those in plain numbers are xyxy, or what the option ``boxes`` says.
        drop: fields of records that are left out of what is collated, such as ``("id",)``: models do not take them.
        memory_format: ``torch.channels_last`` for stacks of pictures (B, C, H, W) with their channels innermost. The
            default is contiguous, whatever the steps made of the rows.
        options: further arguments of :func:`augreg.augment` (``schema``, ``modality``, ``sample_rate``, ...). With
            ``views`` the result is a tuple of so many batches.

    Call ``set_epoch(n)`` on the result before each epoch; ``state_dict()`` and ``load_state_dict()`` are for
    checkpoints. Items that a sampler repeats (:class:`CountRepeats`) are augmented in groups of one copy each, so steps
    that mix samples mix within those.

    Raises:
        ConfigError: an unknown option; when called, an item without a key, or what ``stack`` cannot stack.

    >>> import augreg
    >>> load = augreg.collate({"text": [{"text.word_swap": {"rate": 1}}]}, seed=7)
    >>> load([{"key": "a", "caption": augreg.Text("one two three")}])["caption"][0].data
    'two one three'

    """
    return Collate(pipeline, seed=seed, then=then, stack=stack, drop=drop, memory_format=memory_format, **options)

"""`augreg.lightning`: for Lightning: a callback that augments training batches on their device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.loaders import lazy_host

if TYPE_CHECKING:
    from augreg.loaders.lightning_callback import Augment as Augment

__all__ = ["Augment"]

WHERE = {
    "Augment": "lightning_callback:Augment",
}

__getattr__, __dir__ = lazy_host.attach(
    "augreg.lightning", {"lightning": "lightning", "pytorch_lightning": "lightning"}, WHERE
)

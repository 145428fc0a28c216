"""`augreg.transformers`: for Hugging Face's Trainer: a collator that augments, and the callback that tells epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.loaders import lazy_host

if TYPE_CHECKING:
    from augreg.loaders.transformers_collator import Collator as Collator
    from augreg.loaders.transformers_epochs import Epochs as Epochs

__all__ = ["Collator", "Epochs"]

WHERE = {
    "Collator": "transformers_collator:Collator",
    "Epochs": "transformers_epochs:Epochs",
}

__getattr__, __dir__ = lazy_host.attach("augreg.transformers", {"transformers": "transformers"}, WHERE)

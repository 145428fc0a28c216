"""`augreg.grain`: for Grain: augmentation in a `MapDataset`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from augreg.loaders import lazy_host

if TYPE_CHECKING:
    from augreg.loaders.grain_map import Map as Map

__all__ = ["Map"]

WHERE = {
    "Map": "grain_map:Map",
}

__getattr__, __dir__ = lazy_host.attach("augreg.grain", {"grain": "grain"}, WHERE)

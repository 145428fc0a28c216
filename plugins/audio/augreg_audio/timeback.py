"""The way back in time: from a view of a sound to the sound itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from augreg import Events
from augreg_audio.timemap import TimeMap


@dataclass(frozen=True, slots=True)
class TimeBack:
    """Time maps that lead from a view of a sound back to it; see :class:`augreg.Inverse`.

    Args:
        maps: in the order of the steps that made the view, so that the last is followed first.

    """

    maps: tuple[TimeMap, ...]

    def then(self, later: TimeBack) -> TimeBack:
        """Return the way back through what happened later, and then through this."""
        return TimeBack((*self.maps, *later.maps))

    def back(self, target: str, predictions: Any) -> Events:
        """Return events of the view in the seconds of the sound; what was heard in foreign sound is dropped."""
        events: Events = reduce(lambda found, one: one.events(found), reversed(self.maps), predictions)
        return events


def ways_back(maps: Sequence[TimeMap | None]) -> list[TimeBack | None]:
    """Return the way back along each time map, None where time does not move."""
    return [None if one is None else TimeBack((one.inverse(),)) for one in maps]

"""The way back: from where things are on an augmented sample to where they are on the sample itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, Self, cast, runtime_checkable

from augreg.contract.augmenter import Augmenter, AugmenterBase
from augreg.data.batch import BatchInfo
from augreg.data.params import Params


@runtime_checkable
class Inverse(Protocol):
    """Where the places of one augmented sample lie on the sample it was made from; a value, never changed.

    :meth:`AugmenterBase.inverses` returns one for each sample. Modalities name the predictions that their inverses
    take, see :attr:`augreg.modalities.Modality.maps_back`; :class:`augreg.modalities.PlaneMap` is that of pictures and
    clips.

    >>> import augreg
    >>> from augreg.modalities import PlaneMap
    >>> isinstance(PlaneMap.still(4, 6), augreg.Inverse)
    True

    """

    def then(self, later: Any) -> Self:
        """Return the way back through what happened later, and then through this."""
        ...

    def back(self, target: str, predictions: Any) -> Any:
        """Return predictions on the augmented sample as they are on the sample itself.

        Args:
            target: what is predicted, "boxes" or another of the modality's ``maps_back``.
            predictions: :class:`augreg.Boxes`, :class:`augreg.Keypoints` or :class:`augreg.Events`, which come back in
                kind and in number, events excepted; for "masks" a tensor (..., h, w) of scores for every place, of
                which a pair comes back: the tensor (..., H, W) and which of its places, bool (H, W), were seen at all.

        """
        ...


def inverts(augmenter: Augmenter) -> bool:
    """Whether predictions on what an augmenter makes can be mapped back: it moves nothing, or has an inverse."""
    own = getattr(augmenter, "inverts", None)
    return not augmenter.declares.targets if own is None else bool(own)


def inverses_of(augmenter: Augmenter, info: BatchInfo, params: Params) -> Sequence[Inverse | None]:
    """Return the way back of every sample, None where nothing moved."""
    if not hasattr(augmenter, "inverses"):
        return [None] * params.n
    return cast(AugmenterBase, augmenter).inverses(info, params)

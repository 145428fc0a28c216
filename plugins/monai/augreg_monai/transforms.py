"""MONAI's transforms as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import torch

from augreg import Batch, SampleError
from augreg.adapters import Adapted, Index, classes
from augreg_monai import facts, run

_EXACT: Final = 2**24
"""Whole numbers up to this are exact in float32, in which masks are moved."""


@dataclass(frozen=True, kw_only=True)
class Monai(Adapted):
    """Runs a transform of MONAI on each picture; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one picture after the other, with values of any range. Parameters are those of MONAI but for "
        "prob, which is the step's p, and for those about volumes. What is drawn is what the transform draws after "
        "set_random_state(seed), seed being in the trace."
    )

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Any:
        """Return the transform, which is always applied."""
        return run.made(kind, options)

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run the transform on a picture and its masks."""
        row = batch.row(i).detach()
        masks = batch.info.targets["masks"][i] if "masks" in batch.info.targets and self.declares.targets else None
        with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
            result = run.picture(made, row, seed)
            moved = {} if masks is None else {"masks": self._masks(made, masks, seed, tuple(result.shape[-2:]))}
        if self.declares.keeps_shape and result.shape != row.shape:
            raise SampleError(
                f"monai.{self.transform} makes {tuple(result.shape)} of a picture of shape {tuple(row.shape)}, where "
                "shapes are to be kept. Leave it out."
            )
        if not result.numel() or not torch.isfinite(result).all():
            what = "NaN or infinity" if result.numel() else "nothing"
            raise SampleError(f"monai.{self.transform} makes {what} of this picture. Leave it out.")
        return result, moved

    def _masks(self, made: Any, masks: torch.Tensor, seed: int, size: tuple[int, ...]) -> torch.Tensor:
        """Return masks where the same draws bring them, each pixel with the label that lies nearest."""
        if not masks.numel():
            return masks.new_zeros((*masks.shape[:-2], *size))
        if masks.dtype not in (torch.bool, torch.uint8) and float(masks.double().abs().max()) > _EXACT:
            raise SampleError(f"MONAI moves masks of values up to {_EXACT}; these reach {masks.max()}.")
        planes = masks.detach().reshape(-1, *masks.shape[-2:]).to(torch.float32)
        led = run.picture(made, planes, seed, **facts.FOR_MASKS.get(self.transform, {}))
        led = led if masks.is_floating_point() else led.round()
        return led.reshape(*masks.shape[:-2], *size).to(masks.dtype)


__getattr__ = classes(Index.beside(__file__), Monai, __name__)

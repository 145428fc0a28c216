"""kornia's transforms as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from augreg import Batch, SampleError
from augreg.adapters import Adapted, Index, classes
from augreg_kornia import check, run, targets


@dataclass(frozen=True, kw_only=True)
class Kornia(Adapted):
    """Runs a transform of kornia on each picture; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one picture after the other. Parameters are those of kornia but for p, which the step says, "
        "and for those about batches. What is drawn is what the transform draws after torch.manual_seed(seed), seed "
        "being in the trace. Pictures of 8 bits are divided by 255 before, and rounded back behind; values are cut off "
        "at 0 and 1."
    )

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Any:
        """Return the transform, which is always applied; forms that kornia would notice later are refused now."""
        for entry in self.index.entry(self.transform)["parameters"]:
            check.form(entry, options.get(entry["name"]))
        return run.made(kind, options)

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run the transform on a picture and its boxes, masks and keypoints."""
        row = batch.row(i).detach()
        given = {name: batch.info.targets[name][i] for name in self.declares.targets if name in batch.info.targets}
        self._fits(made, row)
        with torch.inference_mode(False), torch.no_grad(), torch.autocast("cpu", enabled=False):
            result = run.picture(made, row, seed, cut=self.declares.keeps_range)
            moved = targets.moved(made, given, targets.size_of(result))
        made._params = {}  # noise of a whole picture, perhaps
        if self.declares.keeps_shape and result.shape != row.shape:
            raise SampleError(
                f"kornia.{self.transform} makes {tuple(result.shape)} of a picture of shape {tuple(row.shape)}; "
                "give parameters for as many channels as it has."
            )
        if not torch.isfinite(result).all():
            raise SampleError(f"kornia.{self.transform} makes NaN or infinity of this picture. Leave it out.")
        return result, moved

    def _fits(self, made: Any, row: torch.Tensor) -> None:
        """Refuse pictures that are smaller than a crop, padding included: kornia would stretch them without a word."""
        if self.transform not in ("CenterCrop", "RandomCrop"):
            return
        height, width = targets.size_of(row)
        left, right, top, bottom = made.compute_padding((1, *row.shape)) if self.transform == "RandomCrop" else [0] * 4
        size = made.flags["size"]
        if size[0] > height + top + bottom or size[1] > width + left + right:
            raise SampleError(
                f"kornia.{self.transform} cuts out {size[1]} x {size[0]} pixels, and this picture has {width} x "
                f"{height}. Put image.resize or kornia.PadTo before it."
            )


__getattr__ = classes(Index.beside(__file__), Kornia, __name__)

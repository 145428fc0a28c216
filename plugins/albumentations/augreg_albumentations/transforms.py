"""albumentations' transforms as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import numpy as np
import torch

from augreg import Batch, ConfigError, SampleError
from augreg.adapters import Adapted, Index, classes
from augreg.kernel import listing
from augreg_albumentations import targets

# albumentations asks the network for its newest version when it is imported, unless this is set.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")


@dataclass(frozen=True, kw_only=True)
class Albumentations(Adapted):
    """Runs a transform of albumentations on each picture; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one picture after the other. Parameters are those of albumentations but for p, which the "
        "step says. What is drawn is what the transform draws after set_random_seed(seed), seed being in the trace."
    )

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Any:
        """Return the transform; its parameters are checked by its own schema, and unknown ones are refused."""
        taken = inspect.signature(kind.__init__).parameters
        options = {name: o for name, o in options.items() if name in taken or self._changed(name, o)}
        if unknown := [name for name in options if name not in taken]:
            raise ConfigError(f"the installed albumentations knows no {listing(unknown)} of {self.transform}.")
        if (schema := getattr(kind, "InitSchema", None)) is not None:
            # The constructor would go on with its defaults after some errors, with a warning.
            given = {name: p.default for name, p in taken.items() if p.default is not p.empty} | options
            schema(
                **{name: v for name, v in {**given, "p": 1.0, "strict": True}.items() if name in schema.model_fields}
            )
        made = kind(**options, p=1.0)
        made.set_processors(targets.processors())
        return made

    def _changed(self, name: str, value: Any) -> bool:
        """Whether a parameter is not at its default; one that is need not be known to another version."""
        return bool(value != next(f.default for f in fields(self) if f.name == name))

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run the transform on a picture and its boxes, masks and keypoints."""
        row = batch.row(i)
        size = targets.size_of(row)
        given = {name: batch.info.targets[name][i] for name in self.declares.targets if name in batch.info.targets}
        data = {"image": np.array(row.detach().permute(1, 2, 0).numpy(), order="C", copy=True)}
        data |= targets.given(given, size, wanted=self.index.entry(self.transform)["wants"])
        made.set_random_seed(seed)
        done = made(**data)
        result = self._row(done["image"], row)
        return result, targets.taken(given, done, targets.size_of(result))

    def _row(self, image: np.ndarray, row: torch.Tensor) -> torch.Tensor:
        """Return a result as (C, H, W), in the dtype of the sample where that is declared to be kept."""
        if image.ndim < 3:  # an axis of length 1 is lost on the way, or two of a single pixel
            image = image[:, :, None] if image.ndim == 2 else image.reshape(*row.shape[-2:], -1)
        if not image.size:
            raise SampleError(
                f"{self.transform} left nothing of a picture of {row.shape[-1]} x {row.shape[-2]} pixels."
            )
        made = torch.from_numpy(np.array(np.moveaxis(image, -1, 0), order="C", copy=True))
        if self.declares.keeps_dtype:
            made = made.to(row.dtype)
        # Rounding of 32 bits and splines lead out of [0, 1] by little.
        return made.clamp_(0.0, 1.0) if made.is_floating_point() and self.declares.keeps_range else made


__getattr__ = classes(Index.beside(__file__), Albumentations, __name__)

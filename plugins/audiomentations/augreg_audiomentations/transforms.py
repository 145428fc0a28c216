"""audiomentations' transforms as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from augreg import Batch, ConfigError, SampleError
from augreg.adapters import Adapted, Index, classes
from augreg_audiomentations import private
from augreg_audiomentations.mend import mended


@dataclass(frozen=True, kw_only=True)
class Audiomentations(Adapted):
    """Runs a transform of audiomentations on each sound; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one sound after the other. Parameters are those of audiomentations but for p, which the step "
        "says. What is drawn is what the transform draws after random.seed(seed) and numpy.random.seed([seed % 2**32, "
        "seed >> 32]), seed being in the trace."
    )

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Any:
        """Return the transform; what it asserts without a word is told."""
        private.install()
        try:
            made = mended(kind(**options, p=1.0))
        except AssertionError as error:
            line = (traceback.extract_tb(error.__traceback__)[-1].line or "").replace("self.", "")
            raise ConfigError(f"audiomentations refuses these parameters: {str(error) or line}") from error
        private.warm(made)
        return made

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run the transform on a sound (channels, samples)."""
        row, rate = batch.row(i).detach(), float(batch.info.rates[i])
        if not row.numel() and self.declares.keeps_shape:
            return row, {}
        if not rate > 0:
            raise SampleError(
                f"audiomentations.{self.transform} needs the sample rate. Give it: augreg.Audio(x, 16000)."
            )
        given = np.array(row.numpy(), order="C", copy=True)
        with private.seeded(seed):
            done = made(given[0] if len(given) == 1 else given, int(rate) if rate.is_integer() else rate)
        made_row = np.array(done, dtype=np.float32, order="C", copy=True).reshape(len(given), -1)
        if not np.isfinite(made_row).all():
            raise SampleError(f"audiomentations.{self.transform} makes NaN or infinity of this sound. Leave it out.")
        if self.declares.keeps_shape and made_row.shape != given.shape:
            raise SampleError(
                f"audiomentations.{self.transform} makes {made_row.shape} of a sound of shape {given.shape}, where "
                "lengths are to be kept. Leave it out."
            )
        return torch.from_numpy(made_row), {}


__getattr__ = classes(Index.beside(__file__), Audiomentations, __name__)

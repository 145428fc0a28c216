"""torch-audiomentations' transforms as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from augreg import Batch, SampleError
from augreg.adapters import Adapted, Index, classes
from augreg_torch_audiomentations.held import Held


@dataclass(frozen=True, kw_only=True)
class TorchAudiomentations(Adapted):
    """Runs a transform of torch-audiomentations on each sound; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one sound after the other. Parameters are those of torch-audiomentations but for p and "
        "p_mode, which the step says. What is drawn is what the transform draws for a batch of this one sound after "
        "torch.manual_seed(seed) and random.seed(seed); seed stands in the trace."
    )

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Held:
        """Return what holds the transform for each sample rate; what it refuses when it draws is refused now."""
        return Held(kind, options)

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run the transform on a sound (channels, samples)."""
        row, rate = batch.row(i).detach(), float(batch.info.rates[i])
        if not row.numel():
            return row, {}
        if made.needs_rate and not rate > 0:
            raise SampleError(
                f"torch_audiomentations.{self.transform} needs the sample rate. Give it: augreg.Audio(x, 16000)."
            )
        done = made.run(row, round(rate) if rate > 0 else 0, seed)
        if not bool(torch.isfinite(done).all()):
            raise SampleError(
                f"torch_audiomentations.{self.transform} makes NaN or infinity of this sound. Leave it out."
            )
        if done.shape != row.shape:
            raise SampleError(
                f"torch_audiomentations.{self.transform} makes {tuple(done.shape)} of a sound of shape "
                f"{tuple(row.shape)}, where lengths are to be kept. Leave it out."
            )
        return done.to(row.dtype).contiguous(), {}


__getattr__ = classes(Index.beside(__file__), TorchAudiomentations, __name__)

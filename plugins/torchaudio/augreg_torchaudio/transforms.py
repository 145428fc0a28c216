"""torchaudio's effects as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

import torch

from augreg import Batch, Params, SampleError
from augreg.adapters import Adapted, Index, TorchDraws, classes
from augreg_torchaudio import checks
from augreg_torchaudio.calls import call


@dataclass(frozen=True, kw_only=True)
class Torchaudio(Adapted):
    """Runs a transform or a function of torchaudio on each sample; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one sample after the other. Parameters are those of torchaudio; one that may be an interval "
        "is drawn from it, uniformly. What the transform itself draws is what it draws after torch.manual_seed(seed). "
        "Both stand in the trace."
    )

    def found_in(self, module: Any) -> Any:
        """Return the class of torchaudio.transforms, or the function of torchaudio.functional."""
        return getattr(module.transforms, self.transform, None) or getattr(module.functional, self.transform, None)

    def construct(self, kind: Any, options: Mapping[str, Any]) -> tuple[Any, Mapping[str, Any]]:
        """Return what is called, and the parameters that are not drawn; what torchaudio would pass over is refused."""
        entry = self.index.entry(self.transform)
        checks.together(self.transform, options)
        drawn = {p["name"] for p in entry["parameters"] if p["kind"] == "interval"}
        theirs = entry["renamed"]
        return kind, {theirs.get(name, name): value for name, value in options.items() if name not in drawn}

    def for_rows(self, params: Params) -> Callable[[int], Any]:
        """Return what gives the call of a row: its drawn parameters beside those that are the same for all."""
        kind, fixed = self.peer()
        names = [field.name for field in fields(self) if field.name in params]
        columns = {name: params.array(name).tolist() for name in names}
        return lambda i: (kind, {**fixed, **{name: values[i] for name, values in columns.items()}})

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run it on a sound (channels, samples) or a spectrogram (channels, bins, frames)."""
        row, rate = batch.row(i).detach(), float(batch.info.rates[i])
        if not row.numel():
            return row, {}
        entry, (kind, values) = self.index.entry(self.transform), made
        given = row.contiguous().clone()  # some change what they are given
        if entry["rated"]:
            values = {**values, "sample_rate": checks.rate(self.transform, rate)}
        checks.fits(self, row, rate)
        with torch.inference_mode(False), torch.no_grad(), TorchDraws(seed):
            done = call(self.transform, kind, given, values)
        return self._checked(done, given), {}

    def _checked(self, done: torch.Tensor, given: torch.Tensor) -> torch.Tensor:
        if not bool(torch.isfinite(done).all()):
            raise SampleError(f"torchaudio.{self.transform} makes NaN or infinity of this sample. Leave it out.")
        if self.declares.keeps_shape and done.shape != given.shape:
            raise SampleError(
                f"torchaudio.{self.transform} makes {tuple(done.shape)} of a sample of shape {tuple(given.shape)}, "
                "where the shape is to be kept. Leave it out."
            )
        return done.to(given.dtype).contiguous()


__getattr__ = classes(Index.beside(__file__), Torchaudio, __name__)

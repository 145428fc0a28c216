"""torchvision's transforms v2 as augreg augmenters; each is an attribute of this module, made from the index."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from augreg import Batch, SampleError
from augreg.adapters import Adapted, Index, TorchDraws, classes
from augreg_torchvision import targets


@dataclass(frozen=True, kw_only=True)
class Torchvision(Adapted):
    """Runs a transform of torchvision on each picture; the classes of this module derive from it."""

    how: ClassVar[str] = (
        "Runs on the CPU, one picture after the other. Parameters are those of torchvision but for p, which the step "
        "says. What is drawn is what the transform draws after torch.manual_seed(seed), seed being in the trace."
    )

    def construct(self, kind: type[Any], options: Mapping[str, Any]) -> Any:
        """Return the transform; where it has a probability of its own, that is 1."""
        always = {"p": 1.0} if "p" in inspect.signature(kind.__init__).parameters else {}
        plain = {name: _listed(value) for name, value in options.items()}
        if "policy" in plain:
            plain["policy"] = self.index.import_peer().AutoAugmentPolicy(plain["policy"])
        return kind(**plain, **always)

    def one(self, made: Any, batch: Batch, i: int, seed: int) -> tuple[Any, Mapping[str, Any]]:
        """Run the transform on a picture and its boxes, masks and keypoints."""
        row = batch.row(i)
        given = {name: batch.info.targets[name][i] for name in self.declares.targets if name in batch.info.targets}
        data = {
            "image": targets.picture(row.detach()),
            **targets.given(given, row, self.index.entry(self.transform)["wants"]),
        }
        with torch.inference_mode(False), torch.no_grad(), TorchDraws(seed):
            done = made(data)
        result = done["image"].as_subclass(torch.Tensor).contiguous()
        if self.declares.keeps_shape and result.shape != row.shape:
            raise SampleError(
                f"torchvision.{self.transform} makes {tuple(result.shape)} of a picture of shape {tuple(row.shape)}; "
                "give parameters for as many channels as it has."
            )
        # A result may be the input itself, or lie in it.
        result = result.clone() if result.data_ptr() == data["image"].data_ptr() else result
        if result.is_floating_point() and self.declares.keeps_range:
            result = result.clamp(0.0, 1.0)
        return result, targets.taken(given, done, result)


def _listed(value: Any) -> Any:
    """Return a parameter as torchvision takes it: lists for tuples."""
    return [_listed(v) for v in value] if isinstance(value, tuple) else value


__getattr__ = classes(Index.beside(__file__), Torchvision, __name__)

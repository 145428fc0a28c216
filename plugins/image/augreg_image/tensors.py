"""From whatever holds a picture to the tensor that a model takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from augreg import AugmenterBase, BatchInfo, Declaration, Params, UnsupportedError, param
from augreg.modalities import LEFT
from augreg_image.base import photometric
from augreg_image.ops import ImageOp
from augreg_image.stages.cast import Cast


@dataclass(frozen=True, kw_only=True)
class ToTensor(AugmenterBase):
    """Turn pictures of any kind into tensors.

    A PIL image, an array (H, W, C) or a tensor becomes a contiguous ``torch.Tensor`` of shape (C, H, W), as
    torchvision's ``ToImage`` and ``ToDtype(dtype, scale)`` make one. Steps may follow, ``image.normalize`` at no
    further cost.
    """

    dtype: str = param.choice("float32", "of the result", options=("float32", "float16", "uint8"))
    scale: bool = param.flag(True, "whether white stays white: 255 (uint8), 65535 (uint16), 1 (floats)")

    declares: ClassVar[Declaration] = photometric(keeps_dtype=False, keeps_range=False, gives_tensor=True, memory=7.5)
    examples: ClassVar = ({"dtype": "float16"}, {"dtype": "uint8"}, {"scale": False})

    @property
    def clips(self) -> bool:
        """Whether values outside [0, 1] are lost: bytes hold none."""
        return self.dtype == "uint8"

    @property
    def values_after(self) -> Literal["same", "unit", "any"]:
        """See :attr:`augreg.AugmenterBase.values_after`: values that are not scaled stay those of integers."""
        return "same" if self.scale else "any"

    def lower(self, info: BatchInfo, params: Params) -> ImageOp:
        """Return the operator."""
        if not self.scale and LEFT in info.extras:
            raise UnsupportedError(
                "image.to_tensor with scale=False keeps numbers as they are, and a picture that says its range is "
                "handed to steps in shares of white. Leave scale=False out, or the picture's white and range."
            )
        return ImageOp((Cast(self.dtype, self.scale, np.ones(len(info), dtype=bool)),))

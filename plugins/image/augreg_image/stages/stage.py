"""Any stage of a fused operator."""

from __future__ import annotations

from augreg_image.stages.colour import Colour
from augreg_image.stages.geometry import Geometry
from augreg_image.stages.kernel import Kernel
from augreg_image.stages.values import Lookup, Normalise

Stage = Geometry | Colour | Lookup | Normalise | Kernel
"""Each has ``take``, ``expand``, ``infer`` and ``__len__``, and says which samples it leaves alone."""

"""Image augmenters that this plugin lists as video augmenters: made from the registered image classes on first use."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from augreg import Augmenter, registry
from augreg.fields import describe
from augreg_video.declarations import lifted
from augreg_video.lifting import Lifted

LISTED: Final = {
    "HFlip": ("image.hflip", "Mirror the frames left and right."),
    "ResizedCrop": (
        "image.resized_crop",
        "Cut a rectangle of random area and proportions out of the frames and scale it to a fixed size.",
    ),
    "ColorJitter": (
        "image.color_jitter",
        "Change brightness, contrast, saturation and hue of the frames by random amounts.",
    ),
}
"""Class name -> the image augmenter behind it, and the summary."""

_MORE: Final = """

    The parameters are those of {name}, applied to every frame: with temporal="shared" the same for the whole
    clip, with "per_frame" drawn for each, with "smooth" drawn every ``period`` frames and smoothly changing.
    """


def __getattr__(name: str) -> type[Lifted]:
    if name not in LISTED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    image_name, summary = LISTED[name]
    made = lift(registry.load(image_name), name, summary + _MORE.format(name=image_name))
    globals()[name] = made
    return made


def lift(image: type[Any], name: str, doc: str) -> type[Lifted]:
    """Return the video augmenter with the parameters of an image augmenter class, ``temporal`` and ``period``."""
    own = [spec.name for spec in describe(image)]

    def make_inner(self: Lifted) -> Augmenter:
        inner: Augmenter = image(**{parameter: getattr(self, parameter) for parameter in own})
        return inner

    made = dataclasses.make_dataclass(
        name,
        [(f.name, f.type, _copied(f)) for f in dataclasses.fields(image) if f.init],
        bases=(Lifted,),
        namespace={"_make_inner": make_inner, "declares": lifted(image.declares, name), "__doc__": doc},
        frozen=True,
        kw_only=True,
    )
    made.__module__ = __name__
    return made


def _copied(field: dataclasses.Field[Any]) -> Any:
    if field.default is dataclasses.MISSING:
        return dataclasses.field(metadata=field.metadata)
    return dataclasses.field(default=field.default, metadata=field.metadata)

"""Image augmenters that this plugin lists as video augmenters: made from the registered image classes on first use."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

from augreg import Augmenter, registry
from augreg.param import describe
from augreg_video.declarations import lifted
from augreg_video.lifting import Lifted
from augreg_video.listed import LISTED
from augreg_video.renaming import Renaming

_MORE: Final = """

    The parameters are those of {name}, applied to every frame: with temporal="shared" the same for the whole
    clip, with "smooth" drawn every ``period`` frames and smoothly changing. With "per_frame" it is drawn for each
    frame by itself, so that the clip flickers or jumps, as frames that are looked at one by one may.
    """


def __getattr__(name: str) -> type[Lifted]:
    if name not in LISTED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    listing = LISTED[name]
    doc = listing.summary + _MORE.format(name=listing.image)
    base = Renaming if listing.renames else Lifted
    made = lift(registry.load(listing.image), name, doc, listing.defaults, base)
    globals()[name] = made
    return made


def lift(
    image: type[Any], name: str, doc: str, defaults: Mapping[str, Any], base: type[Lifted] = Lifted
) -> type[Lifted]:
    """Return the video augmenter with the parameters of an image augmenter class, ``temporal`` and ``period``."""
    more = () if image.declares.labels == "mixes" else ({"temporal": "per_frame"},)
    known = {f.name: f for f in (*dataclasses.fields(base), *dataclasses.fields(image)) if f.init}
    own = [spec.name for spec in describe(image)]

    def make_inner(self: Lifted) -> Augmenter:
        inner: Augmenter = image(**{parameter: getattr(self, parameter) for parameter in own})
        return inner

    made = dataclasses.make_dataclass(
        name,
        [(f.name, f.type, _field(f, defaults.get(f.name, f.default))) for f in known.values()],
        bases=(base,),
        namespace={
            "_make_inner": make_inner,
            "declares": lifted(image.declares),
            "examples": (*getattr(image, "examples", ()), *more),
            "__doc__": doc,
        },
        frozen=True,
        kw_only=True,
    )
    made.__module__ = __name__
    return made


def _field(field: dataclasses.Field[Any], default: Any) -> Any:
    """Return a copy of a declared parameter with another default."""
    metadata = dict(field.metadata)
    if default is dataclasses.MISSING:
        return dataclasses.field(metadata=metadata)
    metadata = {key: dataclasses.replace(spec, default=default) for key, spec in metadata.items()}
    return dataclasses.field(default=default, metadata=metadata)

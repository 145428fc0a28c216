"""MMDetection: transform -> what equals it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion.equal import Given, NoEqualError, Rule, Same, plain, share

SHRINK: Final = "what is made smaller is averaged (antialiased); mmcv picks single pixels"


def _resize(given: Given) -> Same:
    given.drop("clip_object_border", "backend")
    given.need("interpolation", "bilinear")
    scale = plain(given.take("scale"))
    if not (isinstance(scale, list) and len(scale) == 2 and all(isinstance(side, int) for side in scale)):
        raise NoEqualError(f"scale={scale!r} is not (width, height)")
    if given.take("keep_ratio", False):
        return Same([("image.smallest_side", {"size": min(scale), "max_size": max(scale)})], (SHRINK,))
    return Same([("image.resize", {"size": [scale[1], scale[0]]})], (SHRINK,))


def _crop(given: Given) -> Same:
    given.drop("recompute_bbox", "bbox_clip_border")
    given.need("crop_type", "absolute")
    given.need("allow_negative_crop", True)
    small = "a picture that is too small is filled up; there it is cut to what there is"
    return Same([("image.crop", {"size": plain(given.take("crop_size"))})], (small,))


def _pad(given: Given) -> Same:
    given.need("pad_to_square", False)
    given.need("padding_mode", "constant")
    value, size, divisor = given.take("pad_val", 0), given.take("size"), given.take("size_divisor")
    fill = share(value.get("img", 0) if isinstance(value, Mapping) else value)
    params: dict[str, Any] = {} if size is None else {"size": [size[1], size[0]]}
    if divisor is not None:
        params["divisor"] = divisor
    return Same(
        [("image.pad", {**params, **({"fill": fill} if fill else {})})], ("at all sides; there right and below",)
    )


def _normalize(given: Given) -> Same:
    mean, std = (share(given.take(name)) for name in ("mean", "std"))
    rgb = given.take("to_rgb", True)
    note = ("pictures come in RGB; there they are read in BGR",) if rgb else ()
    return Same([("image.normalize", {"mean": mean, "std": std})], note)


def _expand(given: Given) -> Same:
    given.drop("to_rgb", "seg_ignore_label")
    chance = given.take("prob", 0.5)
    if chance != 1:
        raise NoEqualError(f"prob={chance} is its own. Write image.zoom_out with that p")
    return Same(
        [("image.zoom_out", {"side": plain(given.take("ratio_range", (1, 4))), "fill": share(given.take("mean", 0))})]
    )


TABLE: Final[Mapping[str, Rule]] = {
    "Resize": _resize,
    "RandomCrop": _crop,
    "Pad": _pad,
    "Normalize": _normalize,
    "Expand": _expand,
}

"""albumentations 2.0: what moves pixels, and what equals it. tests/test_conversion.py compares the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion.equal import Given, NoEqualError, Rule, Same, fixed, interval, is_point, share, uneven

WAYS: Final = {0: "nearest", 1: "bilinear", 2: "bicubic"}
BORDERS: Final = {0: "constant", 1: "edge", 2: "reflect"}
SHRINK: Final = "what is made smaller is averaged (antialiased); albumentations picks single pixels"


def _way(given: Given) -> dict[str, Any]:
    way = given.take("interpolation", 1)
    given.need("mask_interpolation", 0)
    if way not in WAYS:
        raise NoEqualError(f"interpolation={way} is none of nearest (0), bilinear (1), bicubic (2)")
    return {} if way == 1 else {"interpolation": WAYS[way]}


def _border(given: Given) -> dict[str, Any]:
    border = given.take("border_mode", 0)
    if border not in BORDERS:
        raise NoEqualError(f"border_mode={border} is none of constant (0), replicate (1), reflect (2)")
    fill, label = share(given.take("fill", 0)), given.take("fill_mask", 0)
    found: dict[str, Any] = {} if border == 0 else {"border": BORDERS[border]}
    if border == 0 and fill != 0:
        found["fill"] = fill
    if label:
        found["mask_fill"] = int(label)
    return found


def _area(given: Given) -> None:
    given.need("area_for_downscale", None)


def _rotate(given: Given) -> Same:
    given.need("crop_border", False)
    given.need("rotate_method", "largest_box")
    params = {"degrees": interval(given.take("limit", (-90, 90))), **_way(given), **_border(given)}
    return Same([("image.rotate", params)])


def _affine(given: Given) -> Same:
    given.need("balanced_scale", False)
    given.need("fit_output", False)
    given.need("rotate_method", "largest_box")
    keep, scale = given.take("keep_ratio", False), _both(given.take("scale", (1, 1)), "scale")
    if not keep and not is_point(scale):
        raise NoEqualError("keep_ratio=False draws another scale for each side, and here is one for both")
    px, shares = _zero(given.take("translate_px")), given.take("translate_percent")
    if px is not None:
        raise NoEqualError(
            f"translate_px={px!r} counts pixels; here shifts are shares of the sides. Say translate_percent"
        )
    shift = [0.0, 0.0] if shares is None else _both(shares, "translate_percent")
    degrees = interval(given.take("rotate", (0, 0)))
    way = {**_way(given), **_border(given)}
    slant = _axes(given.take("shear", (0, 0)))
    slanted = [axis for axis, ends in slant.items() if any(ends)]
    if not slanted:
        params = {"degrees": degrees, "scale": scale, "translate": shift, "shear": [0.0, 0.0], **way}
        return Same([("image.affine", params)], uneven(scale, "scale") + _whole(shift))
    if len(slanted) > 1 or any(degrees) or scale != [1, 1] or any(shift):
        raise NoEqualError("shear with another change, or along both axes, comes in another order here")
    return Same([("image.shear", {"degrees": slant[slanted[0]], "axis": slanted[0], **way})])


def _whole(shift: list[float]) -> tuple[str, ...]:
    return ("shifts are not cut off to whole pixels",) if any(shift) else ()


def _zero(px: Any) -> Any:
    return None if px is None or not any(any(interval(ends)) for ends in _axes(px).values()) else px


def _axes(value: Any) -> dict[str, list[float]]:
    if isinstance(value, Mapping):
        return {axis: interval(value.get(axis, 0)) for axis in ("x", "y")}
    return {"x": interval(value), "y": interval(value)}


def _both(value: Any, name: str) -> list[float]:
    """Return the range that holds for both axes."""
    axes = _axes(value)
    if axes["x"] != axes["y"]:
        raise NoEqualError(f"{name}={value!r} is not the same along both axes")
    return axes["x"]


def _shift_scale_rotate(given: Given) -> Same:
    given.need("rotate_method", "largest_box")
    x, y = interval(given.take("shift_limit_x", 0)), interval(given.take("shift_limit_y", 0))
    if x != y:
        raise NoEqualError(f"shift_limit_x={x} and shift_limit_y={y} are not the same")
    scale = [round(1 + end, 10) for end in interval(given.take("scale_limit", 0))]
    params = {"degrees": interval(given.take("rotate_limit", 0)), "scale": scale, "translate": x, "shear": [0.0, 0.0]}
    differs = uneven(scale, "scale") + _whole(x)
    return Same([("image.affine", {**params, **_way(given), **_border(given)})], differs)


def _scale(given: Given) -> Same:
    _area(given)
    factor = [round(1 + end, 10) for end in interval(given.take("scale_limit", 0.1))]
    return Same([("image.scale", {"factor": factor, **_way(given)})], (*uneven(factor, "factor"), SHRINK))


def _pad(given: Given) -> Same:
    return Same([("image.pad", {"padding": _padding(given.take("padding", 0)), **_border(given)})])


def _padding(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def _pad_if_needed(given: Given) -> Same:
    given.need("position", "center")
    given.need("pad_height_divisor", None)
    given.need("pad_width_divisor", None)
    given.drop("padding")
    size = [given.take("min_height"), given.take("min_width")]
    return Same([("image.pad", {"size": size, **_border(given)})])


def _crop(name: str) -> Rule:
    def rule(given: Given) -> Same:
        padded = given.take("pad_if_needed", False)
        given.need("pad_position", "center")
        params = {"size": [given.take("height"), given.take("width")], **_border(given)}
        small = () if padded else ("a picture that is too small is filled up; albumentations refuses it",)
        return Same([(name, params)], small)

    return rule


def _resized_crop(given: Given) -> Same:
    _area(given)
    params = {name: list(given.take(name)) for name in ("size", "scale", "ratio")}
    return Same([("image.resized_crop", {**params, **_way(given)})], (SHRINK,))


def _resize(given: Given) -> Same:
    _area(given)
    size = [given.take("height"), given.take("width")]
    return Same([("image.resize", {"size": size, **_way(given)})], (SHRINK,))


def _side(name: str) -> Rule:
    def rule(given: Given) -> Same:
        _area(given)
        given.need("max_size_hw", None)
        size = given.take("max_size")
        if not isinstance(size, int):
            raise NoEqualError(f"max_size={size!r} is a choice of several, and here it is one number")
        return Same([(name, {"size": size, **_way(given)})], (SHRINK,))

    return rule


GEOMETRY: Final[Mapping[str, Rule]] = {
    "HorizontalFlip": fixed("image.hflip"),
    "VerticalFlip": fixed("image.vflip"),
    "Transpose": fixed("image.transpose"),
    "RandomRotate90": fixed("image.rot90"),
    "D4": fixed("image.d4"),
    "SquareSymmetry": fixed("image.d4"),
    "Rotate": _rotate,
    "Affine": _affine,
    "ShiftScaleRotate": _shift_scale_rotate,
    "RandomScale": _scale,
    "Pad": _pad,
    "PadIfNeeded": _pad_if_needed,
    "RandomCrop": _crop("image.crop"),
    "CenterCrop": _crop("image.center_crop"),
    "RandomResizedCrop": _resized_crop,
    "Resize": _resize,
    "LongestMaxSize": _side("image.longest_side"),
    "SmallestMaxSize": _side("image.smallest_side"),
}

"""torchvision, v2 and before: transform -> what equals it. tests/test_conversion.py compares the pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion.equal import EDGE, Given, NoEqualError, Rule, Same, fixed, interval, plain, share, uneven
from augreg.conversion.table_albumentations import jitter

EDGES: Final = "at slanted edges of the picture, torchvision blends with what is beyond in another way"
BORDERS: Final = {"constant": "constant", "edge": "edge", "symmetric": "reflect"}


def _way(given: Given, default: str = "bilinear") -> dict[str, Any]:
    way = given.take("interpolation", default)
    way = getattr(way, "value", way)
    if way not in ("nearest", "bilinear", "bicubic"):
        raise NoEqualError(f"interpolation={way!r} is none of nearest, bilinear, bicubic")
    return {} if way == "bilinear" else {"interpolation": way}


def _fill(given: Given) -> dict[str, Any]:
    fill = share(given.take("fill", 0))
    return {"fill": fill} if fill else {}


def _antialias(given: Given) -> None:
    if given.take("antialias", True) is False:
        raise NoEqualError("antialias=False picks single pixels; here pictures are averaged when they are made smaller")


def _size(value: Any) -> Any:
    size = plain(value)
    return size[0] if isinstance(size, list) and len(size) == 1 else size


def _rotate(given: Given) -> Same:
    given.need("center", None)
    params = {"degrees": interval(given.take("degrees")), **_way(given, "nearest"), **_fill(given)}
    differs = () if params.get("interpolation") == "nearest" else (EDGES,)
    if given.take("expand", False):
        params["expand"] = True
        differs = (*differs, "the enlarged picture is as large as it must be; there each side may be a pixel longer")
    return Same([("image.rotate", params)], differs)


def _affine(given: Given) -> Same:
    given.need("center", None)
    degrees = [-end for end in reversed(interval(given.take("degrees")))]
    shift, scale, shear = (plain(given.take(name)) for name in ("translate", "scale", "shear"))
    shift, scale = shift or [0.0, 0.0], scale or [1.0, 1.0]
    if shift[0] != shift[1]:
        raise NoEqualError(f"translate={shift} is not the same along both axes")
    way = {**_way(given, "nearest"), **_fill(given)}
    differs = () if way.get("interpolation") == "nearest" else (EDGES,)
    if not shear or not any(shear):
        move = [-shift[0], shift[0]]
        params = {"degrees": degrees, "translate": move, "scale": scale, "shear": [0.0, 0.0], **way}
        whole = ("shifts are not rounded to whole pixels",) if shift[0] else ()
        return Same([("image.affine", params)], uneven(scale, "scale") + whole + differs)
    if any(degrees) or any(shift) or scale != [1, 1] or len(shear) != 2:
        raise NoEqualError("shear with another change, or along both axes, comes in another order here")
    return Same([("image.shear", {"degrees": shear, **way})], differs)


def _resize(given: Given) -> Same:
    _antialias(given)
    size, longest = _size(given.take("size")), given.take("max_size")
    if size is None:
        raise NoEqualError("size=None with max_size has no counterpart. Write image.longest_side")
    if isinstance(size, int):
        params = {"size": size, **({} if longest is None else {"max_size": longest}), **_way(given)}
        return Same([("image.smallest_side", params)])
    return Same([("image.resize", {"size": size, **_way(given)})])


def _resized_crop(given: Given) -> Same:
    _antialias(given)
    params = {name: plain(given.take(name)) for name in ("size", "scale", "ratio")}
    return Same([("image.resized_crop", {**params, **_way(given)})])


def _center(given: Given) -> Same:
    return Same([("image.center_crop", {"size": _size(given.take("size"))})])


def _border(given: Given) -> dict[str, Any]:
    mode = given.take("padding_mode", "constant")
    if mode not in BORDERS:
        raise NoEqualError(f"padding_mode={mode!r} leaves the edge out; here the edge itself is mirrored, 'symmetric'")
    fill = _fill(given)
    return fill if mode == "constant" else {"border": BORDERS[mode]}


def _crop(given: Given) -> Same:
    padding, padded = plain(given.take("padding")), given.take("pad_if_needed", False)
    border = _border(given)
    steps: list[tuple[str, dict[str, Any]]] = []
    if padding:
        steps.append(("image.pad", {"padding": padding, **border}))
    small = () if padded else ("a picture that is too small is filled up; torchvision refuses it",)
    return Same([*steps, ("image.crop", {"size": _size(given.take("size")), **border})], small)


def _pad(given: Given) -> Same:
    return Same([("image.pad", {"padding": plain(given.take("padding")), **_border(given)})])


def _jitter(given: Given) -> Same:
    names = ("brightness", "contrast", "saturation", "hue")
    still = {name: 0.0 if name == "hue" else 1.0 for name in names}
    found = {name: given.take(name) for name in names}
    return jitter({name: interval(still[name] if found[name] is None else found[name]) for name in names})


def _blur(given: Given) -> Same:
    sigma, size = interval(given.take("sigma")), plain(given.take("kernel_size"))
    reach = min(side // 2 for side in (size if isinstance(size, list) else [size]))
    if reach < 3 * sigma[1]:
        least = 2 * math.ceil(3 * sigma[1]) + 1
        raise NoEqualError(f"kernel_size={size} cuts the Gaussian of sigma {sigma[1]:g} off. Say at least {least}")
    return Same([("image.gaussian_blur", {"sigma": sigma})], (EDGE,))


def _noise(given: Given) -> Same:
    given.need("clip", True)
    sigma = float(given.take("sigma"))
    return Same([("image.gaussian_noise", {"std": [sigma, sigma], "mean": float(given.take("mean"))})])


def _gray(given: Given) -> Same:
    given.need("num_output_channels", 3)
    return Same([("image.grayscale", {})])


def _posterize(given: Given) -> Same:
    bits = given.take("bits")
    return Same([("image.posterize", {"bits": [bits, bits]})])


def _solarize(given: Given) -> Same:
    threshold = share(given.take("threshold"))
    return Same([("image.solarize", {"threshold": [threshold, threshold]})], ("threshold: read as one of 0 to 255",))


def _sharpness(given: Given) -> Same:
    factor = float(given.take("sharpness_factor"))
    return Same([("image.sharpen", {"factor": [factor, factor]})], ("pixels at the edge are sharpened too",))


def _erasing(given: Given) -> Same:
    given.drop("inplace")
    low, high = interval(given.take("ratio"))
    value = given.take("value")
    value = plain(value)
    if isinstance(value, str) or value is None:
        raise NoEqualError("value='random' fills with noise")
    fill = value[0] if isinstance(value, list) and len(value) == 1 else value
    params = {"scale": interval(given.take("scale")), "ratio": [round(1 / high, 10), round(1 / low, 10)], "fill": fill}
    return Same([("image.erasing", params)], ("value: read as a share of white, 0 to 1",) if fill else ())


def _dtype(given: Given) -> Same:
    name = str(given.take("dtype")).rpartition(".")[2]
    if not given.take("scale", True) and name != "uint8":
        raise NoEqualError("scale=False leaves floats of 0 to 255")
    if name not in ("float32", "float16", "uint8"):
        raise NoEqualError(f"dtype={name} is none of float32, float16, uint8")
    return Same([("image.to_tensor", {} if name == "float32" else {"dtype": name})])


def _normalize(given: Given) -> Same:
    given.drop("inplace")
    return Same([("image.normalize", {"mean": plain(given.take("mean")), "std": plain(given.take("std"))})])


def _jpeg(given: Given) -> Same:
    return Same([("image.jpeg", {"quality": interval(given.take("quality"))})])


def _zoom_out(given: Given) -> Same:
    params = {"side": interval(given.take("side_range")), **_fill(given)}
    return Same([("image.zoom_out", params)])


def _sanitize(given: Given) -> Same:
    given.drop("labels_getter")
    given.need("min_area", 1.0)
    return Same([("image.sanitize", {"min_size": float(given.take("min_size", 1.0))})])


TABLE: Final[Mapping[str, Rule]] = {
    "RandomHorizontalFlip": fixed("image.hflip"),
    "RandomVerticalFlip": fixed("image.vflip"),
    "RandomRotation": _rotate,
    "RandomAffine": _affine,
    "Resize": _resize,
    "RandomResizedCrop": _resized_crop,
    "CenterCrop": _center,
    "RandomCrop": _crop,
    "Pad": _pad,
    "ColorJitter": _jitter,
    "GaussianBlur": _blur,
    "GaussianNoise": _noise,
    "RandomGrayscale": fixed("image.grayscale"),
    "Grayscale": _gray,
    "RandomInvert": fixed("image.invert"),
    "RandomPosterize": _posterize,
    "RandomSolarize": _solarize,
    "RandomAdjustSharpness": _sharpness,
    "RandomAutocontrast": fixed("image.autocontrast"),
    "RandomEqualize": fixed("image.equalize"),
    "RandomErasing": _erasing,
    "RandomChannelPermutation": fixed("image.channel_shuffle"),
    "ToTensor": fixed("image.to_tensor"),
    "ToImage": fixed("image.to_tensor", dtype="uint8"),
    "PILToTensor": fixed("image.to_tensor", dtype="uint8"),
    "ToDtype": _dtype,
    "ConvertImageDtype": _dtype,
    "Normalize": _normalize,
    "JPEG": _jpeg,
    "RandomZoomOut": _zoom_out,
    "SanitizeBoundingBoxes": _sanitize,
}

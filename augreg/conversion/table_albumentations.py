"""albumentations 2.0: transform -> what equals it. tests/test_conversion.py compares the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion.equal import Given, NoEqualError, Rule, Same, fixed, interval, is_point, scaled, share, uneven

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


def _jitter(given: Given) -> Same:
    return jitter({name: interval(given.take(name)) for name in ("brightness", "contrast", "saturation", "hue")})


def jitter(ranges: Mapping[str, list[float]]) -> Same:
    """Return what a ColorJitter is here; hue is turned in HSV, which is a step of its own."""
    changed = [name for name, ends in ranges.items() if ends != [0 if name == "hue" else 1] * 2]
    steps: list[tuple[str, dict[str, Any]]] = []
    if set(changed) - {"hue"} or not changed:
        steps.append(("image.color_jitter", {**ranges, "hue": [0.0, 0.0]}))
    if "hue" in changed:
        still = {"saturation": [1.0, 1.0], "value": [1.0, 1.0]}
        steps.append(("image.hsv", {"hue": ranges["hue"], **still}))
    several = ("values are cut off at black and white once, at the end, and the order of the changes is fixed",)
    return Same(steps, several if len(changed) > 1 else ())


def _gaussian_blur(given: Given) -> Same:
    if interval(given.take("blur_limit", 0)) != [0, 0]:
        raise NoEqualError("a blur_limit cuts the Gaussian off. Say blur_limit=0, which goes by sigma_limit")
    return Same([("image.gaussian_blur", {"sigma": interval(given.take("sigma_limit", (0.5, 3.0)))})])


def _window(name: str) -> Rule:
    def rule(given: Given) -> Same:
        return Same([(name, {"size": interval(given.take("blur_limit", (3, 7)))})])

    return rule


def _dropout(given: Given) -> Same:
    params: dict[str, Any] = {"holes": interval(given.take("num_holes_range", (1, 2)))}
    for ours, theirs in (("height", "hole_height_range"), ("width", "hole_width_range")):
        params[ours] = interval(given.take(theirs, (0.1, 0.2)))
        if params[ours][1] >= 1:
            raise NoEqualError(
                f"{theirs}={params[ours]} counts pixels; here it is a share of the side. Say less than 1"
            )
    return Same([("image.coarse_dropout", {**params, **_cover(given)})], ("sides are rounded, there cut off",))


def _erasing(given: Given) -> Same:
    low, high = interval(given.take("ratio", (0.3, 3.3)))
    params = {"scale": interval(given.take("scale", (0.02, 0.33))), "ratio": [round(1 / high, 10), round(1 / low, 10)]}
    return Same([("image.erasing", {**params, **_cover(given)})])


def _cover(given: Given) -> dict[str, Any]:
    fill, label = share(given.take("fill", 0)), given.take("fill_mask")
    return {**({"fill": fill} if fill else {}), **({} if label is None else {"mask_fill": int(label)})}


def _gray(given: Given) -> Same:
    given.need("method", "weighted_average")
    given.need("num_output_channels", 3)
    return Same([("image.grayscale", {})])


def _normalize(given: Given) -> Same:
    given.need("normalization", "standard")
    given.need("max_pixel_value", 255.0)
    return Same([("image.normalize", {"mean": list(given.take("mean")), "std": list(given.take("std"))})])


def _noise(given: Given) -> Same:
    given.need("per_channel", True)
    given.need("noise_scale_factor", 1.0, 1)
    mean = interval(given.take("mean_range", 0))
    if not is_point(mean):
        raise NoEqualError(f"mean_range={mean} is drawn, and here it is one number")
    return Same([("image.gaussian_noise", {"std": interval(given.take("std_range")), "mean": mean[0]})])


def _gamma(given: Given) -> Same:
    gamma = scaled(given.take("gamma_limit", (80, 120)), 100)
    return Same([("image.gamma", {"gamma": gamma})], uneven(gamma, "gamma"))


def _hsv(given: Given) -> Same:
    for name in ("sat_shift_limit", "val_shift_limit"):
        if any(interval(given.take(name, 0))):
            raise NoEqualError(f"{name} is added to the channel; here saturation and value are multiplied")
    still = {"saturation": [1.0, 1.0], "value": [1.0, 1.0]}
    turn = scaled(given.take("hue_shift_limit", 20), 180)
    return Same([("image.hsv", {"hue": turn, **still})], ("hues are not rounded to two degrees",))


def _rgb_shift(given: Given) -> Same:
    given.drop("approximation", "noise_params", "noise_type", "spatial_mode")
    limits = [interval(given.take(f"{channel}_shift_limit", 20)) for channel in "rgb"]
    if limits[0] != limits[1] or limits[1] != limits[2]:
        raise NoEqualError("the limits of the three channels are not the same")
    shift = limits[0] if max(map(abs, limits[0])) <= 1 else scaled(limits[0], 255)
    return Same([("image.rgb_shift", {"shift": shift})])


def _solarize(given: Given) -> Same:
    return Same([("image.solarize", {"threshold": interval(given.take("threshold_range", 0.5))})])


def _posterize(given: Given) -> Same:
    bits = interval(given.take("num_bits", 4))
    return Same([("image.posterize", {"bits": bits})])


def _clahe(given: Given) -> Same:
    tiles = interval(given.take("tile_grid_size", (8, 8)))
    if not is_point(tiles):
        raise NoEqualError(f"tile_grid_size={tiles} is not the same along both sides")
    return Same([("image.clahe", {"clip": interval(given.take("clip_limit")), "tiles": tiles[0]})])


def _scale(given: Given) -> Same:
    _area(given)
    factor = [round(1 + end, 10) for end in interval(given.take("scale_limit", 0.1))]
    return Same([("image.scale", {"factor": factor, **_way(given)})], (*uneven(factor, "factor"), SHRINK))


def _pixel_dropout(given: Given) -> Same:
    given.need("mask_drop_value", None)
    params = {"amount": interval(given.take("dropout_prob", 0.01)), "per_channel": bool(given.take("per_channel"))}
    return Same([("image.pixel_dropout", {**params, "fill": share(given.take("drop_value", 0))})])


def _channel_dropout(given: Given) -> Same:
    params = {"count": interval(given.take("channel_drop_range", (1, 1))), "fill": share(given.take("fill", 0))}
    return Same([("image.channel_dropout", params)])


def _autocontrast(given: Given) -> Same:
    given.need("method", "pil")
    given.need("cutoff", 0, 0.0)
    given.need("ignore", None)
    return Same([("image.autocontrast", {})])


def _brightness_contrast(given: Given) -> Same:
    given.drop("brightness_by_max")
    given.need("ensure_safe_range", False)
    if any(interval(given.take("brightness_limit", 0.2))):
        raise NoEqualError(
            "brightness is added there and multiplied here; contrast is about black there, about gray here"
        )
    factor = [round(1 + end, 10) for end in interval(given.take("contrast_limit", 0.2))]
    return Same([("image.brightness", {"factor": factor})])


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


def _tensor(given: Given) -> Same:
    given.need("transpose_mask", False)
    return Same([("image.to_tensor", {"dtype": "uint8"})])


TABLE: Final[Mapping[str, Rule]] = {
    "HorizontalFlip": fixed("image.hflip"),
    "VerticalFlip": fixed("image.vflip"),
    "Transpose": fixed("image.transpose"),
    "RandomRotate90": fixed("image.rot90"),
    "D4": fixed("image.d4"),
    "SquareSymmetry": fixed("image.d4"),
    "Rotate": _rotate,
    "Affine": _affine,
    "ShiftScaleRotate": _shift_scale_rotate,
    "ColorJitter": _jitter,
    "GaussianBlur": _gaussian_blur,
    "Blur": _window("image.box_blur"),
    "MedianBlur": _window("image.median_blur"),
    "CoarseDropout": _dropout,
    "Erasing": _erasing,
    "ToGray": _gray,
    "ToSepia": fixed("image.sepia", amount=[1.0, 1.0]),
    "Normalize": _normalize,
    "ToTensorV2": _tensor,
    "GaussNoise": _noise,
    "RandomGamma": _gamma,
    "HueSaturationValue": _hsv,
    "RGBShift": _rgb_shift,
    "Solarize": _solarize,
    "Posterize": _posterize,
    "InvertImg": fixed("image.invert"),
    "CLAHE": _clahe,
    "ChannelShuffle": fixed("image.channel_shuffle"),
    "RandomScale": _scale,
    "PixelDropout": _pixel_dropout,
    "ChannelDropout": _channel_dropout,
    "AutoContrast": _autocontrast,
    "RandomBrightnessContrast": _brightness_contrast,
    "Pad": _pad,
    "PadIfNeeded": _pad_if_needed,
    "RandomCrop": _crop("image.crop"),
    "CenterCrop": _crop("image.center_crop"),
    "RandomResizedCrop": _resized_crop,
    "Resize": _resize,
    "LongestMaxSize": _side("image.longest_side"),
    "SmallestMaxSize": _side("image.smallest_side"),
}

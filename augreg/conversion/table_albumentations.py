"""albumentations 2.0: transform -> what equals it. tests/test_conversion.py compares the pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from augreg.conversion.equal import (
    EDGE,
    Given,
    NoEqualError,
    Rule,
    Same,
    fixed,
    interval,
    is_point,
    scaled,
    share,
    uneven,
)
from augreg.conversion.table_albumentations_moves import GEOMETRY


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
    return Same([("image.gaussian_blur", {"sigma": interval(given.take("sigma_limit", (0.5, 3.0)))})], (EDGE,))


def _window(name: str) -> Rule:
    def rule(given: Given) -> Same:
        params = {"size": interval(given.take("blur_limit", (3, 7)))}
        return Same([(name, params)], () if name == "image.median_blur" else (EDGE,))

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
    scale, ratio = interval(given.take("scale", (0.02, 0.33))), interval(given.take("ratio", (0.3, 3.3)))
    held = ("scale: as it is said; there held down to areas that fit at every ratio",)
    differs = (*uneven(ratio, "ratio"), *(() if is_point(scale) else held))
    return Same([("image.erasing", {"scale": scale, "ratio": ratio, **_cover(given)})], differs)


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


def _tensor(given: Given) -> Same:
    given.need("transpose_mask", False)
    return Same([("image.to_tensor", {"dtype": "uint8"})])


TABLE: Final[Mapping[str, Rule]] = {
    **GEOMETRY,
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
    "PixelDropout": _pixel_dropout,
    "ChannelDropout": _channel_dropout,
    "AutoContrast": _autocontrast,
    "RandomBrightnessContrast": _brightness_contrast,
}

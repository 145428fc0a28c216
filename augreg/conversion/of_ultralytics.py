"""Reads the augmentation settings of ultralytics: `args.yaml` of a run, a `cfg` file, or `vars(model.args)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from augreg.conversion.tree import Item, LeftOut, Ours, Read
from augreg.errors import ConfigError

PIXELS: Final = ("hsv_h", "hsv_s", "hsv_v")
MOVES: Final = ("degrees", "translate", "scale", "shear", "perspective")
MIXES: Final = ("mosaic", "mixup", "cutmix", "copy_paste")
CLASSIFY: Final = ("auto_augment", "erasing")
KEYS: Final = (*PIXELS, *MOVES, *MIXES, *CLASSIFY, "flipud", "fliplr", "bgr")
GRAY: Final = round(114 / 255, 10)
"""With which ultralytics fills."""
LOCATING: Final = ("detect", "segment", "pose", "obb")


def is_one(data: Any) -> bool:
    """Return whether plain data is a mapping with at least two of the settings, all of whose keys are texts."""
    return isinstance(data, Mapping) and sum(key in data for key in KEYS) >= 2


def read(data: Mapping[str, Any]) -> Read:
    """Return the steps in the order in which ultralytics runs them.

    Raises:
        ConfigError: the task is not said where it matters, or a setting has no counterpart.

    """
    task = data.get("task") or _task(data)
    if task == "classify":
        return Read("ultralytics", "image", _classify(data), _sizes(data))
    if task not in LOCATING:
        raise ConfigError(f"task: {task} is not known. Say task: detect or task: classify.")
    steps = [*_mixing(data), *_moving(data), *_colors(data), *_flips(data)]
    steps += [
        LeftOut(key, f"ultralytics reads it for task: classify, not for {task}") for key in CLASSIFY if data.get(key)
    ]
    if _number(data, "bgr"):
        raise ConfigError("ultralytics: bgr exchanges red and blue, which no augmenter does. Set bgr: 0.")
    return Read("ultralytics", "image", steps, _sizes(data))


def _task(data: Mapping[str, Any]) -> str:
    """Return the task that the settings are for, where only one is possible."""
    if any(data.get(key) for key in CLASSIFY):
        said = next(key for key in CLASSIFY if data.get(key))
        raise ConfigError(f"ultralytics reads {said} for task: classify alone. Say for which task: detect or classify.")
    return "detect"


def _number(data: Mapping[str, Any], key: str) -> float:
    value = data.get(key) or 0.0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ConfigError(f"ultralytics: {key}={value!r} is no number. Write one, such as {key}: 0.5.")
    return float(value)


def _sizes(data: Mapping[str, Any]) -> tuple[str, ...]:
    notes = []
    if data.get("imgsz"):
        notes.append(f"imgsz: bring pictures to one size by image.letterbox: {{size: {data['imgsz']}, p: 1}}")
    if data.get("close_mosaic") and _number(data, "mosaic"):
        notes.append(f"close_mosaic: stop mosaic {data['close_mosaic']} epochs before the end by a schedule of its p")
    return tuple(notes)


def _mixing(data: Mapping[str, Any]) -> list[Item]:
    """Return what mixes pictures, which comes first."""
    made: dict[str, Callable[[float], Any]] = {
        "mosaic": lambda p: {"image.mosaic": {"fill": GRAY, "p": p}},
        "copy_paste": lambda p: {"image.copy_paste": {"chance": p, "p": 1.0}},
        "mixup": lambda p: {"image.mixup": {"alpha": 32.0, "p": p}},
        "cutmix": lambda p: {"image.cutmix": {"alpha": 32.0, "p": p}},
    }
    differs = {
        "mosaic": ("the canvas keeps the size of the picture; there it is twice as large, and cut after it has moved",),
        "copy_paste": ("objects come from another picture of the batch, not mirrored from the same one",),
        "mixup": ("the partner comes from the batch, and has not moved or been put into a mosaic itself",),
        "cutmix": ("the partner comes from the batch",),
    }
    found = [(key, _number(data, key)) for key in ("mosaic", "copy_paste", "mixup", "cutmix")]
    return [Ours(key, made[key](p), differs[key]) for key, p in found if p]


def _moving(data: Mapping[str, Any]) -> list[Item]:
    values = {key: _number(data, key) for key in MOVES}
    for key in ("shear", "perspective"):
        if values[key]:
            raise ConfigError(
                f"ultralytics: {key}={values[key]:g} comes in another order here. Set {key}: 0, and add "
                f"image.{key} by hand."
            )
    if not any(values.values()):
        return []
    scale = [round(1 - values["scale"], 10), round(1 + values["scale"], 10)]
    params = {
        "degrees": [-values["degrees"], values["degrees"]],
        "translate": [-values["translate"], values["translate"]],
        "scale": scale,
        "shear": [0.0, 0.0],
        "fill": GRAY,
        "p": 1.0,
    }
    differs = ("scale: drawn evenly in its logarithm, there evenly",) if values["scale"] else ()
    return [Ours(", ".join(key for key in MOVES if values[key]), {"image.affine": params}, differs)]


def _colors(data: Mapping[str, Any]) -> list[Item]:
    h, s, v = (_number(data, key) for key in PIXELS)
    if not (h or s or v):
        return []
    params = {"hue": [-h, h], "saturation": [_r(1 - s), _r(1 + s)], "value": [_r(1 - v), _r(1 + v)], "p": 1.0}
    return [Ours(", ".join(PIXELS), {"image.hsv": params}, ("hues are not rounded to two degrees",))]


def _flips(data: Mapping[str, Any]) -> list[Item]:
    ours = {"flipud": "image.vflip", "fliplr": "image.hflip"}
    found = [(key, _number(data, key)) for key in ours]
    return [Ours(key, {ours[key]: {"p": p}}) for key, p in found if p]


def _classify(data: Mapping[str, Any]) -> list[Item]:
    """Return what `classify_augmentations` makes of the settings."""
    size, scale = data.get("imgsz", 224), _r(1 - _number(data, "scale"))
    crop = {"image.resized_crop": {"size": size, "scale": [scale, 1.0], "p": 1.0}}
    steps: list[Item] = [Ours("scale", crop), *reversed(_flips(data))]
    auto = data.get("auto_augment")
    if auto in ("randaugment", "augmix", "autoaugment"):
        raise ConfigError(
            f"ultralytics: auto_augment={auto} is torchvision's. Convert that: "
            "augreg.convert(torchvision.transforms.RandAugment()), and set auto_augment: null here."
        )
    if auto:
        raise ConfigError(f"ultralytics: auto_augment={auto!r} is not known. Set auto_augment: null.")
    h, s, v = (_number(data, key) for key in PIXELS)
    if h or s or v:
        ends = {"brightness": v, "contrast": v, "saturation": s}
        params = {name: [_r(max(0.0, 1 - by)), _r(1 + by)] for name, by in ends.items()}
        steps.append(Ours("hsv_s, hsv_v", {"image.color_jitter": {**params, "hue": [0.0, 0.0], "p": 1.0}}, CUT))
        still = {"saturation": [1.0, 1.0], "value": [1.0, 1.0]}
        steps += [Ours("hsv_h", {"image.hsv": {"hue": [-h, h], **still, "p": 1.0}})] if h else []
    steps.append(Ours("ToTensor", {"image.to_tensor": {"p": 1.0}}))
    if p := _number(data, "erasing"):
        steps.append(Ours("erasing", {"image.erasing": {"ratio": [_r(1 / 3.3), _r(1 / 0.3)], "p": p}}))
    used = (*PIXELS, "scale", "fliplr", "flipud", *CLASSIFY)
    return [
        *steps,
        *(
            LeftOut(key, "ultralytics does not read it for task: classify")
            for key in KEYS
            if data.get(key) and key not in used
        ),
    ]


CUT: Final = ("values are cut off at black and white once, at the end, and the order of the changes is fixed",)


def _r(value: float) -> float:
    return round(value, 10)

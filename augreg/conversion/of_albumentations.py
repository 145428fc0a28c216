"""Reads what albumentations' `to_dict` returns, and `A.save` writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from augreg.conversion.tree import Group, Item, LeftOut, Ours, Read, Transform
from augreg.errors import ConfigError

GROUPS: Final = ("Compose", "ReplayCompose", "Sequential", "OneOf", "SomeOf", "RandomOrder", "OneOrOther")
BOXES: Final = {
    "pascal_voc": "xyxy in pixels",
    "coco": "xywh in pixels",
    "yolo": "cxcywh in shares of the sides",
    "albumentations": "xyxy in shares of the sides",
}


def is_one(data: Any) -> bool:
    """Return whether plain data is a pipeline of albumentations."""
    return isinstance(data, Mapping) and (
        "__class_fullname__" in data or (isinstance(data.get("transform"), Mapping) and "__version__" in data)
    )


def read(data: Mapping[str, Any]) -> Read:
    """Return the tree. Raises ConfigError for what `to_dict` of version 2 does not write."""
    version = str(data.get("__version__", "2"))
    if not version.startswith("2."):
        raise ConfigError(
            f"written by albumentations {version}, whose parameters had other names. Load it with albumentations 2.0, "
            "and save it again."
        )
    top = data.get("transform", data)
    item = _item(top, within_one_of=False)
    notes, defaults = _targets(top)
    whole = isinstance(item, Group) and item.kind == "sequential" and item.p == 1.0
    steps = _tensors(item.steps if whole and isinstance(item, Group) else [item])
    return Read("albumentations", "image", steps, notes, defaults)


def _tensors(steps: Sequence[Item]) -> list[Item]:
    """Put ToTensorV2 before Normalize, where it makes the same tensor: PIL images cannot hold normalized values."""
    names = [step.name if isinstance(step, Transform) else "" for step in steps]
    if "ToTensorV2" not in names or "Normalize" not in names[: names.index("ToTensorV2")]:
        return list(steps)
    at, to = names.index("ToTensorV2"), names.index("Normalize")
    moved = Ours("ToTensorV2", {"image.to_tensor": {"p": 1.0}}, ("it stands before Normalize",))
    return [*steps[:to], moved, *steps[to:at], *steps[at + 1 :]]


def _targets(top: Mapping[str, Any]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Return what is said about boxes and key points, and the filters as parameters of steps."""
    boxes, points = top.get("bbox_params"), top.get("keypoint_params")
    notes: list[str] = []
    defaults: dict[str, Any] = {}
    if boxes:
        form = BOXES.get(boxes.get("format"), boxes.get("format"))
        notes.append(f"bbox_params: give boxes with the samples, augreg.Boxes(...), in their format ({form})")
        defaults = {name: boxes[name] for name in ("min_area", "min_visibility") if boxes.get(name)}
        if defaults:
            said = ", ".join(f"{name}={value}" for name, value in defaults.items())
            notes.append(f"bbox_params: {said} stands with every step that drops boxes")
        sides = [name for name in ("min_width", "min_height", "max_accept_ratio") if boxes.get(name)]
        advice = "is left out. Add image.sanitize: {min_size: ...}"
        notes += [f"bbox_params: {name}={boxes[name]} {advice}" for name in sides]
    if points:
        notes.append("keypoint_params: give key points with the samples, augreg.Keypoints(...)")
    if top.get("additional_targets"):
        notes.append("additional_targets: give records, and tie their fields (tie: {depth: image})")
    return tuple(notes), defaults


def _item(data: Mapping[str, Any], within_one_of: bool) -> Item:
    name, p = str(data["__class_fullname__"]).rpartition(".")[2], float(data.get("p", 1.0))
    if "transforms" not in data:
        if name == "NoOp":
            return LeftOut(name, "it does nothing")
        params = {key: value for key, value in data.items() if key not in ("__class_fullname__", "p", "always_apply")}
        # What OneOf has chosen happens: there p says how often it is chosen.
        return Transform(name, params, 1.0 if within_one_of else p)
    if name not in GROUPS:
        raise ConfigError(f"albumentations.{name} is no group that can be read. Take it out of the pipeline.")
    return _group(name, data, 1.0 if within_one_of else p)


def _group(name: str, data: Mapping[str, Any], p: float) -> Group:
    inner = data["transforms"]
    if name == "OneOf":
        chances = [float(one.get("p", 1.0)) for one in inner]
        weights = {} if len(set(chances)) == 1 else {"weights": chances}
        return Group("one_of", [_item(one, True) for one in inner], weights, p)
    if name == "OneOrOther":
        first = float(data.get("p", 0.5))
        return Group("one_of", [_item(one, True) for one in inner], {"weights": [first, round(1 - first, 10)]})
    steps = [_item(one, False) for one in inner]
    if name in ("Compose", "ReplayCompose", "Sequential"):
        return Group("sequential", steps, {}, p)
    if data.get("replace"):
        raise ConfigError(
            f"albumentations.{name} with replace=True may choose a transform twice, which some_of cannot."
        )
    options: dict[str, Any] = {"n": data["n"], **({"order": "random"} if name == "RandomOrder" else {})}
    return Group("some_of", steps, options, p)

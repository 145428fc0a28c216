"""Reads MMDetection's `train_pipeline`, as data or as a literal in a Python file, which is not run."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import Any, Final

from augreg.conversion.tree import Group, Item, LeftOut, Ours, Read, Transform
from augreg.errors import ConfigError

NAME: Final = "train_pipeline"
ABOUT_FILES: Final = (
    "LoadImageFromFile",
    "LoadAnnotations",
    "PackDetInputs",
    "DefaultFormatBundle",
    "Collect",
    "ImageToTensor",
)
AXES: Final = {"horizontal": "image.hflip", "vertical": "image.vflip"}


def is_one(data: Any) -> bool:
    """Return whether plain data is a list of transforms, or a mapping with one."""
    steps = data.get(NAME) if isinstance(data, Mapping) else data
    return isinstance(steps, Sequence) and bool(steps) and all(isinstance(s, Mapping) and "type" in s for s in steps)


def literal(source: str, path: str) -> Any:
    """Return the list that a Python file assigns to `train_pipeline`. Nothing of the file is run.

    Raises:
        ConfigError: there is no such line, or it is no literal.

    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise ConfigError(f"{path}, line {error.lineno}: {error.msg}. Mend that place.") from None
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == NAME for t in node.targets):
            return _value(node.value, path)
    raise ConfigError(f"{path} assigns no {NAME} = [...]. Give the file that does: bases of a config are not read.")


def _value(node: ast.expr, path: str) -> Any:
    """Return a literal; `dict(type='Resize')` counts as one."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict" and not node.args:
        return {str(k.arg): _value(k.value, path) for k in node.keywords if k.arg is not None}
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(one, path) for one in node.elts]
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        pairs = zip(node.keys, node.values, strict=True)
        return {_value(key, path): _value(value, path) for key, value in pairs if key is not None}
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ConfigError(
            f"{path}, line {node.lineno}: {ast.unparse(node)} is no literal, and files are not run. Write its value."
        ) from None


def read(data: Any) -> Read:
    """Return the tree of a `train_pipeline`."""
    steps = data[NAME] if isinstance(data, Mapping) else data
    return Read("mmdet", "image", [_item(step) for step in steps])


def _item(step: Mapping[str, Any]) -> Item:
    name = str(step["type"]).rpartition(".")[2]
    params = {key: value for key, value in step.items() if key != "type"}
    if name in ABOUT_FILES:
        return LeftOut(name, "augreg gets samples that are loaded, and gives them back in their kind")
    if name == "RandomFlip":
        return _flip(params)
    if name == "RandomChoice":
        return _choice(params)
    if name == "RandomApply":
        return Group("sequential", [_item(one) for one in params["transforms"]], {}, float(params.get("prob", 0.5)))
    if name == "Mosaic":
        step_ = {
            "image.mosaic": {"fill": round(params.get("pad_val", 114.0) / 255, 10), "p": float(params.get("prob", 1.0))}
        }
        return Ours(name, step_, ("the canvas keeps the size of the picture; there it is twice img_scale",))
    return Transform(name, params)


def _flip(params: Mapping[str, Any]) -> Item:
    prob, directions = params.get("prob"), params.get("direction", "horizontal")
    if isinstance(directions, str):
        directions = [directions]
    if not set(directions) <= set(AXES):
        raise ConfigError(
            f"mmdet.RandomFlip: direction={directions} is none of {list(AXES)}. Write image.hflip by hand."
        )
    if isinstance(prob, (int, float)) and len(directions) == 1:
        return Ours("RandomFlip", {AXES[directions[0]]: {"p": float(prob)}})
    probs = [prob / len(directions)] * len(directions) if isinstance(prob, (int, float)) else prob
    if not isinstance(probs, list) or len(probs) != len(directions):
        raise ConfigError(f"mmdet.RandomFlip: prob={prob!r} does not fit direction={directions}. Give one for each.")
    total = round(sum(probs), 10)
    steps = [{AXES[d]: {"p": 1.0}} for d in directions]
    return Ours("RandomFlip", {"one_of": {"steps": steps, "weights": [float(p) for p in probs], "p": total}})


def _choice(params: Mapping[str, Any]) -> Item:
    lines = [Group("sequential", [_item(one) for one in line]) for line in params["transforms"]]
    prob = params.get("prob")
    return Group("one_of", lines, {} if prob is None else {"weights": [float(p) for p in prob]})

"""The words of pictures: boxes, keypoints and segments as data sets hold them, and how plain numbers are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import numpy as np
import torch

from augreg.data.box_formats import as_format
from augreg.data.targets import BOX_COLUMNS, Boxes, BoxFormat, Keypoints
from augreg.errors import SampleError
from augreg.modalities.foreign import is_tv
from augreg.modalities.label_maps import INSTANCES
from augreg.modalities.plain_rows import ENTRIES, packed, rows_of
from augreg.modalities.roles import Role, RoleWord, RowNow, Shape
from augreg.modalities.segments import area_of_segments, decoded_mask, encoded_mask, give_segments, take_segments
from augreg.modalities.target_kinds import BOXES, KEYPOINTS, MASKS, Read, TargetKind

SHARES: Final = ("xyxy_norm", "xywh_norm", "cxcywh_norm")
"""Formats whose numbers are shares of the picture's width and height."""

VOC: Final = "voc"
"""Corners as PASCAL VOC writes them: pixels counted from 1, the last one included."""

CORNER_NAMES: Final = (("xmin", "ymin", "xmax", "ymax"), ("x1", "y1", "x2", "y2"), ("x", "y", "width", "height"))
"""Names of the numbers of a box where it is a dictionary."""

POINT_FORMATS: Final = ("xy", "xyv", "xy_norm", "xyv_norm")


def _typed(kind: TargetKind, value: Any, role: Role) -> Read | None:
    """Return a value that says by its type what it is; its format needs no word then."""
    found = kind.read(value)
    if found is not None and role.options.get("format") not in (None, getattr(found.target, "format", None)):
        said, own = role.options["format"], getattr(found.target, "format", None)
        raise SampleError(f"it holds {own or 'its own format'}, and the schema says {said}. Leave the format out.")
    return found


def read_boxes(value: Any, role: Role, shape: Shape) -> Read:
    """Read boxes (n, 4) of the format that the role says; see :class:`RoleWord`.

    Raises:
        SampleError: no format is said, the numbers do not fit it, or they are shares and the format says pixels.

    """
    found = _typed(BOXES, value, role)
    if found is not None:
        return found
    form = role.options.get("format")
    if form is None:
        raise SampleError(
            "it holds plain numbers, and its format is not said: write e.g. 'xyxy boxes', 'xywh boxes' (COCO) or "
            "'cxcywh_norm boxes' (YOLO) in the schema."
        )
    names = CORNER_NAMES
    rows = rows_of(value, names)
    inner = "xyxy" if form == VOC else str(form).removesuffix("_norm")
    data = rows.reshape(-1, BOX_COLUMNS[inner]) if not rows.size else rows
    if data.ndim != 2 or data.shape[1] != BOX_COLUMNS[inner]:
        raise SampleError(
            f"it has shape {data.shape}, and {form} is rows of {BOX_COLUMNS[inner]} numbers. Give classes and the like "
            "in a field of their own, 'label of ...' or 'per box of ...'."
        )
    boxes = Boxes(_to_pixels(data, form, shape), cast(BoxFormat, inner))
    if form not in SHARES:
        BOXES.fits(boxes, shape)
    else:
        _check_shares(data)

    def restore(new: Boxes, row: torch.Tensor) -> Any:
        whole = _from_pixels(as_format(new, boxes.format).data, form, tuple(row.shape))
        return packed(value, whole, names, new.columns.get(ENTRIES))

    return Read(boxes, restore)


def _check_shares(data: np.ndarray) -> None:
    if data.size and (data.max() > 1.5 or data.min() < -0.5):
        raise SampleError(
            f"it holds {data.max():g}, and shares of a picture's sides are 0 to 1. Say the one in pixels."
        )


def _sides(shape: Shape) -> np.ndarray:
    return np.array([shape[-1], shape[-2], shape[-1], shape[-2]], dtype=np.float64)


def _to_pixels(data: np.ndarray, form: str, shape: Shape) -> np.ndarray:
    if form in SHARES:
        return np.asarray(data * _sides(shape))
    return np.asarray(data - np.array([1.0, 1.0, 0.0, 0.0])) if form == VOC else data


def _from_pixels(data: np.ndarray, form: str, shape: Shape) -> np.ndarray:
    if form in SHARES:
        return np.asarray(data / _sides(shape))
    return np.asarray(data + np.array([1.0, 1.0, 0.0, 0.0])) if form == VOC else data


def sides_of(form: str, row: np.ndarray) -> tuple[float, float]:
    """Return width and height of one box."""
    if form == "xyxy":
        return float(row[2] - row[0]), float(row[3] - row[1])
    if form == "xyxyxyxy":
        (a, b, c) = row[0:2], row[2:4], row[4:6]
        return float(np.hypot(*(b - a))), float(np.hypot(*(c - b)))
    return float(row[2]), float(row[3])


def read_points(value: Any, role: Role, shape: Shape) -> Read:
    """Read keypoints (n, 2), or (n, 3) with visibility, of the picture itself."""
    found = _typed(KEYPOINTS, value, role)
    if found is not None:
        points = found.target
        pairs = role.options.get("flip_pairs")
        return (
            found
            if pairs is None
            else Read(Keypoints(points.data, points.visible, points.labels, pairs), found.restore)
        )
    points = take_points([] if value is None else value, role, shape)
    return Read(points, lambda new, row: give_points(value, new, role, tuple(row.shape)))


def take_points(entry: Any, role: Role, shape: Shape) -> Keypoints:
    """Read the keypoints of one object: (k, 2) or (k, 3), or COCO's flat list x, y, v, x, y, v, ..."""
    form = role.options.get("format", "xy")
    columns = 3 if "v" in form.split("_")[0] else 2
    data = _numbers(entry)
    if data.ndim == 1:
        if data.size % columns:
            raise SampleError(f"{data.size} numbers are no points of {columns} ({form}). Check the format.")
        data = data.reshape(-1, columns)
    if data.size and data.shape[1] != columns:
        other = "xyv" if data.shape[1] == 3 else "xy"
        raise SampleError(f"points have shape {data.shape}, {form} has {columns} numbers each. Say format: {other}.")
    data = data.reshape(-1, columns)
    flags = data[:, 2].astype(np.int64) if columns == 3 and (data[:, 2] == np.rint(data[:, 2])).all() else data[:, 2:]
    sides = _sides(shape)[:2] if form.endswith("_norm") else None
    _check_points(data[:, :2], shape, shares=sides is not None)
    xy = data[:, :2] if sides is None else data[:, :2] * sides
    pairs = role.options.get("flip_pairs")
    wrong = next((pair for pair in pairs or () if not 0 <= min(pair) <= max(pair) < len(xy)), None)
    if wrong is not None:
        raise SampleError(f"flip_pairs holds {list(wrong)} for {len(xy)} points; give indices from 0 to {len(xy) - 1}.")
    return Keypoints(xy, flags.reshape(-1) if columns == 3 else None, swap=pairs)


def _numbers(entry: Any) -> np.ndarray:
    given = entry.detach().cpu().numpy() if isinstance(entry, torch.Tensor) else entry
    try:
        return np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise SampleError(f"{entry!r} are no numbers of points; give (k, 2), (k, 3) or a flat list.") from None


def _check_points(xy: np.ndarray, shape: Shape, *, shares: bool) -> None:
    """Refuse points that most likely are shares where pixels are said, and the other way round."""
    if shares and xy.size and (xy.max() > 1.5 or xy.min() < -0.5):
        raise SampleError(f"it holds {xy.max():g}, and shares of a picture's sides are 0 to 1. Say the one in pixels.")
    few = not xy.size or len(xy) < 2 or max(shape[-2:]) <= 2
    if shares or few or not (xy.max() <= 1.0 and xy.min() >= 0.0 and xy.any()):
        return
    raise SampleError(
        f"keypoints are in pixels, and all of these lie within 0..1, the first {xy[0].tolist()}, of a picture of "
        f"{shape[-2]} x {shape[-1]}. If they are shares of its sides, say format: xy_norm."
    )


def give_points(entry: Any, points: Keypoints, role: Role, new: Shape) -> Any:
    """Return points in the form that an entry has; unlabelled ones of COCO, (0, 0) with flag 0, stay so."""
    form = role.options.get("format", "xy")
    columns = 3 if "v" in form.split("_")[0] else 2
    data = points.data / _sides(new)[:2] if form.endswith("_norm") else points.data.copy()
    if columns == 3:
        was = _numbers(entry).reshape(-1, 3)
        if len(was) == len(data):
            data[_never_labelled(was, points, role)] = 0.0
        data = np.column_stack([data, points.flags.astype(np.float64)])
    if isinstance(entry, (torch.Tensor, np.ndarray)):
        flat = data.reshape(-1) if entry.ndim == 1 else data
        return packed(entry, flat)
    whole = [[*map(float, row[:2]), *map(int, row[2:])] for row in data.tolist()]
    flat_list = bool(len(entry)) and not hasattr(entry[0], "__len__") if entry is not None else False
    return type(entry or [])([x for row in whole for x in row] if flat_list else whole)


def _never_labelled(was: np.ndarray, points: Keypoints, role: Role) -> np.ndarray:
    """Return which points were (0, 0) with flag 0: a mirror may have exchanged them in their pairs."""
    never = (was == 0).all(axis=1)
    other = np.arange(len(was))
    for a, b in role.options.get("flip_pairs") or ():
        other[a], other[b] = b, a
    return np.asarray((never | never[other]) & (points.flags == 0))


def _as_held(old: Any, new: Any, shape: Shape) -> Any:
    """Return the keypoints of all objects as torchvision's, if they were such."""
    if not is_tv(old, "KeyPoints"):
        return new
    from torchvision import tv_tensors

    return tv_tensors.wrap(new, like=old, canvas_size=(int(shape[-2]), int(shape[-1])))


def _several_masks(name: str, value: Any) -> bool:
    """Whether masks are one for each box by the name of their field; a single one may be a label map."""
    held = MASKS.read_field(name, value) if name in INSTANCES else None
    return held is not None and held.target.ndim == 3 and len(held.target) > 1


def new_area(entry: Any, row: RowNow) -> Any:
    """Return the area of an object after the steps, in the kind of number that it was.

    That of its segment where it has one; else that of its box if it was that of the box before (within 1 %, or half a
    square pixel); else the old one in proportion to the box's.
    """
    old, was, now = float(entry), _area(row.old), _area(row.new)
    segment = row.measured.get("area")
    if segment is not None:
        value = old * segment[1] / segment[0] if segment[0] else segment[1]
    elif abs(old - was) <= max(0.5, 0.01 * was):
        value = now
    else:
        value = old * now / was if was else 0.0
    if isinstance(entry, torch.Tensor):
        return torch.tensor(value).round().to(entry.dtype) if not entry.is_floating_point() else entry.new_tensor(value)
    if isinstance(entry, (int, np.integer)):
        return type(entry)(round(value))
    return type(entry)(value)


def _area(box: tuple[str, np.ndarray]) -> float:
    width, height = sides_of(*box)
    return abs(width * height)


def new_count(entry: Any, row: RowNow) -> Any:
    """Return how many keypoints of an object are labelled after the steps (COCO's num_keypoints)."""
    return type(entry)(row.measured["labelled"][1]) if "labelled" in row.measured else entry


def _labelled(_entry: Any, points: Keypoints) -> float:
    return float(np.count_nonzero(points.flags))


def _pairs(value: Any) -> tuple[tuple[int, int], ...]:
    try:
        return tuple((int(a), int(b)) for a, b in value)
    except (TypeError, ValueError):
        raise SampleError(f"flip_pairs={value!r} are no pairs of indices, e.g. [[1, 2], [3, 4]].") from None


def _label_map(value: Any, role: Role, shape: Shape) -> Read:
    """Read a label map; of an array, the axis beside height and width may be the last, as albumentations has it."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biu" and _channels_last(value.shape, shape):
        first = _masks("mask", value.transpose(2, 0, 1), role, shape)
        return Read(first.target, lambda new, row: first.restore(new, row).transpose(1, 2, 0))
    return _masks("mask", value, role, shape)


def _channels_last(sides: tuple[int, ...], shape: Shape) -> bool:
    size = tuple(shape[-2:])
    return len(sides) == 3 and sides[:2] == size and sides[1:] != size and sides[2] > 1


def _instances(value: Any, role: Role, shape: Shape) -> Read:
    return _masks("masks", value, role, shape)


def _masks(name: str, value: Any, role: Role, shape: Shape) -> Read:
    found = MASKS.read_field(name, value)
    if found is None and isinstance(value, (torch.Tensor, np.ndarray)):
        tied = {"role": "image", "tie": role.of, "interpolation": "nearest"}
        raise SampleError(
            f"a {type(value).__name__} of {value.dtype} and shape {tuple(value.shape)} is no {name}: labels are whole "
            f"numbers or truth values, (..., height, width). What lies between them, as depth and soft masks do, is a "
            f"picture that moves along: {tied}."
        )
    if found is None:
        raise SampleError(f"a {type(value).__name__} is no {name}; give an array, a tensor or a PIL picture of labels.")
    MASKS.fits(found.target, shape)
    return found


def read_size(value: Any, role: Role, shape: Shape) -> Read:
    """Read the size of a picture: (height, width), or with the channels; (width, height) if said; or a dictionary.

    Raises:
        SampleError: it is not the size of this picture.

    """
    names = ("width", "height")
    wide = role.options.get("format") == "wh"
    given = [value[n] for n in names] if isinstance(value, Mapping) else list(value)[: 2 if wide else None][:2]
    width, height = (int(x) for x in (given if wide or isinstance(value, Mapping) else given[::-1]))
    if (height, width) != tuple(shape[-2:]):
        raise SampleError(
            f"it says {height} x {width}, and the picture has {shape[-2]} x {shape[-1]}. Make both alike."
        )

    def restore(_new: Any, row: torch.Tensor) -> Any:
        height, width = int(row.shape[-2]), int(row.shape[-1])
        if isinstance(value, Mapping):
            now = {"width": width, "height": height}
            return {**value, **{n: str(x) if isinstance(value[n], str) else x for n, x in now.items()}}
        sides = (width, height) if wide else (height, width)
        if isinstance(value, (torch.Tensor, np.ndarray)):
            new = value.clone() if isinstance(value, torch.Tensor) else value.copy()
            new[0], new[1] = sides
            return new
        return type(value)([*sides, *value[2:]])

    return Read(None, restore)


BOX_FORMATS: Final = (*BOX_COLUMNS, *SHARES, VOC)

PICTURE_ROLES: Final = (
    RoleWord("boxes", "boxes", rows="box", formats=BOX_FORMATS, read=read_boxes),
    RoleWord("mask", "masks", read=_label_map),
    RoleWord("masks", "masks", per="box", read=_instances, of_rows=_several_masks),
    RoleWord(
        "keypoints", "keypoints", formats=POINT_FORMATS, usual=True, options={"flip_pairs": _pairs}, read=read_points
    ),
    RoleWord(
        "keypoints",
        "keypoints",
        per="box",
        formats=POINT_FORMATS,
        usual=True,
        options={"flip_pairs": _pairs},
        take=take_points,
        sides="flip_pairs",
        give=give_points,
        of_rows=lambda _name, value: is_tv(value, "KeyPoints") and value.ndim == 3,
        as_old=_as_held,
        measures=("labelled", _labelled),
    ),
    RoleWord(
        "segmentation",
        "keypoints",
        per="box",
        take=take_segments,
        give=give_segments,
        picture=decoded_mask,
        pictured=encoded_mask,
        measures=("area", area_of_segments),
    ),
    RoleWord("size", formats=("hw", "wh"), usual=True, read=read_size),
    RoleWord("area", per="box", derived=new_area),
    RoleWord("num_keypoints", per="box", derived=new_count),
)

"""Records of pictures that libraries and data sets hand out, known as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import torch

from augreg.modalities.foreign import is_pil
from augreg.modalities.recognized import RecordLayout

COCO_PAIRS: Final = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12), (13, 14), (15, 16))
"""Left and right among the 17 keypoints of COCO's persons: eyes, ears, shoulders, elbows, wrists, hips ..."""

ANNOTATION: Final = {"segmentation": "segmentation", "area": "area", "num_keypoints": "num_keypoints"}


def _annotations(value: Any) -> bool:
    """Whether a value is a list of COCO's annotations; an empty one is."""
    return isinstance(value, (list, tuple)) and all(isinstance(each, Mapping) and "bbox" in each for each in value)


def annotation_roles(path: str, annotations: Any, picture: str) -> dict[str, Any]:
    """Return what the fields of COCO's annotations are: boxes as x, y, width, height, and what follows these."""
    boxes = f"{path}.bbox"
    roles: dict[str, Any] = {boxes: {"role": "boxes", "of": picture, "format": "xywh"}}
    names = {name for each in annotations for name in each}
    for name, word in ANNOTATION.items():
        if name in names:
            roles[f"{path}.{name}"] = {"role": word, "of": boxes}
    if "keypoints" in names:
        counts = {len(each["keypoints"]) for each in annotations if each.get("keypoints") is not None}
        pairs = {"flip_pairs": COCO_PAIRS} if counts <= {51} else {}  # 17 points of three numbers
        roles[f"{path}.keypoints"] = {"role": "keypoints", "of": boxes, "format": "xyv", **pairs}
    return roles


def _coco_pair(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """torchvision.datasets.CocoDetection: (picture, [annotation, ...])."""
    if len(fields) != 2 or not _annotations(fields["1"]) or not _is_picture(fields["0"]):
        return None
    return {"0": "image", **annotation_roles("1", fields["1"], "0")}


def _coco_record(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """{"image": picture, "annotations": [annotation, ...]}, as image processors of Hugging Face take it."""
    found = fields["annotations"]
    if not _annotations(found) or not _is_picture(fields["image"]):
        return None
    return {"image": "image", **annotation_roles("annotations", found, "image")}


def _voc(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """torchvision.datasets.VOCDetection: (picture, {"annotation": {"object": [{"bndbox": ...}, ...]}})."""
    held = fields["annotation"]
    objects = held.get("object") if isinstance(held, Mapping) else None
    if not isinstance(objects, list) or not all("bndbox" in each for each in objects):
        return None
    if any("part" in each for each in objects):
        return None  # boxes within boxes: what is not understood is refused by name
    size = {"annotation.size": "size of image"} if isinstance(held.get("size"), Mapping) else {}
    return {"image": "image", "annotation.object.bndbox": "voc boxes of image", **size}


def _objects(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Hugging Face's detection records: {"image": picture, "objects": {"bbox": [...], "area": [...], ...}}.

    Some hold x, y, width, height, and some corners. Areas tell which; without them nothing does.
    """
    objects = fields["objects"]
    listed = isinstance(objects, (list, tuple)) and all(isinstance(each, Mapping) for each in objects)
    table = {k: [each.get(k) for each in objects] for k in ("bbox", "area")} if listed else objects
    if not isinstance(table, Mapping) or not isinstance(table.get("bbox"), (list, tuple, np.ndarray, torch.Tensor)):
        return None
    form = format_by_area(table["bbox"], table.get("area"))
    if form is None or not _is_picture(fields["image"]):
        return None
    return {"image": "image", "objects.bbox": {"role": "boxes", "of": "image", "format": form}}


def format_by_area(boxes: Any, areas: Any) -> str | None:
    """Return the one format in which boxes have the areas that stand beside them; None if not exactly one."""
    try:
        data, area = np.asarray(boxes, dtype=np.float64).reshape(-1, 4), np.asarray(areas, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    if not len(data):
        return "xywh"  # no box, no difference
    if area.shape != (len(data),):
        return None
    x, y, a, b = data.T
    sizes = {"xywh": a * b, "xyxy": (a - x) * (b - y)}
    fits = [name for name, size in sizes.items() if np.allclose(size, area, rtol=0.01, atol=1.0)]
    return fits[0] if len(fits) == 1 else None


def _is_picture(value: Any) -> bool:
    """Whether a value in a field called "image" is a picture: by its type, or as a tensor or array of such axes."""
    if isinstance(value, (torch.Tensor, np.ndarray)):
        return value.ndim in (2, 3)
    return is_pil(value) or (isinstance(value, Mapping) and "bytes" in value) or type(value).__name__ == "Image"


def _albumentations(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """albumentations: image=array (H, W, C), mask=array (H, W)."""
    image, mask = fields["image"], fields.get("mask")
    if type(image) is not np.ndarray or image.ndim != 3 or type(mask) is not np.ndarray:
        return None
    return {"image": "image", "mask": "mask of image"} if mask.shape[:2] == image.shape[:2] else None


def _ultralytics(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Ultralytics' YOLODataset: img, cls (n, 1), bboxes (n, 4) as shares: middle and size."""
    if "batch_idx" not in fields and not fields.get("normalized", False):
        return None
    classes = {"role": "label", "of": "bboxes"}
    more = {"batch_idx": {"role": "per box", "of": "bboxes"}} if "batch_idx" in fields else {}
    return {"img": "image", "bboxes": "cxcywh_norm boxes of img", "cls": classes, **more}


def _mmdetection(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Results of MMDetection's pipelines: img (H, W, C), gt_bboxes as corners, gt_bboxes_labels, gt_seg_map."""
    if not isinstance(fields["gt_bboxes"], (np.ndarray, torch.Tensor)):
        return None
    along = {"gt_bboxes_labels": "label", "gt_labels": "label", "gt_ignore_flags": "per box"}
    roles = {name: {"role": word, "of": "gt_bboxes"} for name, word in along.items() if name in fields}
    more = {"gt_seg_map": "mask of img", "img_shape": "size of img"}
    whole = {name: role for name, role in more.items() if name in fields}
    return {"img": "image", "gt_bboxes": "xyxy boxes of img", **roles, **whole}


PICTURE_RECORDS: Final = (
    RecordLayout("torchvision.datasets.CocoDetection", ("0", "1"), _coco_pair),
    RecordLayout("torchvision.datasets.VOCDetection", ("image", "annotation"), _voc),
    RecordLayout("COCO annotations", ("image", "annotations"), _coco_record),
    RecordLayout("Hugging Face objects", ("image", "objects"), _objects),
    RecordLayout("albumentations", ("image", "mask"), _albumentations),
    RecordLayout("ultralytics", ("img", "cls", "bboxes"), _ultralytics),
    RecordLayout("MMDetection", ("img", "gt_bboxes"), _mmdetection),
)

"""Reads pictures with the boxes that are annotated in them, in whatever form `augreg run --labels` knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from augreg.data.targets import Boxes
from augreg.errors import ConfigError, MediaError, listing, nearest
from augreg.jobs.cleaning.splits import SPLITS
from augreg.jobs.items import Item
from augreg.jobs.labelled.asked import NONE, Asked
from augreg.jobs.labelled.binding import Binder
from augreg.jobs.labelled.carried import Carrier, Held
from augreg.jobs.plan import make_plan
from augreg.jobs.sources import Source, open_source
from augreg.learn.loading import load_all
from augreg.media import Limits
from augreg.media.labels import Labels, forms, reading
from augreg.pipeline import Pipeline
from augreg.registry import default

BACKGROUND: Final = ("yolo",)
"""Forms in which a picture without a file of labels has nothing in it; in others nobody has looked at it."""

CROWD: Final = ("iscrowd", "difficult")
"""What COCO and VOC call objects that it does no harm to find, and no good."""

EMPTY: Final = Held(Labels({}), "")


@dataclass(frozen=True, slots=True)
class Annotated:
    """Pictures with boxes as they were read.

    Args:
        samples: pictures; their boxes have names of classes as labels, and a column ``crowd``.
        paths: of each, relative to the folder.
        columns: what lists say of each.
        notes: what the user should know.

    """

    samples: list[Any]
    paths: list[str]
    columns: list[Mapping[str, Any]]
    notes: tuple[str, ...]


def folder_split(path: str) -> str:
    """Return the split of a picture: the first folder of its path that is called like one.

    >>> from augreg.learn.detection.reading import folder_split
    >>> folder_split("images/train/7.jpg"), folder_split("7.jpg")
    ('train', '')

    """
    return next((part for part in path.split("/")[:-1] if part.lower() in SPLITS), "")


def annotated(source: str | Path, labels: str, limits: Limits) -> Annotated:
    """Read all pictures of a folder that has labels.

    Args:
        source: the folder.
        labels: "auto", or a form and where it lies, as ``augreg run --labels`` has it.
        limits: the largest pictures that are decoded.

    Raises:
        ConfigError: there are no labels, they have no boxes, or some of them or some pictures cannot be read.

    """
    name = Path(source).name or str(source)
    asked = Asked.of(labels)
    _check_form(asked, name)
    opened, registry = open_source(source), default()
    binder = Binder(asked, "", opened, registry)
    plan = make_plan(opened, {"image"}, 1, registry, take=binder.take)
    if not binder.form:
        raise ConfigError(
            f"no labels were found in {name}. Say which and where they are, as in labels='coco:instances.json' "
            "(--labels)."
        )
    carrier = Carrier.of(binder.spec, Pipeline({}), opened)
    assert carrier is not None, "there is a form"
    bare = binder.form not in BACKGROUND
    refused = [item for item in plan.items if item.fault is not None]
    items = [item for item in plan.items if item.modality == "image" and not (bare and not item.labels)]
    aside = sum(item.modality == "image" for item in plan.items) - len(items)
    faults = [(item.path, item.fault.reason) for item in refused if item.fault is not None]
    samples = [] if faults else _load(opened, items, carrier, limits, faults)
    if faults:
        raise ConfigError(
            f"{len(faults)} of {len(plan.items)} pictures or labels of {name} cannot be read, the first is "
            f"{faults[0][0]!r}: {faults[0][1]} Run `augreg clean` to see them all, and mend them or leave them out."
        )
    notes = [*binder.told, *([f"{aside} pictures without labels were left aside"] if aside else [])]
    return Annotated(samples, [item.path for item in items], [item.carried for item in items], tuple(notes))


def _check_form(asked: Asked, name: str) -> None:
    known = [spec.name for spec in forms(default()) if "boxes" in reading(spec.name, default())({}).roles]
    if asked.form == NONE:
        raise ConfigError(f"labels='none' of {name}: to find objects there must be boxes. Give {listing(known)}.")
    if asked.form != "auto" and asked.form not in known:
        raise ConfigError(
            f"labels={asked.form!r} is no form with boxes.{nearest(asked.form, known)} Give {listing(known)}, or auto."
        )


def _load(
    source: Source, items: Sequence[Item], carrier: Carrier, limits: Limits, faults: list[tuple[str, str]]
) -> list[Any]:
    def with_boxes(item: Item, sample: Any, stage: Path) -> Any:
        held = carrier.read(item, sample, stage) or EMPTY
        return sample.changed(boxes=_boxes(item, held.labels.fields))

    return load_all(source, items, limits, faults, with_boxes)


def _boxes(item: Item, fields: Mapping[str, Any]) -> Boxes:
    rows = fields.get("boxes") or []
    if any(len(row) != 4 for row in rows):
        raise MediaError(item.path, "its boxes are turned, and detectors are measured on upright ones.", "E_LABEL")
    names = [str(name) for name in fields.get("category") or [""] * len(rows)]
    said = fields.get("object") or [{}] * len(rows)
    crowd = np.array([any(_yes(one, mark) for mark in CROWD) for one in said], bool)
    return Boxes(np.asarray(rows, np.float64).reshape(-1, 4), "xywh", labels=names, columns={"crowd": crowd})


def _yes(said: Any, mark: str) -> bool:
    return isinstance(said, Mapping) and str(said.get(mark) or 0) not in ("0", "False", "false")

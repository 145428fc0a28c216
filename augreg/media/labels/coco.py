"""COCO: one JSON file with the objects of all pictures.

Found as ``*.json`` in the folder, in its ``annotations/`` or in ``annotations/`` beside it, if it holds ``images``,
``annotations`` and ``categories`` and its images are there; or said: ``--labels coco:instances.json``, a path from
where the command is run or from the folder. A file name means the picture at that path in the folder, else in the
folder of the split (``train2017/`` for ``instances_train2017.json``), else the one picture of that name.

Read and written are boxes, polygons, run lengths (lists or packed, in either case as they came), keypoints, areas and
categories. All other keys, of the file, of images and of annotations, survive; annotations stand in the order of their
images. Numbers have up to ten digits. A mirror exchanges the keypoints that their names say (``left_eye`` and
``right_eye``); a category may say them by ``flip_pairs``, places from 0. A picture's ids stay; where several outputs or
a mosaic bring the same id twice, the later one gets a number above the highest. Files of captions and panoptic files
are refused. An annotation needs an ``id``, ``image_id``, ``category_id`` and ``bbox``; segmentation and keypoints may
be missing.

    pictures/0001.jpg
    instances.json   {"images": [{"id": 1, "file_name": "pictures/0001.jpg", "width": 640, "height": 480}],
                      "annotations": [{"id": 7, "image_id": 1, "category_id": 3, "bbox": [10, 20, 50.5, 40]}],
                      "categories": [{"id": 3, "name": "cat"}]}
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from augreg.errors import ConfigError, MediaError
from augreg.media.labels.base import OBJECTS, About, Labels, Said, SetForm
from augreg.media.labels.coco_files import chosen, found, place_of
from augreg.media.labels.coco_index import Index
from augreg.media.labels.coco_objects import fields_of
from augreg.media.labels.coco_write import annotations_of, written
from augreg.media.labels.objects import ObjectError, pairs_of


class Coco(SetForm):
    """Objects in pictures, in one JSON file."""

    name = "coco"
    modalities = frozenset({"image"})

    def __init__(self, head: Mapping[str, Any] | None = None) -> None:
        super().__init__(head)
        self._own: Mapping[str, Any] = self.head.get("coco", {})
        self._categories: list[dict[str, Any]] = list(self.head.get("categories", []))
        self._by_id = {each["id"]: each for each in self._categories if "id" in each}
        pointless = "keypoints" not in self._own.get("holds", [])
        self._names = [name for name in OBJECTS if not (pointless and name in ("keypoints", "num_keypoints"))]

    @property
    def roles(self) -> Mapping[str, Any]:
        """Boxes and what belongs to them; which keypoints a mirror exchanges, if that is known."""
        roles = {name: dict(OBJECTS[name]) for name in self._names}
        pairs = pairs_of(self._categories)
        if "keypoints" in roles and pairs is not None:
            roles["keypoints"]["flip_pairs"] = pairs
        return roles

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Return the files of objects whose pictures are among the files: those of all splits, to choose from."""
        return found(root, files)

    @classmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        """Return the categories and all that is said of the whole, and what is said of each image.

        Raises:
            ConfigError: the file is not there, is torn, or holds no objects.

        """
        if not given:
            given = cls._only(root)
        path = chosen(root, given)
        index = Index(path)
        own = {"place": place_of(root, path), "top": index.top, "holds": sorted(index.holds)}
        return {"categories": index.categories, "coco": own}, index.said(root)

    @classmethod
    def _only(cls, root: Path) -> str:
        files = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()]
        there = found(root, files)
        if len(there) != 1:
            several = f"several: {', '.join(there)}" if there else "none"
            raise ConfigError(
                f"labels coco: {several} in {str(root)!r}. Say which, as in --labels coco:instances.json."
            )
        return there[0]

    def read(self, raw: Any, about: About) -> Labels:
        """Return the objects of an image."""
        image, annotations, lines = raw["image"], raw["annotations"], raw["lines"]
        self._check_size(image, lines[0], about)
        rows = []
        for annotation, line in zip(annotations, lines[1:], strict=True):
            try:
                rows.append(self._row(fields_of(annotation, self._by_id, about), annotation))
            except ObjectError as error:
                named = f"annotation {annotation.get('id')} (line {line})"
                raise MediaError(about.path, f"{named}: {error}.", "E_LABEL") from None
        rest = {key: value for key, value in image.items() if key not in ("file_name", "width", "height")}
        return Labels({name: [row[name] for row in rows] for name in self._names}, rest)

    def _row(self, row: dict[str, Any], annotation: Mapping[str, Any]) -> dict[str, Any]:
        """Return the fields of an object; what has none in this file stays with the other keys."""
        kept = {key: annotation[key] for key, value in row.items() if key not in self._names and value is not None}
        return {**row, "object": {**row["object"], **kept}}

    def _check_size(self, image: Mapping[str, Any], line: int, about: About) -> None:
        for key, real in (("width", about.width), ("height", about.height)):
            said = image.get(key)
            if said is not None and real and said != real:
                message = f"image {image['id']} (line {line}): {key} is {str(said)[:40]}, and the picture has {real}."
                raise MediaError(about.path, message, "E_LABEL")

    def row(self, labels: Labels, about: About) -> Any:
        """Return an image and its annotations; names in place of ids of categories that no head lists."""
        try:
            annotations = annotations_of(labels.fields, self._categories)
        except ObjectError as error:
            raise MediaError(about.path, f"COCO cannot say its labels: {error}.", "E_LABEL") from None
        rest = {key: value for key, value in labels.rest.items() if key not in ("file_name", "width", "height")}
        number = {"id": rest.pop("id")} if "id" in rest else {}
        size = {"file_name": about.path, "width": about.width, "height": about.height}
        return {"image": {**number, **size, **rest}, "annotations": annotations}

    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        """Yield the file, an image or an annotation on each line."""
        return written(rows, self._categories, self._own.get("top", {}))

    @property
    def place(self) -> str:
        """As the file that was read is called, in ``annotations`` if it was there; else ``instances.json``."""
        place: str = self._own.get("place", "instances.json")
        return place

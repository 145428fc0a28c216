"""Label maps: a PNG for each picture, whose pixels say what the picture shows there.

What is read: PNG of one channel (modes 1, L, P with its palette, 16 bits: depth, instances), and maps that are drawn
in colors (RGB, RGBA), each color a label. All are moved at the nearest pixel, so that no label or color arises that
was not there; mode, palette, bit depth and texts come back. Where a step shows what lay outside, the map is 0 (or
black).

Where it is looked for: in a folder parallel to that of the pictures, under the same name (``masks/7.png`` for
``images/7.jpg`` or ``7.jpg``; ``mask``, ``labels``, ``annotations`` (ADE20K), ``SegmentationClass`` (VOC), ``gtFine``
(Cityscapes: ``gtFine/train/x_gtFine_labelIds.png`` for ``leftImg8bit/train/x_leftImg8bit.png``)), or beside the
picture with a suffix: ``7_mask.png``, ``7.mask.png``, ``7_seg.png``, ``7_labels.png``, ``7_label.png``. By hand:
``--labels masks:FOLDER``, ``masks:*_mask.png`` beside the pictures, ``masks:FOLDER/*_mask.png``. There is one map for
each picture: of several (``SegmentationClass`` and ``SegmentationObject``, classes and depth), name the one that is
to follow.

What is written: PNG in the same place, ``masks/7__a0.png`` or ``7__a0_mask.png``; of Cityscapes
``x__a0_gtFine_labelIds.png`` for ``x_leftImg8bit__a0.png``.

::

    augreg run crop.yaml camvid out --labels masks:labels
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Final

from augreg.errors import ConfigError, MediaError
from augreg.media.labels.base import MASK, About, BesideForm, Labels
from augreg.media.labels.folders import LOOKED, Place, all_of, folders, some
from augreg.media.labels.mask_picture import is_label_map, mask_of, png_of

SURE: Final = ("segmentationclass", "gtfine", "masks", "mask")
"""Folders, in lower case, that hold nothing but label maps, whatever their mode. The first that is there is taken."""
LIKELY: Final = ("labels", "annotations", "annots", "segmentation", "segmentations")
"""Those that hold label maps if they hold PNG of one channel."""
SUFFIXES: Final = ("_mask", ".mask", "_seg", "_labels", "_label")
"""What is added to a picture's name."""
CITYSCAPES: Final = ("_leftImg8bit", "_gtFine_labelIds")
"""What Cityscapes takes out of a picture's name, and what it adds."""
MANY: Final = 2_000
"""Pictures that are looked at until :data:`LOOKED` maps are found."""


class Masks(BesideForm):
    """Label maps as PNG. ``head``: ``places``, where they are, as :class:`Place` says it."""

    name: ClassVar[str] = "masks"
    modalities: ClassVar[frozenset[str]] = frozenset({"image"})
    extension: ClassVar[str] = "png"

    @property
    def roles(self) -> Mapping[str, Any]:
        """A label map of the picture."""
        return MASK

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Look for folders of a known name, then for suffixes that all pictures have that are looked at."""
        known = _known(root)
        for name in [*SURE, *LIKELY]:
            for folder in known:
                if PurePosixPath(folder).name.casefold() != name:
                    continue
                for given in _ways(folder):
                    if _serves(root, files, given, sure=name in SURE):
                        return [given]
        return [f"*{suffix}.png" for suffix in SUFFIXES if _all_have(root, files, suffix)][:1]

    @classmethod
    def open(cls, root: Path, given: str) -> dict[str, Any]:
        """Say where maps are; ``given`` is a folder, the pattern of their names, both, or "" to find them."""
        given = given or _only(root)
        folder, slash, pattern = given.rpartition("/") if given.endswith(".png") else (given.rstrip("/"), "", "")
        if pattern and (pattern.count("*") != 1 or not pattern.startswith("*")):
            raise ConfigError(f"labels 'masks:{given}': {pattern!r} must be '*', for the picture's name, and a suffix.")
        suffix = pattern.removeprefix("*").removesuffix(".png")
        if pattern and not slash:
            return {"places": [Place(None, suffix=suffix).plain()]}
        if not folder:
            raise ConfigError(
                "labels 'masks': nothing says where the masks are. Name their folder, as in masks:SegmentationClass, "
                "or the pattern of their names, as in masks:*_mask.png."
            )
        cut = CITYSCAPES[0] if suffix.startswith("_gtFine") or (not pattern and _is_cityscapes(folder)) else ""
        suffix = CITYSCAPES[1] if cut and not suffix else suffix
        return {"places": [Place(name, above, cut, suffix).plain() for name, above in _folders(root, folder, given)]}

    def places(self, path: str) -> Sequence[str]:
        """In the folders of maps, or beside the picture."""
        return all_of(self.head.get("places", [Place("masks").plain()]), path, self.extension)

    def place(self, output: str) -> str:
        """Return the first place where it would be looked for."""
        return self.places(output)[0]

    def read(self, content: bytes, about: About) -> Labels:
        """Read a label map; errors as those of :class:`BesideForm`."""
        mask, rest = mask_of(content, about)
        return Labels({"mask": mask}, {"png": rest})

    def write(self, labels: Labels, about: About) -> bytes:
        """Write a label map; errors as those of :class:`BesideForm`."""
        strange = sorted(set(labels.fields) - set(MASK))
        if strange:
            reason = f"a label map holds no {strange[0]}. Write another form, such as coco."
            raise MediaError(about.path, reason, "E_LABEL")
        return png_of(labels.fields["mask"], labels.rest.get("png", {}), about)


def _known(root: Path) -> list[str]:
    return folders(root, lambda folder: PurePosixPath(folder).name.casefold() in (*SURE, *LIKELY))


def _only(root: Path) -> str:
    """Return the first folder of a known name in which there is a map, as :meth:`Masks.open` takes it; "" if none."""
    known = _known(root)
    for name in [*SURE, *LIKELY]:
        for folder in known:
            if PurePosixPath(folder).name.casefold() == name:
                first = next((root / folder).rglob("*.png"), None)
                if first is not None and is_label_map(first, any_mode=name in SURE):
                    endings = [suffix for suffix in SUFFIXES if first.stem.endswith(suffix)]
                    return _ways(folder)[1 + SUFFIXES.index(endings[0]) if endings else 0]
    return ""


def _is_cityscapes(folder: str) -> bool:
    return PurePosixPath(folder).name.casefold() == "gtfine"


def _folders(root: Path, folder: str, given: str) -> list[tuple[str, str | None]]:
    """Return a folder that is named by hand, or all of that name further down, each with the folder above it."""
    if ".." not in PurePosixPath(folder).parts and (root / folder).is_dir():
        # Where it stands beside that of the pictures is not known: it may be annotations/trimaps.
        return [(folder, None)]
    found = folders(root, lambda each: f"/{each}".endswith(f"/{folder}"))
    if not found:
        raise ConfigError(f"labels 'masks:{given}': no folder {folder!r} in the data set. Name one of its folders.")
    return [(each, each.removesuffix(folder).rstrip("/")) for each in found]


def _ways(folder: str) -> list[str]:
    """Return what :meth:`Masks.open` may be given for a folder: as it is, and with a suffix."""
    name = PurePosixPath(folder).name
    return [name] if _is_cityscapes(folder) else [name, *(f"{name}/*{suffix}.png" for suffix in SUFFIXES)]


def _serves(root: Path, files: Sequence[str], given: str, *, sure: bool) -> bool:
    """Whether the maps of a few pictures are there. Not all pictures need one: of VOC's, one in six has."""
    form = Masks(Masks.open(root, given))
    seen = 0
    for path in some(files, MANY):
        for place in form.places(path):
            if (root / place).is_file():
                if not is_label_map(root / place, any_mode=sure):
                    return False
                seen += 1
        if seen >= LOOKED:
            break
    return seen > 0


def _all_have(root: Path, files: Sequence[str], suffix: str) -> bool:
    place = Place(None, suffix=suffix)
    pictures = some([path for path in files if not PurePosixPath(path).stem.endswith(suffix)])
    found = [root / way for path in pictures for way in place.of(path, "png")]
    return bool(found) and all(is_label_map(path, any_mode=True) for path in found)

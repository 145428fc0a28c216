"""The file formats of augreg itself, offered as a plugin offers its own. Facts only; nothing heavy is imported."""

from __future__ import annotations

from typing import Final

from augreg.registry.hookspecs import hookimpl
from augreg.registry.spec import FormatSpec, LabelSpec

JPEG: Final = (".jpg", ".jpeg")
IMAGES: Final = (JPEG, (".png",), (".webp",), (".bmp",), (".tiff", ".tif"))
SOUNDS: Final = ((".wav",), (".flac",), (".aiff", ".aif"), (".ogg", ".oga"), (".opus",), (".mp3",))
CLIPS: Final = ((".mp4", ".m4v"), (".mov",), (".mkv",), (".webm",))
TEXTS: Final = ((".txt",),)
HERE: Final = "augreg.media"
LABELS: Final[tuple[LabelSpec, ...]] = (
    LabelSpec("voc", f"{HERE}.labels.voc:Voc", ("image",), "Pascal VOC: boxes, an XML file for each picture."),
    LabelSpec("masks", f"{HERE}.labels.masks:Masks", ("image",), "Label maps: a PNG for each picture."),
    LabelSpec("classes", f"{HERE}.labels.classes:Classes", ("image", "audio", "video", "text"), "Folders of classes."),
    LabelSpec(
        "coco", f"{HERE}.labels.coco:Coco", ("image",), "COCO: boxes, polygons, run lengths, keypoints in one JSON."
    ),
    LabelSpec(
        "yolo", f"{HERE}.labels.yolo:Yolo", ("image",), "YOLO: a text file with boxes, polygons or poses for each."
    ),
    LabelSpec("audacity", f"{HERE}.labels.audacity:Audacity", ("audio", "video"), "Rows in a .txt beside each sound."),
    LabelSpec("textgrid", f"{HERE}.labels.textgrid:TextGrid", ("audio", "video"), "Praat's tiers beside each sound."),
    LabelSpec("srt", f"{HERE}.labels.srt:Srt", ("audio", "video"), "SubRip's subtitles beside each film or sound."),
    LabelSpec("vtt", f"{HERE}.labels.vtt:Vtt", ("audio", "video"), "WebVTT subtitles beside each film or sound."),
)
"""Forms of labels, each read and written."""


@hookimpl
def augreg_readers() -> list[FormatSpec | LabelSpec]:
    """Return the formats that are read: GIF and bare AAC too, which are written as PNG and M4A."""
    return [
        *(_read(names, "image", "images") for names in (*IMAGES, (".gif",))),
        *(_read(names, "audio", "sounds") for names in SOUNDS),
        *(FormatSpec((name,), "audio", f"{HERE}.avsound:read", by_content=True) for name in (".m4a", ".aac")),
        *(_container(names) for names in CLIPS),
        *(_read(names, "text", "texts", by_content=False) for names in TEXTS),
        *LABELS,
    ]


def _read(names: tuple[str, ...], modality: str, module: str, *, by_content: bool = True) -> FormatSpec:
    lazy = f"{HERE}.picturefile:open" if names == JPEG else ""
    return FormatSpec(
        names,
        modality,
        f"{HERE}.{module}:read",
        by_content=by_content,
        check=f"{HERE}.{module}:check_header",
        opened=lazy and f"{lazy}_exact",
        fast=lazy and f"{lazy}_fast",
    )


def _container(names: tuple[str, ...]) -> FormatSpec:
    return FormatSpec(
        names,
        "video",
        f"{HERE}.clips:read",
        by_content=True,
        on_demand=f"{HERE}.clips:read_on_demand",
        also=("audio",),
        modality_of=f"{HERE}.clips:modality_of",
        check=f"{HERE}.clips:check_header",
    )


@hookimpl
def augreg_writers() -> list[FormatSpec | LabelSpec]:
    """Return the formats that are written."""
    return [
        *(FormatSpec(names, "image", f"{HERE}.images:write") for names in IMAGES),
        *(FormatSpec(names, "audio", f"{HERE}.sounds:write") for names in SOUNDS),
        FormatSpec((".m4a",), "audio", f"{HERE}.encode:write"),
        *(FormatSpec(names, "video", f"{HERE}.encode:write", also=("audio",), takes_sound=True) for names in CLIPS),
        *(FormatSpec(names, "text", f"{HERE}.texts:write") for names in TEXTS),
        *LABELS,
    ]

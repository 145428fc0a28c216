"""The table of file formats, ours and those that plugins add, and the two functions that use it."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from augreg.data.samples import Audio, Sample
from augreg.errors import AugregError, MediaError, PluginLoadError, SampleError, listing, nearest
from augreg.media.limits import DEFAULT, Limits
from augreg.media.origin import Loaded, Origin
from augreg.media.sniff import HEAD, check_whole, sniff, tag_size
from augreg.registry import Registry, default
from augreg.registry.spec import FormatSpec

IMAGE: Final = ((".jpg", ".jpeg"), (".png",), (".webp",), (".bmp",), (".tiff", ".tif"))
SOUND: Final = ((".wav",), (".flac",), (".aiff", ".aif"), (".ogg", ".oga"), (".opus",), (".mp3",))
CLIP: Final = ((".mp4", ".m4v"), (".mov",), (".mkv",), (".webm",))
TEXT: Final = ((".txt",),)


def _table(function: str, clips: str) -> tuple[FormatSpec, ...]:
    kinds = (("image", IMAGE, "images"), ("audio", SOUND, "sounds"), ("video", CLIP, clips), ("text", TEXT, "texts"))
    return tuple(
        FormatSpec(extensions, modality, f"augreg.media.{module}:{function}", "augreg")
        for modality, groups, module in kinds
        for extensions in groups
    )


OWN_READERS: Final = (
    *_table("read", "clips"),
    FormatSpec((".gif",), "image", "augreg.media.images:read", "augreg"),
    FormatSpec((".m4a",), "audio", "augreg.media.avsound:read", "augreg"),
    FormatSpec((".aac",), "audio", "augreg.media.avsound:read", "augreg"),
)
OWN_WRITERS: Final = (
    *_table("write", "encode"),
    FormatSpec((".m4a",), "audio", "augreg.media.encode:write", "augreg"),
)
LAZY_CLIPS: Final = "augreg.media.clips:read_lazily"

SIBLINGS: Final = {
    ".mp4": {".mov", ".m4a"},
    ".m4v": {".mov", ".m4a"},
    ".mov": {".mp4", ".m4a"},
    ".mkv": {".webm"},
    ".webm": {".mkv"},
    ".m4a": {".mp4", ".mov"},
    ".ogg": {".opus"},
    ".oga": {".opus"},
}
"""What a file's content may look like though the name is right: one container, several names, and the name decides."""

WRITTEN_AS: Final = {".gif": ".png", ".aac": ".m4a"}
"""Formats that are read but written as another. Bare AAC cannot say how much its encoder put in front of the sound, so
that what is heard would move at each writing; the same codec in M4A keeps its times."""


MACHINE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.EACCES)
"""Errors of the machine, not of the sample: the next file would fail as well."""


def readers(registry: Registry | None = None) -> dict[str, FormatSpec]:
    """Return extension -> reader. Ours come first: a plugin adds formats, it does not replace them.

    >>> import augreg
    >>> augreg.media.readers()[".jpeg"].modality
    'image'

    """
    return _by_extension([*OWN_READERS, *(registry or default()).readers()])


def writers(registry: Registry | None = None) -> dict[str, FormatSpec]:
    """Return extension -> writer, ours first.

    >>> import augreg
    >>> augreg.media.writers()[".flac"].modality
    'audio'

    """
    return _by_extension([*OWN_WRITERS, *(registry or default()).writers()])


def _by_extension(specs: list[FormatSpec]) -> dict[str, FormatSpec]:
    return {extension: spec for spec in reversed(specs) for extension in spec.extensions}


def format_of(path: Path, registry: Registry | None = None) -> str:
    """Return the extension of the format that a file really has: by content for ours, by name otherwise.

    Raises:
        MediaError: E_MISSING, E_PERM, E_EMPTY, or E_FORMAT for a format that nobody reads.

    >>> import augreg, torch
    >>> from pathlib import Path
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 4, 4)), "black.png")
    >>> named = Path("black.png").rename("black.jpg")
    >>> augreg.media.format_of(named)
    '.png'

    """
    known, named = readers(registry), path.suffix.lower()
    head = _head(path)
    own = known.get(named)
    if own is not None and (own.plugin != "augreg" or own.modality == "text"):
        return named
    found = sniff(head)
    if found is None:
        hint = (
            f"its content is not {named}" if own is not None else f"no reader for {named or 'files without a suffix'}"
        )
        raise MediaError(
            path, f"{hint}.{nearest(named, known) if own is None else ''} Readable: {listing(known, 30)}.", "E_FORMAT"
        )
    same = own is not None and found in own.extensions
    return named if same or found in SIBLINGS.get(named, ()) else found


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            if behind := tag_size(head):
                file.seek(behind)
                rest = file.read(HEAD)
                head = rest if sniff(rest) is not None else head
    except FileNotFoundError:
        raise MediaError(path, "there is no such file.", "E_MISSING") from None
    except PermissionError:
        raise MediaError(path, "it may not be read. Change its permissions.", "E_PERM") from None
    except IsADirectoryError:
        reason = "it is a folder. Give one file of it, or run: augreg run PIPELINE FOLDER OUTPUT"
        raise MediaError(path, reason, "E_MISSING") from None
    except OSError as error:
        reason = f"cannot be opened: {error.strerror}. Check the path and the disk."
        raise MediaError(path, reason, "E_MISSING") from None
    if not head:
        raise MediaError(path, "it is empty (zero bytes).", "E_EMPTY")
    return head


def check(path: Path, registry: Registry | None = None) -> str:
    """Check a file without decoding it and return its format: not empty, readable, of a known format, whole.

    >>> import augreg, torch
    >>> from pathlib import Path
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 4, 4)), "black.png")
    >>> augreg.media.check(Path("black.png"))
    '.png'

    """
    extension = format_of(path, registry)
    check_whole(path, canonical(extension))
    return extension


def load(path: str | Path, limits: Limits = DEFAULT, registry: Registry | None = None, *, lazy: bool = False) -> Loaded:
    """Read a file by its content: the sample, and what a writer needs to know about the file.

    With ``lazy`` the frames of a video are decoded on demand (:class:`augreg.media.clipfile.ClipFile`), where its
    packets tell which frames there are; other files are read as ever.

    Raises:
        MediaError: the file cannot be read; ``code`` is one of :data:`augreg.media.codes.CODES`.

    >>> import augreg, torch
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 4, 6)), "black.png")
    >>> found = augreg.media.load("black.png")
    >>> found.sample.data.shape, found.origin.extension
    (torch.Size([3, 4, 6]), '.png')

    """
    path = Path(path)
    extension = check(path, registry)
    spec = readers(registry)[extension]
    if lazy and spec.plugin == "augreg" and spec.modality == "video":
        spec = replace(spec, target=LAZY_CLIPS)
    loaded: Loaded = _run(spec, path, (path, canonical(extension), limits))
    named = path.suffix.lower()
    if extension != named:
        note = f"named {named or 'without a suffix'} but of format {extension}"
        origin = replace(loaded.origin, extension=extension, notes=(note, *loaded.origin.notes))
        loaded = Loaded(loaded.sample, origin)
    return loaded


def load_clip(path: str | os.PathLike[str], kind: type[Sample]) -> Sample:
    """Read a clip of which frames are decoded on demand, see :meth:`augreg.Video.open`; it must be of a *kind*.

    >>> import augreg, torch
    >>> clip = augreg.Video(torch.zeros(5, 3, 16, 16, dtype=torch.uint8), fps=10.0)
    >>> _ = augreg.media.write(clip, "black.mp4")
    >>> augreg.media.load_clip("black.mp4", augreg.Video).data.shape
    (5, 3, 16, 16)

    """
    clip = load(Path(path), lazy=True).sample
    if not isinstance(clip, kind):
        raise SampleError(f"{str(path)!r} holds {clip.modality}, not video; read it with augreg.media.read.")
    return clip


def read(path: str | Path, limits: Limits = DEFAULT, registry: Registry | None = None) -> Sample:
    """Read a file by its content into an augreg.Image, Audio, Video or Text; see :func:`load` for errors.

    >>> import augreg, torch
    >>> _ = augreg.media.write(augreg.Audio(torch.zeros(1, 800), sample_rate=8000), "silence.wav")
    >>> sound = augreg.media.read("silence.wav")
    >>> sound.data.shape, sound.sample_rate
    (torch.Size([1, 800]), 8000)

    """
    return load(path, limits, registry).sample


def write(
    sample: Sample,
    path: str | Path,
    like: Origin | None = None,
    extension: str | None = None,
    registry: Registry | None = None,
    *,
    sound: Audio | None = None,
) -> tuple[str, ...]:
    """Write a sample in the format of the path's suffix (or ``extension``), and return notes.

    Args:
        sample: what to write; its modality must be one that the format holds.
        path: where to; an existing file is replaced.
        like: the origin of the file that it was made from; sample format, colour profile, byte order mark and sound
            track are taken over from it.
        extension: the format, where the path's own suffix does not tell.
        registry: whose writers to use.
        sound: for a video, its sound track; sample 0 is heard with the first frame. Only our own writers take it.

    Raises:
        MediaError: E_FORMAT, E_ENCODE or E_NONFINITE.
        OSError: the disk is full or does not take files.

    >>> import augreg
    >>> augreg.media.write(augreg.Text("a caption"), "caption.txt")
    ()
    >>> augreg.media.read("caption.txt").data
    'a caption'

    """
    path = Path(path)
    wanted = (extension or path.suffix).lower()
    spec = writers(registry).get(wanted)
    known = writers(registry)
    if spec is None:
        raise MediaError(
            path, f"no writer for {wanted!r}.{nearest(wanted, known)} Valid: {listing(known, 30)}.", "E_FORMAT"
        )
    # A video container may hold sound only.
    if sample.modality != spec.modality and not (spec.modality == "video" and sample.modality == "audio"):
        raise MediaError(
            path, f"{wanted} holds {spec.modality}, not {sample.modality}. Choose another suffix.", "E_FORMAT"
        )
    if sound is not None and (spec.modality != "video" or spec.plugin != "augreg"):
        raise MediaError(path, f"{wanted} takes no sound track here. Write .mp4, .mkv or .webm.", "E_FORMAT")
    track = () if sound is None else (sound,)
    try:
        notes: tuple[str, ...] = _run(spec, path, (sample, path, canonical(wanted), like, *track))
    except MediaError as error:
        path.unlink(missing_ok=True)
        number = getattr(error.__cause__, "errno", None)
        if number in MACHINE:
            raise OSError(number, os.strerror(number), str(path)) from error
        raise
    return notes


def modality_of(path: Path, extension: str, wanted: Collection[str], registry: Registry | None = None) -> str:
    """Return the modality of a file by its format.

    A video container may hold sound only. That is looked up, in its header, only where it makes a difference: when
    exactly one of audio and video is wanted.
    """
    spec = readers(registry).get(extension)
    modality = spec.modality if spec is not None else "unknown"
    if spec is None or spec.plugin != "augreg" or modality != "video" or ("audio" in wanted) == ("video" in wanted):
        return modality
    from augreg.media.clips import has_video

    return "video" if has_video(path, canonical(extension)) else "audio"


def canonical(extension: str) -> str:
    """Return the first of a format's spellings: ".jpg" for ".jpeg"."""
    for spec in OWN_READERS:
        if extension in spec.extensions:
            return spec.extensions[0]
    return extension


def _run(spec: FormatSpec, path: Path, arguments: tuple[Any, ...]) -> Any:
    """Import a reader or writer and call it; what a plugin's own lets out names the plugin."""
    module, _, name = spec.target.partition(":")
    try:
        function = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise PluginLoadError(f"{spec.target} of {spec.plugin} cannot be imported: {error}") from error
    try:
        return function(*arguments)
    except (AugregError, OSError):
        raise
    except Exception as error:
        if spec.plugin == "augreg":
            raise
        raise MediaError(path, f"{spec.plugin} failed on it: {type(error).__name__}: {error}", "E_CORRUPT") from error

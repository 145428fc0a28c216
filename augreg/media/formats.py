"""The table of file formats, ours and those that plugins add, and the two functions that use it."""

from __future__ import annotations

import errno
import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal, get_args

from augreg.data.samples import Sample
from augreg.errors import AugregError, ConfigError, MediaError, SampleError, listing, nearest
from augreg.media.limits import DEFAULT, Limits
from augreg.media.origin import Loaded, Origin
from augreg.media.regular import check_regular, refused
from augreg.media.sink import whole
from augreg.media.sniff import HEAD, check_whole, sniff, tag_size
from augreg.modalities.audio import Audio
from augreg.registry import Registry, default
from augreg.registry.loading import load_target
from augreg.registry.spec import FormatSpec

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


Decode = Literal["exact", "fast"]
"""How pictures are decoded: every pixel; or steps that make them smaller may get them decoded smaller already."""

DECODE: Final = get_args(Decode)

MACHINE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.EACCES)
"""Errors of the machine, not of the sample: the next file would fail as well."""

SCARCE: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors at reading that are no fault of the file or its disk."""


def readers(registry: Registry | None = None) -> dict[str, FormatSpec]:
    """Return extension -> reader. Ours come first: a plugin adds formats, it does not replace them.

    >>> import augreg
    >>> augreg.media.readers()[".jpeg"].modality
    'image'

    """
    return _by_extension((registry or default()).readers())


def writers(registry: Registry | None = None) -> dict[str, FormatSpec]:
    """Return extension -> writer, ours first.

    >>> import augreg
    >>> augreg.media.writers()[".flac"].modality
    'audio'

    """
    return _by_extension((registry or default()).writers())


def _by_extension(specs: list[FormatSpec]) -> dict[str, FormatSpec]:
    return {extension: spec for spec in reversed(specs) for extension in spec.extensions}


def format_of(path: Path, registry: Registry | None = None) -> str:
    """Return the extension of the format that a file really has: by content where that tells it, else by name.

    Raises:
        MediaError: E_MISSING, E_PERM, E_EMPTY, or E_FORMAT for a format that nobody reads.

    >>> import augreg, torch
    >>> from pathlib import Path
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 4, 4)), "black.png")
    >>> named = Path("black.png").rename("black.jpg")
    >>> augreg.media.format_of(named)
    '.png'

    """
    return _format_of(path, readers(registry))


def _format_of(path: Path, known: Mapping[str, FormatSpec]) -> str:
    named = path.suffix.lower()
    head = head_of(path)
    own = known.get(named)
    if own is not None and not own.by_content:
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


def head_of(path: Path) -> bytes:
    """Return the first bytes of a file, which tell its format; those behind a tag that stands in front."""
    try:
        check_regular(path)
        with path.open("rb") as file:
            head = file.read(HEAD)
            if behind := tag_size(head):
                file.seek(behind)
                rest = file.read(HEAD)
                head = rest if sniff(rest) is not None else head
    except MediaError:
        raise
    except OSError as error:
        raise refused(path, error) from None
    if not head:
        raise MediaError(path, "it is empty (zero bytes).", "E_EMPTY")
    return head


def check(path: Path, registry: Registry | None = None, limits: Limits | None = None) -> str:
    """Check a file without decoding it and return its format: not empty, readable, of a known format, whole.

    With ``limits``, what its header claims must lie within them.

    Raises:
        MediaError: ``code`` is one of :data:`augreg.media.codes.CODES`.

    >>> import augreg, torch
    >>> from pathlib import Path
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 4, 4)), "black.png")
    >>> augreg.media.check(Path("black.png"))
    '.png'

    """
    return _checked(path, readers(registry), limits)


def _checked(path: Path, known: Mapping[str, FormatSpec], limits: Limits | None = None) -> str:
    extension = _format_of(path, known)
    spec = known[extension]
    check_whole(path, spec.extensions[0])
    if limits is not None and spec.check:
        _read(spec, spec.check, path, (path, spec.extensions[0], limits))
    return extension


def load(
    path: str | Path,
    limits: Limits = DEFAULT,
    registry: Registry | None = None,
    *,
    lazy: bool = False,
    decode: Decode = "exact",
) -> Loaded:
    """Read a file by its content: the sample, and what a writer needs to know about the file.

    With ``lazy`` the frames of a video are decoded on demand (:class:`augreg.media.clipfile.ClipFile`), where its
    packets tell which frames there are; other files are read as ever. With ``decode="fast"`` a JPEG file is decoded
    on demand, too, and no larger than steps need it (:class:`augreg.media.picturefile.PictureFile`).

    Raises:
        MediaError: the file cannot be read; ``code`` is one of :data:`augreg.media.codes.CODES`.

    >>> import augreg, torch
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 4, 6)), "black.png")
    >>> found = augreg.media.load("black.png")
    >>> found.sample.data.shape, found.origin.extension
    (torch.Size([3, 4, 6]), '.png')

    """
    path, known = Path(path), readers(registry)  # once: it is put together anew each time
    extension = _checked(path, known)
    spec = known[extension]
    return _load(path, limits, extension, spec, (spec.fast if decode == "fast" else "") or spec.on_demand * lazy)


def _load(path: Path, limits: Limits, extension: str, spec: FormatSpec, target: str) -> Loaded:
    """Read a file with the reader of a target, else with that of its format."""
    target = target or spec.target
    loaded: Loaded = _read(spec, target, path, (path, spec.extensions[0], limits))
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


def load_picture(path: str | os.PathLike[str], kind: type[Sample], decode: Decode) -> Sample:
    """Open a picture that is decoded on demand, see :meth:`augreg.Image.open`; it must be of a *kind*.

    >>> import augreg, torch
    >>> _ = augreg.media.write(augreg.Image(torch.zeros(3, 40, 60)), "black.jpg")
    >>> augreg.media.load_picture("black.jpg", augreg.Image, "exact").data.shape
    (3, 40, 60)

    """
    if decode not in DECODE:
        raise ConfigError(f"decode={decode!r} is unknown.{nearest(str(decode), DECODE)} Valid: {listing(DECODE)}.")
    known = readers()
    extension = _checked(Path(path), known)
    spec = known[extension]
    picture = _load(Path(path), DEFAULT, extension, spec, spec.fast if decode == "fast" else spec.opened).sample
    if not isinstance(picture, kind):
        raise SampleError(f"{str(path)!r} holds {picture.modality}, no picture; read it with augreg.media.read.")
    return picture


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
        sound: the sound track, for writers that take one; sample 0 is heard with the first frame.

    Raises:
        MediaError: E_FORMAT, E_ENCODE or E_NONFINITE.
        OSError: the disk is full or does not take files. Nothing half written stays behind, whatever the error.

    >>> import augreg
    >>> augreg.media.write(augreg.Text("a caption"), "caption.txt")
    ()
    >>> augreg.media.read("caption.txt").data
    'a caption'

    """
    path = Path(path)
    wanted = (extension or path.suffix).lower()
    known = writers(registry)
    spec = known.get(wanted)
    if spec is None:
        raise MediaError(
            path, f"no writer for {wanted!r}.{nearest(wanted, known)} Valid: {listing(known, 30)}.", "E_FORMAT"
        )
    if sample.modality not in (spec.modality, *spec.also):
        raise MediaError(
            path, f"{wanted} holds {spec.modality}, not {sample.modality}. Choose another suffix.", "E_FORMAT"
        )
    if sound is not None and not spec.takes_sound:
        takers = listing(name for name, other in known.items() if other.takes_sound)
        raise MediaError(path, f"{wanted} takes no sound track. Write one of {takers}.", "E_FORMAT")
    track = () if sound is None else (sound,)
    try:
        arguments = (sample, path, spec.extensions[0], like, *track)
        with whole(path):
            notes: tuple[str, ...] = _run(spec, spec.target, path, arguments)
    except MediaError as error:
        number = getattr(error.__cause__, "errno", None)
        if number in MACHINE:
            raise OSError(number, os.strerror(number), str(path)) from error
        raise
    return notes


def modality_of(path: Path, extension: str, wanted: Collection[str], registry: Registry | None = None) -> str:
    """Return the modality of a file by its format.

    Where a format may hold several (a video container may hold sound only), the file is asked, in its header, but only
    where it makes a difference: when some of them are wanted and some are not.
    """
    spec = readers(registry).get(extension)
    if spec is None:
        return "unknown"
    possible = {spec.modality, *spec.also}
    if not spec.modality_of or len(possible & set(wanted)) in (0, len(possible)):
        return spec.modality
    found: str = _read(spec, spec.modality_of, path, (path, spec.extensions[0]))
    return found


def canonical(extension: str) -> str:
    """Return the first of a format's spellings: ".jpg" for ".jpeg"."""
    spec = readers().get(extension)
    return extension if spec is None else spec.extensions[0]


def _read(spec: FormatSpec, target: str, path: Path, arguments: tuple[Any, ...]) -> Any:
    """Call a reader; what the disk or the memory does not give becomes one refused file as well."""
    try:
        return _run(spec, target, path, arguments)
    except MediaError:
        raise
    except OSError as error:
        if error.errno in SCARCE:
            raise
        raise refused(path, error) from None
    except MemoryError:
        raise MediaError(path, "it needs more memory than there is. Make it smaller.", "E_TOO_LARGE") from None


def _run(spec: FormatSpec, target: str, path: Path, arguments: tuple[Any, ...]) -> Any:
    """Import a function that a format names and call it; what it lets out becomes one refused file, with its plugin."""
    function = load_target(target, f"the format {spec.extensions[0]}", spec.plugin)
    try:
        return function(*arguments)
    except (AugregError, OSError, MemoryError):
        raise
    except Exception as error:
        raise MediaError(path, f"{spec.plugin} failed on it: {type(error).__name__}: {error}", "E_CORRUPT") from error

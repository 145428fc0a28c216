"""Labels of a folder, in whatever form they are: which are wrong, which name no file, and which belong to none."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

from augreg.errors import AugregError, ConfigError, MediaError
from augreg.jobs.cleaning.look import Fault
from augreg.jobs.walk import walk
from augreg.media import readers
from augreg.media.labels import About, BesideForm, SetForm
from augreg.media.labels.known import forms, reading
from augreg.param.files import read_file
from augreg.registry import Registry

CODE: Final = "W_LABEL"

Abouts = Mapping[str, About]
"""Path of a sample -> what is known of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """Labels of one form in a folder; ``given`` is what its ``find`` returned, and goes to its ``open``."""

    form: type[BesideForm] | type[SetForm]
    given: str

    @property
    def called(self) -> str:
        """What messages call it."""
        return self.given or f"labels of the form {self.form.name}"


class Annotated:
    """The labels of a folder.

    Args:
        root: the folder.
        kinds: its media, in order: path, relative to it, -> modality.
        registry: whose forms to look for.

    """

    def __init__(self, root: Path, kinds: Mapping[str, str], registry: Registry) -> None:
        self.root, self.kinds, self.registry = root, kinds, registry
        self.faults: list[Fault] = []
        self.notes: list[str] = []
        self.found = list(self._find())
        self.files: dict[str, str] = {}
        """Files that hold labels, or what the data set has once of them -> form. They are no samples of their own."""
        self._beside = [(found, form) for found in self.found if (form := self._opened(found)) is not None]
        for _, form in self._beside:
            self.files |= dict.fromkeys(form.around(), form.name)
            for path in self._of(form.modalities):
                if (place := self._place(form, path)) is not None:
                    self.files[place] = form.name
        self.notes += [f"{n} files are labels of the form {name}" for name, n in Counter(self.files.values()).items()]
        self.samples = [path for path in kinds if path not in self.files]

    def _of(self, modalities: Collection[str]) -> list[str]:
        """Return the files of some modalities."""
        return sorted(path for path, kind in self.kinds.items() if kind in modalities)

    def _find(self) -> Iterator[Found]:
        for spec in forms(self.registry):
            if not (files := self._of(spec.modalities)):
                continue
            try:
                form = reading(spec.name, self.registry)
                yield from (Found(form, given) for given in form.find(self.root, files))
            except AugregError as error:  # its plugin, or a library that it needs
                self.notes.append(f"labels of the form {spec.name!r} were not looked for: {error}".rstrip("."))

    def _opened(self, found: Found) -> BesideForm | None:
        if not issubclass(found.form, BesideForm):
            return None
        try:
            return found.form(found.form.open(self.root, found.given))
        except ConfigError as error:
            self.faults.append(_useless(found, error))
        return None

    def _place(self, form: BesideForm, path: str) -> str | None:
        """Return where the labels of a file lie, None if it has none."""
        return next((place for place in form.places(path) if place != path and _file(self.root, place)), None)

    def check(self, abouts: Abouts) -> list[Fault]:
        """Return what is wrong; of samples of which nothing is known, their labels are not read."""
        for found in self.found:
            if issubclass(found.form, SetForm):
                self.faults += self._set(found.form, found, abouts)
        for _, form in self._beside:
            self.faults += self._each(form, abouts)
        self.faults += self._orphans()
        return self.faults

    def _set(self, kind: type[SetForm], found: Found, abouts: Abouts) -> Iterator[Fault]:
        there = There(self.samples)
        try:
            head, said = kind.open(self.root, found.given)
            form = kind(head)
            for one in said:
                path = there.match(one.file) if one.file else ""
                if path is None:
                    yield Fault(found.called, CODE, f"it names {one.file!r}, which is not there.")
                elif one.fault:
                    reason = f"what {found.called} says of it is of no use: {one.fault}"
                    yield Fault(path or one.file or found.called, CODE, reason)
                elif path in abouts:
                    yield from _read(form, one.raw, abouts[path], found.called)
        except ConfigError as error:
            yield _useless(found, error)

    def _each(self, form: BesideForm, abouts: Abouts) -> Iterator[Fault]:
        for path in self.samples:
            about = abouts.get(path)
            place = self._place(form, path) if about is not None and about.modality in form.modalities else None
            if about is None or place is None:
                continue
            try:
                content = read_file(self.root / place)
            except OSError as error:
                yield Fault(path, CODE, f"its labels {place} cannot be read: {error.strerror}.")
                continue
            yield from _read(form, content, about, place)

    def _orphans(self) -> Iterator[Fault]:
        """Yield files of labels whose sample is not there.

        They lie among the labels of others. Where media have the same suffix, as captions and labels in .txt, most
        files of the folder must be labels.
        """
        by_form = {form.name: form for _, form in self._beside}
        suffixes = {f".{form.extension}": form for form in by_form.values()}
        folders: dict[tuple[str, str], list[str]] = defaultdict(list)
        for relative, fault, _ in walk(self.root):
            suffix = PurePosixPath(relative).suffix
            if fault is None and suffix in suffixes:
                folders[(suffix, str(PurePosixPath(relative).parent))].append(relative)
        media = readers(self.registry)
        for (suffix, _), files in folders.items():
            labels = [file for file in files if self.files.get(file) == suffixes[suffix].name]
            if labels and (suffix not in media or 2 * len(labels) > len(files)):
                others = [file for file in files if file not in self.files]
                yield from (Fault(file, CODE, "it holds labels, and their sample is not there.") for file in others)


def _read(form: Any, raw: Any, about: About, called: str) -> Iterator[Fault]:
    """Yield why labels cannot be used."""
    try:
        form.read(raw, about)
    except MediaError as error:
        yield Fault(about.path, CODE, f"its labels in {called}: {error.reason}")
    except (
        Exception
    ) as error:  # a plugin's form stumbles over what it did not expect: one sample's fault, not the look's
        yield Fault(about.path, CODE, f"its labels in {called} cannot be read: {type(error).__name__}: {error}.")


def _useless(found: Found, error: ConfigError) -> Fault:
    return Fault(found.called, CODE, f"it cannot be used: {error}")


def _file(root: Path, place: str) -> bool:
    """Whether a file is there, within the folder."""
    pure = PurePosixPath(place)
    return not pure.is_absolute() and ".." not in pure.parts and "\0" not in place and (root / pure).is_file()


class There:
    """Finds the file that labels name: by its path, or one that begins in a folder of the data set, or above it."""

    def __init__(self, paths: Collection[str]) -> None:
        self._paths = frozenset(paths)
        self._by_name: dict[str, list[str]] = defaultdict(list)
        for path in paths:
            self._by_name[PurePosixPath(path).name].append(path)

    def match(self, named: str) -> str | None:
        """Return the path, "" if several could be meant, None if none is.

        >>> there = There(["train/1.png", "val/1.png", "val/2.png"])
        >>> there.match("2.png"), there.match("data/val/1.png"), there.match("1.png"), there.match("train/2.png")
        ('val/2.png', 'val/1.png', '', None)

        """
        named = named.replace("\\", "/").removeprefix("./")
        if named in self._paths:
            return named
        alike = [
            path
            for path in self._by_name.get(PurePosixPath(named).name, ())
            if path.endswith(f"/{named}") or named.endswith(f"/{path}")
        ]
        return alike[0] if len(alike) == 1 else "" if alike else None

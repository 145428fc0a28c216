"""`augreg new`: write a plugin that passes its own tests, to begin with."""

from __future__ import annotations

import keyword
import re
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click

from augreg.cli.aside import installed
from augreg.cli.scaffold import KINDS, LICENSES, MODALITIES, files, license_text
from augreg.errors import ConfigError, listing, nearest
from augreg.registry.discovery import normalised

NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
"""Names of distributions, as packaging.python.org/specifications/name-normalization says."""
NAMESPACE: Final = re.compile(r"[a-z][a-z0-9_]*")


@click.command("new")
@click.argument("name")
@click.option("--modality", help="Of its samples: image, audio, video, text; of --kind modality the new one's name.")
@click.option("--kind", default="augmenter", show_default=True, help=f"One of: {', '.join(KINDS)}.")
@click.option(
    "--to", "parent", type=click.Path(path_type=Path), default=Path(), help="Where its folder comes [default: here]."
)
@click.option("--license", "license_id", default="", help=f"One of: {', '.join(LICENSES)} [default: MIT].")
@click.option("--author", default="", help="Who holds the copyright [default: the authors of NAME].")
def new_command(name: str, modality: str | None, kind: str, parent: Path, license_id: str, author: str) -> None:
    """Write a new plugin, a distribution that passes its own tests as it is written.

    \b
    Kinds:
      augmenter   a function on one sample, drawn for, batched and checked by augreg
      joint       one draw for a picture and its caption
      policy      which operations run on a sample, and how strong
      modality    a new kind of sample, with an augmenter
      reader      a file format
      adapter     another library's augmentations, made repeatable

    \b
    Examples:
      augreg new acme-haze --modality image
      augreg new acme-points --modality points --kind modality
    """
    _one_of("--kind", kind, KINDS)
    _one_of("--license", license_id or "MIT", LICENSES)
    package, namespace = _names(name)
    words = {"name": name, "package": package, "namespace": namespace, "modality": _modality(kind, modality, namespace)}
    folder = _folder(parent, name)
    holder = author or f"the authors of {name}"
    chosen = license_id or "MIT"
    words |= {
        "extension": namespace.replace("_", ""),
        "description": f"{_article(kind)} for augreg.",
        "augreg": _release(),
        "license": chosen,
        "license_said": f"[{chosen}](LICENSE).",
        "license_text": license_text(chosen, holder, datetime.now(UTC).year),
    }
    written = files(kind, words)
    for path, text in written.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8", newline="\n")
    click.echo("\n".join(_report(folder, name, written, chosen, license_id, author)))


def _report(folder: Path, name: str, written: dict[str, str], chosen: str, license_id: str, author: str) -> list[str]:
    said = [f"{folder}:", *(f"  {path}" for path in sorted(written))]
    if not license_id:
        said += ["", f"Its license is {chosen}, as you chose none (--license). See the file LICENSE."]
    elif chosen != "MIT":
        said += ["", f"Put the text of {chosen} into the file LICENSE: {LICENSES[chosen]}"]
    if not author:
        said += [f"The copyright is held by 'the authors of {name}' (--author). Mend that in the file LICENSE."]
    shown = str(folder) if " " not in str(folder) else f'"{folder}"'
    return [*said, "", "Next:", f"  cd {shown}", "  uv pip install -e . pytest", '  pytest -m "not slow"']


def _one_of(option: str, value: str, valid: object) -> None:
    known = list(valid)  # type: ignore[call-overload]
    if value not in known:
        raise ConfigError(f"{option} {value!r} is not known.{nearest(value, known)} There are: {listing(known)}.")


def _names(name: str) -> tuple[str, str]:
    """Return the package and the namespace of a new plugin, or say what is wrong with its name."""
    if not NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} is no name of a distribution: letters, digits, '-', '_' and '.', and a letter or digit at both "
            f"ends.{_suggestion(name)}"
        )
    if name != normalised(name):
        raise ConfigError(f"{name!r} is not as package indexes write names. Write {normalised(name)!r}.")
    package = name.replace("-", "_")
    namespace = package.removeprefix("augreg_")
    if not NAMESPACE.fullmatch(namespace) or keyword.iskeyword(package):
        raise ConfigError(
            f"{name!r} would make the namespace {namespace!r}: augmenters are called {namespace}.something. Let it be "
            f"a word that begins with a letter, such as 'acme-{namespace.strip('_') or 'haze'}'."
        )
    try:
        have = version(name)
    except PackageNotFoundError:
        have = ""
    if have:
        raise ConfigError(f"{name} {have} is installed. Choose another name, or uninstall it: uv pip uninstall {name}")
    if package in sys.stdlib_module_names or find_spec(package) is not None:
        raise ConfigError(f"{name!r} needs a package {package!r}, and there is one of that name. Choose another name.")
    return package, _free(namespace, name)


def _free(namespace: str, name: str) -> str:
    owners = sorted({spec.plugin for spec in installed().augmenters() if spec.namespace == namespace})
    if owners:
        raise ConfigError(
            f"{name!r} would make the namespace {namespace!r}, in which {listing(owners)} offers augmenters. Choose "
            "another name."
        )
    return namespace


def _suggestion(name: str) -> str:
    better = normalised(re.sub(r"[^A-Za-z0-9._-]+", "-", name)).strip("-._")
    return f" Write {better!r}." if better and NAME.fullmatch(better) else ""


def _modality(kind: str, given: str | None, namespace: str) -> str:
    """Return the modality that the templates speak of."""
    if kind == "modality":
        fresh = given or namespace
        known = [spec.name for spec in installed().modalities()]
        if fresh in known:
            raise ConfigError(f"there is a modality {fresh!r}. Name the new one: --modality points")
        if not NAMESPACE.fullmatch(fresh):
            raise ConfigError(f"--modality {fresh!r} is not one lower-case word, such as 'points'.")
        if fresh != namespace:
            _free(fresh, fresh)
        return fresh
    if kind == "joint":
        if given not in (None, "image", "text"):
            raise ConfigError(
                f"--modality {given!r}: the template of a joint augmenter is for pictures and their captions. Leave it "
                "out, and change the members and declares.joint of what is written."
            )
        return "image"
    if given is None:
        raise ConfigError(f"which samples is it for? Add --modality, one of: {listing(MODALITIES)}.")
    if given not in MODALITIES:
        raise ConfigError(
            f"--modality {given!r} has no template.{nearest(given, MODALITIES)} There are: {listing(MODALITIES)}. A "
            "new one: --kind modality. One of another plugin: begin with image, and change what is written."
        )
    return given


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    if folder.exists():
        raise ConfigError(f"{folder} is there already. Remove it, or say where else: --to FOLDER")
    if parent.exists() and not parent.is_dir():
        raise ConfigError(f"--to {parent} is no folder.")
    return folder


def _article(kind: str) -> str:
    return {
        "augmenter": "An augmenter",
        "joint": "A joint augmenter",
        "policy": "A policy",
        "modality": "A kind of sample",
        "reader": "A file format",
        "adapter": "Another library's augmentations",
    }[kind]


def _release() -> str:
    """Return the version of augreg that is installed, without what stands behind its numbers."""
    found = re.match(r"\d+(\.\d+)*", version("augreg"))
    return found[0] if found else "0"

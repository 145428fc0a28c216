"""What `augreg new` writes: templates of distributions, filled in. Light: the standard library."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from string import Template
from typing import Final

KINDS: Final = ("augmenter", "joint", "policy", "modality", "reader", "adapter")
MODALITIES: Final = ("image", "audio", "video", "text")
LICENSES: Final = {
    "MIT": "https://opensource.org/license/mit",
    "BSD-3-Clause": "https://opensource.org/license/bsd-3-clause",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0.txt",
    "MPL-2.0": "https://www.mozilla.org/media/MPL/2.0/index.txt",
    "GPL-3.0-or-later": "https://www.gnu.org/licenses/gpl-3.0.txt",
}
"""License -> where its text is; that of MIT is written, others are long."""

SUFFIX: Final = ".txt"
"""What templates end in, so that no tool takes them for Python."""

MIT: Final = """MIT License

Copyright (c) {year} {author}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

OFFERED: Final = {
    "augmenter": "augreg.Pipeline({{'{modality}': ['{namespace}.{function}']}})",
    "joint": "augreg.Pipeline({{'record': ['{namespace}.dusk']}})",
    "policy": "augreg.Pipeline({{'{modality}': ['{namespace}.gentle']}})",
    "modality": "augreg.Pipeline({{'{modality}': ['{modality}.jitter']}})",
    "reader": "augreg.media.read('sample.{extension}')",
    "adapter": "augreg.Pipeline({{'{modality}': ['{namespace}.roughen']}})",
}
"""What the README shows of each kind."""
FUNCTIONS: Final = {"image": "fade", "audio": "quieter", "video": "flicker", "text": "stutter"}


def license_text(license_id: str, author: str, year: int) -> str:
    """Return what stands in the file LICENSE."""
    if license_id == "MIT":
        return MIT.format(year=year, author=author).rstrip()
    return (
        f"SPDX-License-Identifier: {license_id}\nCopyright (c) {year} {author}\n\n"
        f"Put the text of the license here, from {LICENSES[license_id]}"
    )


def files(kind: str, words: Mapping[str, str]) -> dict[str, str]:
    """Return path -> text of every file of a new distribution.

    Args:
        kind: one of `KINDS`.
        words: what templates name as ``$word``: name, package, namespace, modality, ...

    """
    root = resources.files("augreg.cli").joinpath("templates")
    modality = words["modality"]
    folder = {"augmenter": f"augmenter_{modality}", "reader": "reader_text" if modality == "text" else "reader"}
    varying = tomllib.loads(root.joinpath("words.toml").read_text(encoding="utf-8"))
    shown = OFFERED[kind].format(function=FUNCTIONS.get(modality, ""), **words).replace("'", '"')
    every = {"usage": f"```python\nimport augreg\n\n{shown}\n```", **words}
    own = {name: Template(value).substitute(every) for name, value in _own(varying, kind, modality).items()}
    found = {}
    for part in ("common", folder.get(kind, kind)):
        for path, template in _templates(root.joinpath(part)):
            found[path.replace("PACKAGE", words["package"])] = Template(template).substitute({**every, **own})
    return found


def _own(varying: Mapping[str, Mapping[str, Mapping[str, object]]], kind: str, modality: str) -> dict[str, str]:
    return {name: str(value) for name, value in varying.get(kind, {}).get(modality, {}).items()}


def _templates(folder: Traversable, prefix: str = "") -> list[tuple[str, str]]:
    found = []
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            found += _templates(entry, f"{prefix}{entry.name}/")
        else:
            name = entry.name if entry.name == "LICENSE.txt" else entry.name.removesuffix(SUFFIX)
            found.append((f"{prefix}{name.removesuffix(SUFFIX)}", entry.read_text(encoding="utf-8")))
    return found

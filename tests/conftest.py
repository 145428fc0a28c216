"""Really installed distributions, made by hand: a wheel is built, unpacked into a folder, and found on the path."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

# Keras takes its backend when it is imported, TensorFlow where nobody says another.
os.environ.setdefault("KERAS_BACKEND", "torch")

LISTING = """
import augreg

@augreg.hookimpl
def augreg_augmenters():
    return [augreg.AugmenterSpec({name!r}, {target!r}, modalities=("text",), tags=("toy",), summary="Does nothing.")]
"""

CLASS = """
from dataclasses import dataclass

import augreg

@dataclass(frozen=True, kw_only=True)
class Same(augreg.AugmenterBase):
    '''Does nothing.'''

    times: int = augreg.param.integer(1, "how often", low=0, high=9)
    declares = augreg.Declaration(leaves=augreg.EVERY, dtypes=("str",))

    def apply(self, batch, params):
        return batch
"""


class Site:
    """A folder of installed distributions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: set[str] = set()

    def install(
        self,
        distribution: str,
        files: Mapping[str, str],
        entry_points: Mapping[str, str] | None = None,
        version: str = "1.0",
        folder: Path | None = None,
    ) -> Path:
        """Build a wheel and unpack it here, as an installer does. Returns the wheel's path."""
        if entry_points is None:
            entry_points = {"toy": next(iter(files)).removesuffix(".py").replace("/", ".")}
        stem = distribution.replace("-", "_")
        info = f"{stem}-{version}.dist-info"
        lines = [f"{name} = {value}" for name, value in entry_points.items()]
        contents = {
            **{name: dedent(text) for name, text in files.items()},
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/entry_points.txt": "[augreg]\n" + "\n".join(lines) + "\n",
        }
        record = "".join(f"{name},{_digest(text)},{len(text.encode())}\n" for name, text in contents.items())
        wheels = self.folder.parent / "wheels"
        wheels.mkdir(exist_ok=True)
        wheel = wheels / f"{stem}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, text in contents.items():
                archive.writestr(name, text)
            archive.writestr(f"{info}/RECORD", f"{record}{info}/RECORD,,\n")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder or self.folder)
        self.modules.update(name.removesuffix(".py").partition("/")[0] for name in files)
        return wheel

    def toy(
        self, distribution: str, name: str, extra: Mapping[str, tuple[str, str]] | None = None, **options: str
    ) -> str:
        """Install a good plugin that offers one augmenter called *name*. Returns its package.

        *extra* adds entry points: name -> (module, source).
        """
        package = distribution.replace("-", "_")
        files = {
            f"{package}/plugin.py": LISTING.format(name=name, target=f"{package}.same:Same"),
            f"{package}/__init__.py": "",
            f"{package}/same.py": CLASS,
        }
        entry_points = {name.partition(".")[0]: f"{package}.plugin"}
        for entry, (module, source) in (extra or {}).items():
            files[f"{module}.py"] = source
            entry_points[entry] = module
        self.install(distribution, files, entry_points, **options)
        return package

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a fresh interpreter that sees this folder (and what is installed beside it)."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AUGREG_", "COLUMNS"))}
        return subprocess.run(
            [sys.executable, *arguments],
            env={**clean, "PYTHONPATH": str(self.folder), **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )


def _digest(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An empty folder for distributions, first on the path; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.delenv("AUGREG_PLUGINS", raising=False)
    monkeypatch.delenv("AUGREG_BLOCK", raising=False)
    monkeypatch.syspath_prepend(str(folder))
    made = Site(folder)
    yield made
    for name in list(sys.modules):
        if name.partition(".")[0] in made.modules:
            del sys.modules[name]


@pytest.fixture
def fresh() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run code in a fresh interpreter and return what came of it."""

    def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", dedent(code)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    return run

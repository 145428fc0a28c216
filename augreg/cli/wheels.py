"""Builds the wheel of a plugin, so that what users will get is checked and not what lies in a folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlparse

from augreg.errors import ConfigError


@contextmanager
def built(plugin: str) -> Iterator[str]:
    """Build a wheel and yield its path; *plugin* is the folder of a distribution, or one installed from a folder."""
    source = _source(plugin)
    with tempfile.TemporaryDirectory(prefix="augreg-wheel-") as folder:
        command = [*_builder(), "--wheel", "--out-dir" if shutil.which("uv") else "--outdir", folder, str(source)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            raise ConfigError(f"{source} does not build:\n{(done.stderr or done.stdout).strip()[-2000:]}")
        yield str(wheels[0])


def _builder() -> list[str]:
    if shutil.which("uv"):
        return ["uv", "build"]
    if find_spec("build") is not None:
        return [sys.executable, "-m", "build"]
    raise ConfigError("building a wheel takes uv or build. Run: pip install build")


def _source(plugin: str) -> Path:
    """Return the folder that a plugin is built from."""
    if (Path(plugin) / "pyproject.toml").is_file():
        return Path(plugin)
    try:
        said = Distribution.from_name(plugin).read_text("direct_url.json")
    except PackageNotFoundError:
        raise ConfigError(
            f"--wheel: {plugin!r} is neither a folder with a pyproject.toml nor installed. Give the folder."
        ) from None
    url = json.loads(said or "{}").get("url", "")
    source = Path(unquote(urlparse(url).path)) if url.startswith("file:") else None
    if source is None or not (source / "pyproject.toml").is_file():
        raise ConfigError(f"--wheel: {plugin} was not installed from a folder. Give the folder that it is built from.")
    return source

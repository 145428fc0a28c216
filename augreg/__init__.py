"""One registry, one protocol, mixed batches and keyed randomness for image, audio, video and text augmentation.

Importing augreg imports neither torch nor numpy and discovers no plugin. `__init__.pyi` lists the public names; each
is imported when it is first used.
"""

import ast
import importlib
from functools import cache
from pathlib import Path
from typing import Any

from augreg import errors, late

late.register("augment", "augreg.engine.augment:augment")
late.register("replay", "augreg.engine.augment:replay")
late.register("load_clip", "augreg.media:load_clip")


@cache
def _public() -> dict[str, tuple[str, str]]:
    """Return public name -> module and name there, as the stub beside this file lists them."""
    stub = ast.parse(Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    return {str(alias.asname): (str(node.module), alias.name) for node in imports for alias in node.names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        value: Any = version("augreg")
    elif name == "__all__":
        value = [*sorted(_public()), "__version__"]
    elif name in _public():
        module, original = _public()[name]
        if module == __name__:
            value = importlib.import_module(f"{module}.{original}")
        else:
            value = getattr(importlib.import_module(module), original)
    else:
        raise AttributeError(f"module 'augreg' has no attribute {name!r}.{errors.nearest(name, _public())}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__getattr__("__all__"))

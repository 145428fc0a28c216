"""Public names of a package that are imported when they are first used: the package itself stays light.

Listing what is installed imports every plugin's package, and must not wait for torch. A package that calls
:func:`attach` lists its public names once, in a stub `__init__.pyi` beside its `__init__.py`, which editors and type
checkers read too. Light: the standard library.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from augreg import errors

__all__ = ["attach"]


def attach(
    package: str, file: str, **computed: Callable[[], Any]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package whose public names the stub beside ``file`` lists.

    The stub holds one line per name, ``from augreg_acme.echo import Echo as Echo``, a submodule being
    ``from augreg_acme import tools as tools``; ``__all__`` follows from it. So a whole `__init__.py` is::

        \"\"\"Acme's augmenters for augreg. `__init__.pyi` lists the public names.\"\"\"

        from augreg import lazy_names

        __getattr__, __dir__ = lazy_names.attach(__name__, __file__)

    Args:
        package: the package's ``__name__``.
        file: the package's ``__file__``.
        computed: further public names, each with a function that returns its value.

    The package ``augreg`` itself is one of these:

    >>> import augreg
    >>> augreg.AugmenterSpec.__module__
    'augreg.registry.spec'
    >>> "AugmenterSpec" in dir(augreg)
    True

    """

    @cache
    def stub() -> dict[str, tuple[str, str]]:
        return _imports(Path(file).with_suffix(".pyi"))

    def value(name: str) -> Any:
        if name == "__all__":
            return sorted([*stub(), *computed])
        if name in computed:
            return computed[name]()
        if name not in stub():
            # Python itself asks for such names, and for submodules before it imports them: no hint, which takes 2 ms.
            asked = name.startswith("__") or Path(file).with_name(f"{name}.py").exists()
            close = "" if asked else errors.nearest(name, [*stub(), *computed])
            raise AttributeError(f"module {package!r} has no attribute {name!r}.{close}")
        module, original = stub()[name]
        if module == package:
            return importlib.import_module(f"{module}.{original}")
        holder = importlib.import_module(module)
        # A submodule is no attribute of its package before it is imported.
        if not hasattr(holder, original):
            return importlib.import_module(f"{module}.{original}")
        return getattr(holder, original)

    def find(name: str) -> Any:
        found = value(name)
        setattr(sys.modules[package], name, found)  # so that it is asked for once
        return found

    return find, lambda: list(find("__all__"))


def _imports(stub: Path) -> dict[str, tuple[str, str]]:
    """Return public name -> module and name there, as the ``from ... import`` lines of a stub say."""
    body = ast.parse(stub.read_text(encoding="utf-8")).body
    lines = [node for node in body if isinstance(node, ast.ImportFrom)]
    return {str(alias.asname): (str(node.module), alias.name) for node in lines for alias in node.names}

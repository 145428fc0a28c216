"""pyarrow, imported where a table is really read or written: `import augreg` and jobs on folders need none."""

from __future__ import annotations

import importlib
from typing import Any, Final

from augreg.errors import ConfigError


class _Late:
    """A module that is imported when something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        try:
            module = importlib.import_module(self._name)
        except ImportError as error:
            raise ConfigError(
                f"tables need pyarrow, which cannot be imported ({error}). Install it: pip install 'augreg[tables]'."
            ) from None
        return getattr(module, attribute)


pa: Final[Any] = _Late("pyarrow")
pc: Final[Any] = _Late("pyarrow.compute")
pq: Final[Any] = _Late("pyarrow.parquet")

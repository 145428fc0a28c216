"""The index of an adapter: what its peer offers, read from a file. Light: listing must not import the peer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from augreg.errors import ConfigError, nearest
from augreg.registry.spec import AugmenterSpec

FILE: Final = "index.json"


@dataclass(frozen=True)
class Index:
    """What an adapter knows about its peer without importing it.

    Args:
        peer: ``name`` (of the library, which is the namespace, too), ``module``, ``distribution``, ``version`` (from
            which the index was made), ``license``, ``install`` (what to write behind ``pip install``) and ``others``
            (further distributions of the same module, each with its license).
        transforms: name -> ``modality``, ``summary``, ``tags``, ``parameters``, ``declares``, ``examples`` and
            ``draws`` (whether chance has a say).
        left_out: what the peer offers and the adapter does not, each with the reason.

    """

    peer: Mapping[str, Any]
    transforms: Mapping[str, Mapping[str, Any]]
    left_out: Mapping[str, str]

    @classmethod
    def beside(cls, file: str) -> Index:
        """Return the index that lies beside a module, whose ``__file__`` is given.

        >>> import augreg
        >>> from augreg.adapters import Index
        >>> from pathlib import Path
        >>> _ = Path("index.json").write_text('{"peer": {"name": "acme"}, "transforms": {}, "left_out": {}}')
        >>> Index.beside("plugin.py").peer["name"]
        'acme'

        """
        return _read(Path(file).with_name(FILE))

    def reasons(self) -> dict[str, str]:
        """Return what the hook ``augreg_left_out`` answers: the full name of what is left out, and why."""
        return {f"{self.peer['name']}.{name}": why for name, why in self.left_out.items()}

    def specs(self, module: str) -> list[AugmenterSpec]:
        """Return one spec for each transform; ``module`` is the one whose ``__getattr__`` is made by ``classes``."""
        return [
            AugmenterSpec(
                f"{self.peer['name']}.{name}",
                f"{module}:{name}",
                modalities=(entry["modality"],),
                tags=tuple(entry["tags"]),
                summary=entry["summary"],
            )
            for name, entry in self.transforms.items()
        ]

    def entry(self, name: str) -> Mapping[str, Any]:
        """Return what is known about a transform. Raises AttributeError for one that the adapter does not offer."""
        if name in self.transforms:
            return self.transforms[name]
        why = f" It is left out: {self.left_out[name]}." if name in self.left_out else nearest(name, self.transforms)
        raise AttributeError(f"{self.peer['name']} has no transform {name!r} here.{why}")

    def license(self) -> str:
        """Return which distribution is installed and under which license, in words; nothing is imported."""
        from importlib.metadata import PackageNotFoundError, version

        known = {self.peer["distribution"]: self.peer["license"], **self.peer["others"]}
        found = []
        for name, terms in known.items():
            try:
                found.append(f"{name} {version(name)}, license {terms}")
            except PackageNotFoundError:
                continue
        return (
            "; ".join(found)
            or f"{self.peer['distribution']} is not installed; its license is {known[self.peer['distribution']]}"
        )

    def import_peer(self) -> Any:
        """Import and return the peer's module. Raises ConfigError that says what to install."""
        import importlib
        import warnings

        try:
            with warnings.catch_warnings():
                # Sources of peers hold invalid escape sequences and the like, about which Python warns as it compiles.
                warnings.simplefilter("ignore")
                return importlib.import_module(self.peer["module"])
        except ImportError as error:
            raise ConfigError(
                f"the augmenters {self.peer['name']}.* need {self.peer['distribution']}, which cannot be imported "
                f"({error}). Run: pip install '{self.peer['install']}'"
            ) from error


@lru_cache(maxsize=32)
def _read(path: Path) -> Index:
    return Index(**json.loads(path.read_text(encoding="utf-8")))

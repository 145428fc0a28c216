"""Checks of a plugin as a distribution: found, healthy, light to list, its names its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from augreg.errors import AugregError
from augreg.registry import Registry
from augreg.registry.discovery import ALLOW_VARIABLE, normalised
from augreg.registry.spec import PluginRecord
from augreg.testing.check import Check, require

HEAVY: Final = (
    "torch", "numpy", "torchvision", "torchaudio", "scipy", "cv2", "PIL", "av", "soundfile", "librosa",
    "nlpaug", "pandas", "nltk", "transformers", "albumentations", "kornia", "audiomentations", "sklearn", "tensorflow",
    "jax",
)  # fmt: skip
"""What takes long to import, which listing a plugin must not do."""

_PROBE: Final = """
import json, sys
import augreg
records = augreg.registry.default().records
names = [spec.name for spec in augreg.list_augmenters()]
print(json.dumps({"names": names, "modules": sorted({m.partition(".")[0] for m in sys.modules}),
                  "reasons": [r.reason for r in records if r.status != "ok" and not r.reason.startswith("not named")]}))
"""


def record_of(registry: Registry, distribution: str) -> PluginRecord | None:
    """Return what became of a distribution, None if it is not installed as a plugin."""
    wanted = normalised(distribution)
    return next((r for r in registry.records if normalised(r.plugin) == wanted), None)


def packaging_checks(registry: Registry, distribution: str) -> Iterator[Check]:
    """Yield the checks of one distribution."""
    for name, function in (
        ("discovered", _discovered),
        ("listing_imports_nothing", _listing_imports_nothing),
        ("names_are_unique", _names_are_unique),
    ):
        doc = (function.__doc__ or "").strip()
        yield Check(name, partial(function, registry, distribution), doc)
    for spec in registry.augmenters(plugin=distribution):
        doc = "What the plugin names can be imported, and is an augmenter class."
        yield Check(f"{spec.name}-target_loads", partial(_target_loads, registry, spec.id), doc)


def _discovered(registry: Registry, distribution: str) -> None:
    """The distribution is installed, has an entry point in group augreg, loads, and offers something."""
    found = record_of(registry, distribution)
    known = ", ".join(r.plugin for r in registry.records)
    require(found is not None, f"{distribution} is not among the installed plugins ({known or 'none'}).")
    assert found is not None
    require(found.status == "ok", f"{found.label} is {found.status}: {found.reason}")
    offers: list[list[Any]] = [
        registry.augmenters(plugin=distribution),
        registry.policies(),
        registry.operation_sets(),
        registry.generators(),
        registry.modalities(),
        registry.readers(),
    ]
    mine = [s for kind in offers for s in kind if normalised(s.plugin or "") == normalised(distribution)]
    rest: list[Any] = [*registry.writers(), *registry.commands(), *registry.lifts()]
    rest += [*registry.label_readers(), *registry.label_writers()]
    others = [s for s in rest if s.plugin == found.plugin]
    require(bool(mine or others), f"{found.label} offers nothing; return specs from its hooks.")


def _listing_imports_nothing(registry: Registry, distribution: str) -> None:
    """A fresh interpreter that lists only this plugin has imported nothing heavy."""
    path = os.pathsep.join(p for p in sys.path if p)
    environment = {**os.environ, ALLOW_VARIABLE: distribution, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", _PROBE], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    require(done.returncode == 0, f"listing {distribution} fails in a fresh interpreter:\n{done.stderr[-2000:]}")
    found = json.loads(done.stdout.splitlines()[-1])
    require(not found["reasons"], f"{distribution} does not load alone: {'; '.join(found['reasons'])}")
    heavy = [m for m in HEAVY if m in found["modules"]]
    advice = "import it in the modules that the targets name"
    require(not heavy, f"listing {distribution} imports {', '.join(heavy)}; {advice}.")
    wanted = [s.name for s in registry.augmenters(plugin=distribution)]
    require(sorted(found["names"]) == sorted(wanted), f"alone it lists {found['names']} instead of {wanted}.")


def _names_are_unique(registry: Registry, distribution: str) -> None:
    """Every augmenter's short name is offered once, by this plugin."""
    for spec in registry.augmenters(plugin=distribution):
        others = [s.id for s in registry.augmenters() if s.name == spec.name]
        require(len(others) == 1, f"{spec.name} is offered {len(others)} times: {', '.join(others)}.")


def _target_loads(registry: Registry, name: str) -> None:
    try:
        registry.load(name)
    except AugregError as error:
        require(False, f"{name} does not load: {error}")

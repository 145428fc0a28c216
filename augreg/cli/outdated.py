"""`augreg plugins --outdated`: which plugins were made for another augreg than this one."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from typing import Final, NamedTuple

from augreg.cli.licenses import requirement_of
from augreg.registry.discovery import GROUP, normalised
from augreg.registry.spec import API_OLDEST, API_VERSION, PluginRecord

COMPARED: Final = (
    "Compared: the plugin interface that each states (AUGREG_API) with this augreg's, {window}, and the versions of "
    "augreg that each requires with {version}. Nothing was fetched: whether an index has newer releases is not known."
)


class Age(NamedTuple):
    """What a plugin says about the augreg that it is made for."""

    plugin: str
    version: str
    api: int | None
    """None where it was not imported, so that nothing is known."""
    requires: str
    reason: str
    """Why it is outdated, or cannot be told; "" if it is not."""


def compared() -> str:
    """Say what was compared with what."""
    import augreg

    window = str(API_VERSION) if API_OLDEST == API_VERSION else f"{API_OLDEST} to {API_VERSION}"
    return COMPARED.format(window=window, version=augreg.__version__)


def age_of(record: PluginRecord) -> Age:
    """Return what one plugin says."""
    api, requires = _api(record.plugin), requirement_of(record.plugin)
    reasons = [record.reason] if record.status == "incompatible" else []
    if api is None and not reasons:
        reasons.append(f"it is {record.status}, so nothing is known of the interface that it speaks.")
    elif api is not None and api < API_VERSION and not reasons:
        reasons.append(f"it speaks plugin API {api}; the newest is {API_VERSION}. It works: look for a newer release.")
    if wrong := _refuses(requires):
        reasons.append(wrong)
    return Age(record.plugin, record.version, api, requires or "any", " ".join(reasons))


def _api(plugin: str) -> int | None:
    """Return the interface that the imported modules of a plugin state; 1 where they say nothing."""
    modules = [e.module for e in entry_points(group=GROUP) if e.dist and normalised(e.dist.name) == plugin]
    stated = [getattr(sys.modules[name], "AUGREG_API", 1) for name in modules if name in sys.modules]
    return min((api for api in stated if isinstance(api, int)), default=None)


def _refuses(requires: str) -> str:
    """Return why this augreg is not among the versions that a plugin requires, "" if it is or nobody can tell."""
    import augreg

    if not requires:
        return ""
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
    except ImportError:
        return f"it requires augreg {requires}; not compared, as the package 'packaging' is not installed."
    try:
        fits = SpecifierSet(requires).contains(augreg.__version__, prereleases=True)
    except InvalidSpecifier:
        return f"it requires augreg {requires}, which is no range of versions."
    return "" if fits else f"it requires augreg {requires}, and {augreg.__version__} is installed. Upgrade one of them."

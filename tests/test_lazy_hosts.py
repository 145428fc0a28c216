"""Modules of hosts: light, and clear where the library is not there."""

from __future__ import annotations

import sys
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

HOSTS = ("grain", "keras", "lightning", "tensorflow", "transformers")


def test_naming_a_host_imports_none(fresh: Callable[..., CompletedProcess[str]]) -> None:
    done = fresh(
        f"""
        import sys, augreg
        for host in {HOSTS}:
            assert dir(getattr(augreg, host))
        print(sorted(set(sys.modules) & set({HOSTS})))
        """
    )
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize("host", HOSTS)
def test_a_library_that_is_not_there_is_named_with_the_cure(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import augreg

    module = getattr(augreg, host)
    monkeypatch.setattr("augreg.loaders.lazy_host.find_spec", lambda name: None)
    with pytest.raises(augreg.ConfigError, match=f"augreg.{host} needs {host}. Install it: pip install {host}"):
        getattr(module, dir(module)[0])
    with pytest.raises(AttributeError, match=f"module 'augreg.{host}' has no attribute 'Nothing'"):
        _ = module.Nothing
    assert f"augreg.loaders.{host}" in sys.modules

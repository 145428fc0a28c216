"""The conformance kit: checks for every plugin and augmenter, ours and everyone's.

    import pytest
    from augreg.testing import plugin_checks

    @pytest.mark.parametrize("check", plugin_checks("augreg-audio"))
    def test_conforms(check):
        check()

Only `plugin_checks` needs pytest; `checks` and `class_checks` return callables that raise `ConformanceError`.
"""

from augreg.testing.check import Check, ConformanceError
from augreg.testing.collect import checks, class_checks, plugin_checks

__all__ = ["Check", "ConformanceError", "checks", "class_checks", "plugin_checks"]

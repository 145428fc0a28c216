"""The page of rules has every rule, and what it calls wrong is found by that rule; what it calls right is not."""

from __future__ import annotations

import importlib.util
import re
import runpy
import sys
from pathlib import Path

import pytest

from augreg.registry import default
from augreg.testing import ConformanceError, checks, class_checks

DOCS = Path(__file__).parent.parent / "docs"
MAKER = runpy.run_path(str(DOCS / "rules.py"))
PAGE = (DOCS / "rules.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
CODE = {rule: re.findall(r"```python\n(.*?)```", text, re.DOTALL) for rule, text in SECTIONS.items()}
SHOWN = {rule: blocks for rule, blocks in CODE.items() if len(blocks) == 2 and "class " in blocks[1]}


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """The code of the page as a module, in which instances of its classes pickle."""
    folder = tmp_path_factory.mktemp("rules")
    bases = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)[1]
    code = "\n\n".join([bases, *(block for blocks in SHOWN.values() for block in blocks)])
    (folder / "page_of_rules.py").write_text(code, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("page_of_rules", folder / "page_of_rules.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["page_of_rules"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["page_of_rules"]


def last_class(block):
    return re.findall(r"^class (\w+)", block, re.MULTILINE)[-1]


def test_the_page_is_made_of_what_the_kit_is_tested_with():
    made = MAKER["page"](MAKER["told"]())
    differ = [pair for pair in zip(made.splitlines(), PAGE.splitlines(), strict=False) if pair[0] != pair[1]]
    assert made == PAGE, f"run: uv run python docs/rules.py; {differ[:2]}"


def test_every_rule_has_a_section():
    assert set(SECTIONS) >= {*MAKER["rules"](), *MAKER["plugin_rules"]()}
    plugins = [record.plugin for record in default().records if record.status == "ok"]
    run = {check.id.rpartition("-")[2] for plugin in plugins for check in checks(plugin)}
    assert run - set(SECTIONS) == set()
    assert len(SHOWN) > 55


@pytest.mark.parametrize("rule", SHOWN)
def test_wrong_is_found_by_its_rule_and_right_is_not(shown, rule):
    name = re.search(r"as `([\w.]+)`", SECTIONS[rule])[1]
    wrong, right = (checks_of(getattr(shown, last_class(block)), name, rule) for block in SHOWN[rule])
    assert len(wrong) == 1
    with pytest.raises(ConformanceError):
        wrong[0]()
    for check in right:  # none where the mended one declares nothing that the rule is about
        check()


def checks_of(cls, name, rule):
    return [check for check in class_checks(cls, name) if check.id == f"{name}-{rule}"]


@pytest.mark.slow
@pytest.mark.parametrize("rule", SHOWN)
def test_no_other_rule_finds_it_but_those_that_are_named(rule):
    name, cls = next((name, cls) for name, cls, found in MAKER["FAULTS"] if found == rule)
    assert MAKER["also_found"](name, cls, rule) == MAKER["told"]().get(rule, [])

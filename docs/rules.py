"""Make the page of rules: for each rule of the conformance kit a wrong and a right augmenter, and what to do.

The wrong ones are those of tests/support/faulty*.py, which the kit must find; right is what they depart from.
Run: uv run python docs/rules.py [--measure]
With ``--measure`` the whole kit is run on each wrong one, which takes minutes, to say which other rules find it, too.
Without it the page keeps what it says of that.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import re
import sys
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE = HERE / "rules.md"
sys.path.insert(0, str(HERE.parent / "tests" / "support"))

import conforming  # noqa: E402
import faulty_rules  # noqa: E402
from faulty import FAULTS  # noqa: E402
from rules_told import OF_CORE, OF_PLUGINS, TODO  # noqa: E402

from augreg.testing import class_checks, collect, contract, joint  # noqa: E402

MADE = "@dataclass(frozen=True, kw_only=True)"
INTRODUCTION = """# The rules for plugins

`augreg check my-plugin`, `pytest --augreg my-plugin` and `augreg.testing.plugin_checks` run these rules. Each has a
wrong and a right plugin here; a test takes both from this page and runs the rule on them. What is wrong has one fault;
where other rules find it as well, they are named. [Writing a plugin](plugins.md) explains the words.

The augmenters below depart from one of these, which keep all rules:

```python
{bases}
```
"""


def rules() -> dict[str, str]:
    """Return rule -> what it demands, in the order in which they are run."""
    every = [*contract.RULES, *collect.BEHAVIOUR, *joint.RULES]
    found = {rule.name: (rule.function.__doc__ or "").partition("\n")[0] for rule in every}
    return found | {f"takes_{case}": _odd(case) for case in _cases()}


def _odd(case: str) -> str:
    return f"Odd input ({case.replace('_', ' ')}) gives a sound result or an AugregError."


def _cases() -> list[str]:
    from augreg.testing.edges import CASES

    return list(dict.fromkeys(case for cases in CASES.values() for case in cases))


def bases() -> str:
    """Return the code of what keeps all rules, as one module."""
    text = inspect.getsource(conforming).partition('"""\n\n')[2].partition("\n\nCONFORMING")[0].rstrip()
    more = [inspect.getsource(faulty_rules.Factors), inspect.getsource(faulty_rules.Amplify)]
    imports, _, rest = text.partition("\n\n\n")
    imports = imports.replace("import dataclasses\n", "import dataclasses\nimport random\nimport time\n")
    declaring = inspect.getsource(conforming.declaring)
    return "\n\n\n".join([imports, rest.strip(), *(part.strip() for part in (*more, declaring))])


def wrong(cls: type) -> str:
    """Return the code of a faulty class, with what it needs of its file."""
    source = inspect.getsource(cls)
    decorated = source.partition("class ")[0]
    body = "class " + source.partition("class ")[2].rstrip()
    module = sys.modules[cls.__module__]
    helpers = [
        inspect.getsource(found).rstrip()
        for name, found in vars(module).items()
        if inspect.isclass(found) and found.__module__ == cls.__module__ and found is not cls
        if re.search(rf"\b{name}\(", body) and name not in ("Factors", "Amplify")
    ]
    return "\n\n\n".join([*helpers, body if "made=False" in decorated else f"{MADE}\n{body}"])


def right(cls: type, name: str) -> str:
    """Return what the class departs from: the same names, as a class that keeps the rules has them."""
    own = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0]
    assert isinstance(own, ast.ClassDef)
    wanted = {found for node in own.body for found in _named(node)}
    base = cls.__mro__[1]
    parts = [part for found in sorted(wanted) for part in _defined(base, found)]
    inner = "\n\n".join(textwrap.indent(part, "    ") for part in parts)
    head = f'{MADE}\nclass {name}({base.__name__}):\n    """{_summary(base)}"""'
    return f"{head}\n\n{inner}" if inner else head


def _summary(base: type) -> str:
    return (inspect.getdoc(base) or "").partition("\n")[0]


def _named(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef):
        yield node.name
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        yield node.target.id


def _defined(base: type, name: str) -> list[str]:
    """Return the code by which a class or one above it defines a name; nothing where only augreg does."""
    for cls in base.__mro__:
        if cls.__module__.startswith("augreg"):
            return []
        source = textwrap.dedent(inspect.getsource(cls))
        tree = ast.parse(source).body[0]
        assert isinstance(tree, ast.ClassDef)
        for node in tree.body:
            if name in _named(node):
                return [textwrap.dedent(ast.get_source_segment(source, node, padded=True) or "")]
    return []


def also_found(name: str, cls: type, rule: str) -> list[str]:
    """Return the other rules that find a fault."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for check in class_checks(cls, name):
            other = check.id.partition("-")[2]
            if other != rule and _fails(check):
                found.append(other)
    return found


def _fails(check: Any) -> bool:
    try:
        check()
    except Exception:
        return True
    return False


def told() -> dict[str, list[str]]:
    """Return rule -> the other rules that the page says to find its wrong augmenter."""
    text = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    found = re.findall(r"^## (\w+)\n(?:(?!^## ).*\n)*?Found by (.*?), too\.$", text, re.MULTILINE)
    return {rule: re.findall(r"`(\w+)`", others) for rule, others in found}


def section(rule: str, demand: str, also: list[str]) -> str:
    """Return the section of one rule."""
    lines = [f"## {rule}", "", demand, ""]
    if rule in OF_CORE:
        return "\n".join([*lines, f"{OF_CORE[rule]}", ""])
    if rule in OF_PLUGINS:
        bad, good = OF_PLUGINS[rule]
        return "\n".join([*lines, "Wrong:", "", bad, "", "Right:", "", good, ""])
    name, cls = next((name, cls) for name, cls, found in FAULTS if found == rule)
    lines += [TODO.get(rule, ""), ""] if rule in TODO else []
    lines += [f"Wrong, as `{name}`:", "", "```python", wrong(cls), "```", ""]
    if also:
        lines += [f"Found by {', '.join(f'`{other}`' for other in also)}, too.", ""]
    return "\n".join([*lines, "Right:", "", "```python", right(cls, f"{cls.__name__}Mended"), "```", ""])


def page(also: dict[str, list[str]]) -> str:
    """Return the page."""
    parts = [INTRODUCTION.format(bases=bases())]
    known = {found for _, _, found in FAULTS} | OF_CORE.keys() | OF_PLUGINS.keys()
    for rule, demand in {**rules(), **plugin_rules()}.items():
        if rule in known:
            parts.append(section(rule, demand, also.get(rule, [])))
        else:
            parts.append(f"## {rule}\n\n{demand}\n\n{OF_CORE['odd input']}\n")
    return "\n".join(parts)


def plugin_rules() -> dict[str, str]:
    """Return the rules for whole plugins."""
    from augreg.testing import generators, modality, operation_sets, packaging, unlevelled

    functions = {
        "discovered": packaging._discovered,
        "listing_imports_nothing": packaging._listing_imports_nothing,
        "names_are_unique": packaging._names_are_unique,
        **{
            f.__name__: f
            for f in (modality.gives_samples_back, modality.batches_give_rows_back, modality.heeds_layouts)
        },
        **{f.__name__: f for f in (operation_sets.members_fit, operation_sets.members_say_why)},
        **{f.__name__: f for f in (operation_sets.members_build, operation_sets.builds, operation_sets.results_differ)},
        **{f.__name__: f for f in (generators.makes_samples, generators.leaves_its_samples, generators.is_keyed)},
        "generator_loads": generators.generator_loads,
        "level_or_reason": unlevelled.level_or_reason,
    }
    found = {name: (function.__doc__ or "").partition("\n")[0] for name, function in functions.items()}
    return found | {
        "target_loads": "What the plugin names can be imported, and is an augmenter class.",
        "runs_in_spawned_workers": "Every augmenter gives the same in spawned DataLoader workers.",
        "memory_is_declared": "No augmenter takes more memory than it declares.",
    }


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true")
    also = told()
    if parser.parse_args().measure:
        also = {}
        for name, cls, rule in FAULTS:
            if rule not in also:
                also[rule] = also_found(name, cls, rule)
                print(name, rule, also[rule], flush=True)
    PAGE.write_text(page(also), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The README shows what really comes out."""

import importlib.util
from pathlib import Path

from augreg_text import tokenize

TOOL = Path(__file__).resolve().parent.parent / "tools" / "build_readme.py"


def test_the_table_is_up_to_date():
    spec = importlib.util.spec_from_file_location("build_readme", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    shown = tool.README.read_text("utf-8").partition(tool.BEGIN)[2].partition(tool.END)[0].strip()
    assert shown == tool.table(), "run python plugins/text/tools/build_readme.py"


def test_the_tokens():
    assert [token.text for token in tokenize("don't, $3.50!")] == ["don't", ",", " ", "$3.50", "!"]

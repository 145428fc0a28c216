"""The README shows what really comes out."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from augreg_text import tokenize

TOOL = Path(__file__).resolve().parent.parent / "tools" / "build_readme.py"


def test_the_table_is_up_to_date():
    # In a process of its own: the conformance tests lend model classes examples.
    code = f"import runpy, sys; tool = runpy.run_path({str(TOOL)!r}); sys.stdout.buffer.write(tool['table']().encode())"
    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout.decode()
    tool = runpy.run_path(str(TOOL))
    shown = tool["README"].read_text("utf-8").partition(tool["BEGIN"])[2].partition(tool["END"])[0].strip()
    assert shown == made, "run python plugins/text/tools/build_readme.py"


def test_the_gallery_is_up_to_date():
    script = TOOL.parents[3] / "docs" / "gallery_text.py"
    if not script.exists():
        pytest.skip("the plugin is tested outside the repository")
    code = f"import sys, runpy; p = runpy.run_path({str(script)!r})['page']; sys.stdout.buffer.write(p().encode())"
    made = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout.decode()
    assert script.with_suffix(".md").read_text("utf-8") == made, "run python docs/gallery_text.py"


def test_the_tokens():
    assert [token.text for token in tokenize("don't, $3.50!")] == ["don't", ",", " ", "$3.50", "!"]

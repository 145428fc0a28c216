"""The README shows what really comes out."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from augreg_text import tokenize

TOOL = Path(__file__).resolve().parent.parent / "tools" / "build_readme.py"


GALLERY = TOOL.parents[3] / "docs" / "gallery_text.py"
MAKE = """
import json, runpy, sys
from pathlib import Path
table, gallery = sys.argv[1:]
made = {"table": runpy.run_path(table)["table"]()}
if Path(gallery).exists():
    made["gallery"] = runpy.run_path(gallery)["page"]()
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def made():
    """What the tools write; in a process of their own: the conformance tests lend model classes examples."""
    done = subprocess.run([sys.executable, "-c", MAKE, str(TOOL), str(GALLERY)], check=True, capture_output=True)
    return json.loads(done.stdout)


@pytest.mark.slow
def test_the_table_is_up_to_date(made):
    tool = runpy.run_path(str(TOOL))
    shown = tool["README"].read_text("utf-8").partition(tool["BEGIN"])[2].partition(tool["END"])[0].strip()
    assert shown == made["table"], "run python plugins/text/tools/build_readme.py"


@pytest.mark.slow
@pytest.mark.skipif(not GALLERY.exists(), reason="the plugin is tested outside the repository")
def test_the_gallery_is_up_to_date(made):
    assert GALLERY.with_suffix(".md").read_text("utf-8") == made["gallery"], "run python docs/gallery_text.py"


def test_the_tokens():
    assert [token.text for token in tokenize("don't, $3.50!")] == ["don't", ",", " ", "$3.50", "!"]

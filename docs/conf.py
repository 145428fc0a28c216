"""The documentation as a site. Run: uv run --group docs sphinx-build docs build/docs."""

import sys
from pathlib import Path

import augreg

sys.path.insert(0, str(Path(__file__).parent))

project = "augreg"
release = augreg.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "site_pages"]
exclude_patterns = ["README.md"]  # it becomes the index
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
nitpicky = False
html_theme = "furo"
html_title = f"augreg {release}"
html_copy_source = False
suppress_warnings = [
    # Docstrings name what stands in the house, too, of which there is no page.
    "ref.python",
    # Sessions of `pycon` show errors and YAML in the same block.
    "misc.highlighting_failure",
]

"""What must not import torch does not: seen from fresh interpreters."""

from __future__ import annotations

import pytest

HEAVY = ["torch", "numpy", "PIL", "av", "soundfile", "cv2", "torchvision", "torchaudio", "nlpaug", "rich", "yaml"]

REPORT = f"""
import sys
print("heavy:", [name for name in {HEAVY} if name in sys.modules])
"""


@pytest.mark.parametrize(
    "code",
    [
        "import augreg",
        "import augreg; augreg.list_augmenters(); augreg.registry.default().records",
        "import augreg; augreg.registry.default().commands(); dir(augreg); augreg.__version__",
        "import augreg; augreg.param.number, augreg.param.describe",
    ],
)
def test_library(fresh, code: str) -> None:
    result = fresh(f"{code}\n{REPORT}")
    assert result.stdout == "heavy: []\n", result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["list"],
        ["list", "--json"],
        ["list", "--modality", "audio"],
        ["plugins"],
        ["plugins", "--json"],
        ["--help"],
        ["--version"],
        ["list", "--help"],
        ["show", "--help"],
        ["run", "--help"],
        ["demo", "--help"],
        ["preview", "--help"],
        ["completion", "bash"],
        ["show", "no.such"],
    ],
)
def test_command_line(fresh, arguments: list[str]) -> None:
    code = f"""
import contextlib, io, sys
sys.argv = ["augreg", *{arguments}]
from augreg.cli import main
with contextlib.redirect_stdout(io.StringIO()) as out:
    try:
        main()
    except SystemExit as end:
        code = end.code
print("code:", code)
"""
    result = fresh(code + REPORT)
    expected = 2 if arguments == ["show", "no.such"] else 0
    assert result.stdout == f"code: {expected}\nheavy: []\n", result.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("show audio.", "plain,audio.gain"),
        ("preview a.png --steps image.hfl", "plain,image.hflip"),
        (
            "preview a.png --steps image.rotate(degrees=[1,2]),image.hfl",
            "plain,image.rotate(degrees=[1,2]),image.hflip",
        ),
        ("preview a.png --steps image.rotate(degrees=[1,", ""),
        ("check augreg-i", "plain,augreg-image"),
        ("check dist/a", "file,dist/a"),
    ],
)
def test_completion_of_names(fresh, words: str, offered: str) -> None:
    code = "import sys; sys.argv = ['augreg']; from augreg.cli import main; main()"
    position = str(len(words.split()))
    result = fresh(code, _AUGREG_COMPLETE="bash_complete", COMP_WORDS=f"augreg {words}", COMP_CWORD=position)
    assert offered in (result.stdout.splitlines() or [""])


def test_importing_augreg_discovers_nothing(site) -> None:
    site.install("acme-loud", {"acme_loud.py": "print('imported')"})
    assert site.run("-c", "import augreg; augreg.hookimpl").stdout == ""
    assert site.run("-c", "import augreg; augreg.list_augmenters()").stdout == "imported\n"


def test_plugin_that_is_slow_to_import_shows_in_its_record(site) -> None:
    site.install("acme-slow", {"acme_slow.py": "import time; time.sleep(0.2)"})
    code = """
import augreg
times = {record.plugin: record.import_ms for record in augreg.registry.default().records}
print(times["acme-slow"] > 150)
"""
    assert site.run("-c", code).stdout == "True\n"


def test_importing_the_core_touches_no_global_random_state(fresh) -> None:
    code = """
import random
state = random.getstate()
import augreg
augreg.list_augmenters()
print(random.getstate() == state)
"""
    assert fresh(code).stdout == "True\n"

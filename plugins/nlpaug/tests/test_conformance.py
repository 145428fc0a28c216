"""The plugin passes the conformance kit."""

import atexit
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from augreg_nlpaug import words
from augreg_text import tfidf, tokenize

from augreg.modalities.examples import TEXTS
from augreg.testing import plugin_checks

FOLDER = Path(tempfile.mkdtemp(prefix="augreg-nlpaug-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def _give_examples() -> None:
    """Let the augmenters that need files be built with files made here."""
    tfidf.fit(TEXTS, FOLDER / "tfidf")
    vocabulary = sorted({token.text for text in TEXTS for token in tokenize(text) if token.kind == "word"})
    (FOLDER / "vectors").mkdir()
    (FOLDER / "vectors" / "words.txt").write_text("\n".join(vocabulary), "utf-8")
    np.save(FOLDER / "vectors" / "vectors.npy", np.random.default_rng(0).normal(size=(len(vocabulary), 5)))
    words.TfIdf.examples = ({"model_path": str(FOLDER / "tfidf")},)
    words.WordEmbs.examples = ({"model_path": str(FOLDER / "vectors")},)


_give_examples()


FEW = "of a spectrogram of 40 bins and 60 frames nlpaug can mask so few stretches that some come up twice"
EXPECTED = {
    "listing_imports_nothing": "spectrogram augmenters are offered beside augreg-audio only; see the test below",
    "nlpaug.frequency_masking-varies": FEW,
    "nlpaug.time_masking-varies": FEW,
    "nlpaug.synonym-spans_follow": "a synonym may hold the word (railway, railway line), and the span covers all of it",
}


def test_listing_imports_nothing_and_needs_no_other_plugin():
    code = "import sys, augreg; print(len(augreg.list_augmenters(plugin='augreg-nlpaug')), 'torch' in sys.modules)"
    listed = {}
    for variable, plugin in (("AUGREG_PLUGINS", "augreg-nlpaug"), ("AUGREG_BLOCK", "augreg-image")):
        made = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, variable: plugin},
            check=True,
            capture_output=True,
            text=True,
        )
        count, torch = made.stdout.split()
        assert torch == "False"
        listed[plugin] = int(count)
    assert listed["augreg-image"] - listed["augreg-nlpaug"] == 3 * (
        importlib.util.find_spec("augreg_audio") is not None
    )


@pytest.mark.parametrize("check", plugin_checks("augreg-nlpaug", expected_failures=EXPECTED))
def test_conforms(check):
    check()

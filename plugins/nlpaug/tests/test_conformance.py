"""The plugin passes the conformance kit."""

import atexit
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pytest
import tiny_models as models
from augreg_nlpaug import neural, words
from augreg_text import fit_tfidf, tokenize

import augreg
from augreg.modalities.text import TEXTS
from augreg.testing import plugin_checks

FOLDER = Path(tempfile.mkdtemp(prefix="augreg-nlpaug-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def _give_examples() -> None:
    """Let the augmenters that need files be built with files made here."""
    fit_tfidf(TEXTS, FOLDER / "tfidf")
    vocabulary = sorted({token.text for text in TEXTS for token in tokenize(text) if token.kind == "word"})
    (FOLDER / "vectors").mkdir()
    (FOLDER / "vectors" / "words.txt").write_text("\n".join(vocabulary), "utf-8")
    np.save(FOLDER / "vectors" / "vectors.npy", np.random.default_rng(0).normal(size=(len(vocabulary), 5)))
    words.TfIdf.examples = ({"model_path": str(FOLDER / "tfidf")},)
    words.WordEmbs.examples = ({"model_path": str(FOLDER / "vectors")},)
    if importlib.util.find_spec("transformers") is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bert, bart, gpt = (
            models.make_bert(FOLDER / "bert", 512),
            models.make_bart(FOLDER / "bart"),
            models.make_gpt(FOLDER / "gpt"),
        )
    neural.ContextualWordEmbs.examples = ({"model_path": bert},)
    neural.BackTranslation.examples = ({"from_model_name": bart, "to_model_name": bart, "max_length": 4, "beams": 2},)
    neural.AbstSumm.examples = ({"model_path": bart, "max_length": 4, "num_beams": 2},)
    neural.ContextualWordEmbsForSentence.examples = ({"model_path": gpt, "max_length": 4, "beams": 2},)


_give_examples()


EXPECTED = {
    "listing_imports_nothing": "spectrogram augmenters are offered beside augreg-audio only; see the test below",
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


NEURAL = ("contextual_word_embs", "back_translation", "abst_summ")


NO_LEVEL = dict.fromkeys(
    (spec.name for spec in augreg.list_augmenters(plugin="augreg-nlpaug")),
    "draws what nlpaug draws, where several parameters share the strength; those of augreg-text and -audio have levels",
)


def _checks():
    ready = importlib.util.find_spec("transformers") is not None
    for check in plugin_checks("augreg-nlpaug", expected_failures=EXPECTED, no_level=NO_LEVEL):
        wanted = ready or not any(name in str(check.id) for name in NEURAL)
        mark = pytest.mark.skip("needs transformers")
        yield check if wanted else pytest.param(*check.values, id=check.id, marks=mark)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

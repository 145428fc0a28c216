"""The conformance kit over everything that this plugin registers."""

import atexit
import importlib.util
import shutil
import tempfile
import warnings
from pathlib import Path

import pytest
from augreg_text import embedding, masked_lm, rewriting, tfidf
from augreg_text.block import Block
from augreg_text.tokens import Words
from tiny_models import make_bart, make_bert, make_gpt, make_vectors

from augreg.modalities.text import TEXTS
from augreg.testing import plugin_checks
from augreg.testing.distortion import PARAGRAPHS

FOLDER = Path(tempfile.mkdtemp(prefix="augreg-text-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
MODELS = ("masked_lm", "back_translation", "paraphrase", "summary", "continuation")


def _give_examples() -> None:
    """Let the augmenters that need files be built with files made here."""
    tfidf.fit_tfidf(TEXTS, FOLDER / "tfidf")
    words = sorted({w.lower() for w in Words(Block.of([*TEXTS, *PARAGRAPHS])).texts})
    tfidf.TfIdf.examples = ({"path": str(FOLDER / "tfidf")},)
    vectors = make_vectors(FOLDER / "vectors.txt", words)
    embedding.Embedding.examples = ({"path": vectors, "similarity": -1.0},)
    if importlib.util.find_spec("transformers") is None:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bert, bart, gpt = make_bert(FOLDER / "bert", 512), make_bart(FOLDER / "bart"), make_gpt(FOLDER / "gpt")
    few = {"max_tokens": 4, "beams": 2}
    masked_lm.MaskedLm.examples = ({"path": bert},)
    rewriting.BackTranslation.examples = ({"there": bart, "back": bart, **few},)
    rewriting.Paraphrase.examples = ({"path": bart, **few},)
    rewriting.Summary.examples = ({"path": bart, **few},)
    rewriting.Continuation.examples = ({"path": gpt, **few},)


_give_examples()


NO_LEVEL = dict.fromkeys(
    ("text.continuation", "text.summary"), "a model writes another text, of which there is no less"
)
"""Why these declare no level, where the class does not tell."""


def _checks():
    ready = importlib.util.find_spec("transformers") is not None
    for check in plugin_checks("augreg-text", no_level=NO_LEVEL):
        wanted = ready or not any(name in str(check.id) for name in MODELS)
        yield (
            check if wanted else pytest.param(*check.values, id=check.id, marks=pytest.mark.skip("needs transformers"))
        )


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("check", list(_checks()))
def test_conforms(check):
    check()

"""The public names, each with the module that defines it.

To write a text augmenter: a `TextAugmenter` (or a `RateAugmenter`, which edits a share of what there is) that returns
the `Edits` of a `Page` of texts, and whose class states what `declare` returns.
"""

from augreg_text.base import Page as Page
from augreg_text.base import RateAugmenter as RateAugmenter
from augreg_text.base import TextAugmenter as TextAugmenter
from augreg_text.base import declare as declare
from augreg_text.edits import Edits as Edits
from augreg_text.embedding import load_vectors as load_vectors
from augreg_text.masked_lm import MaskedLm as MaskedLm
from augreg_text.rewriting import BackTranslation as BackTranslation
from augreg_text.rewriting import Continuation as Continuation
from augreg_text.rewriting import Summary as Summary
from augreg_text.sentences import Sentences as Sentences
from augreg_text.sentences import split_sentences as split_sentences
from augreg_text.stopwords import STOPWORDS as STOPWORDS
from augreg_text.tfidf import fit_tfidf as fit_tfidf
from augreg_text.tokens import Token as Token
from augreg_text.tokens import tokenize as tokenize
from augreg_text.unedited import UneditedWarning as UneditedWarning
from augreg_text.wordnet import is_said as is_said
from augreg_text.wordnet import load_wordnet as load_wordnet

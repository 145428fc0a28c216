"""What holds for every text augmenter there is, models included: lossless, keyed, protecting, right rates."""

import importlib.util
from functools import cache

import numpy as np
import pytest
import regex
from augreg_text import tfidf
from augreg_text.articles import Agreeing
from augreg_text.base import RateAugmenter
from augreg_text.block import Block
from augreg_text.tokens import Words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from text_support import AWKWARD, edited, run
from tiny_models import make_bart, make_bert, make_gpt, make_vectors

import augreg
from augreg import Spans
from augreg.random.keys import hash_keys

PLAIN = (
    "Mary and John don't believe that 42 happy dogs jumped over the fence on Monday; he's sure he said so. "
    "A naïve man will buy the big house in Paris!"
)
FILES = {
    "masked_lm": "bert",
    "back_translation": "bart",
    "paraphrase": "bart",
    "summary": "bart",
    "continuation": "gpt",
}
NAMES = [spec.name.partition(".")[2] for spec in augreg.list_augmenters() if spec.plugin == "augreg-text"]
CORPUS = [PLAIN, "The big dogs jumped.", "A happy man said that the fence is over there.", "He will buy dogs."]
LINES = [*AWKWARD, PLAIN, PLAIN.upper(), "He's sure https://a.b/he?x=he, he@dogs.org, @dogs #happy cost $3.50."]
TEXTS = st.lists(st.one_of(st.text(max_size=40), st.sampled_from(LINES)), min_size=1, max_size=4)
FEW = st.lists(st.sampled_from(LINES), min_size=1, max_size=3)
JOINT = {"word_swap", "sentence_shuffle", "word_crop", "synonym_insert", "eda"}
"""Several edits for one choice, or one for several."""
UNSURE = {
    "masked_lm",
    "back_translation",
    "paraphrase",
    "summary",
    "continuation",
    "char_swap",
    "word_delete",
    "sentence_delete",
    "typo",
}
"""What comes out may be what was there, or what can be edited hangs on what else is."""


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Make what the augmenters read that need files: scores, vectors, tiny models."""
    root = tmp_path_factory.mktemp("files")
    tfidf.fit_tfidf(CORPUS, root / "tfidf")
    words = sorted({word.lower() for word in Words(Block.of([*CORPUS])).texts})
    found = {"tfidf": str(root / "tfidf"), "embedding": make_vectors(root / "vectors.txt", words)}
    if importlib.util.find_spec("transformers"):
        found |= {"bert": make_bert(root / "bert", 64), "bart": make_bart(root / "bart"), "gpt": make_gpt(root / "gpt")}
    return found


@cache
def _load(name):
    return augreg.registry.load(f"text.{name}")


def make(name, files, **options):
    """Build an augmenter with what it needs."""
    kind = _load(name)
    given_options = dict(next(iter(kind.examples), {}))
    if name == "tfidf":
        given_options = {"path": files["tfidf"]}
    elif name == "embedding":
        given_options = {"path": files["embedding"], "similarity": -1.0}
    elif name in FILES:
        model = files.get(FILES[name]) or pytest.skip("needs transformers")
        paths = {"there": model, "back": model} if name == "back_translation" else {"path": model}
        few = {} if name == "masked_lm" else {"max_tokens": 4, "beams": 2}
        given_options = paths | few
    elif "path" in kind.__dataclass_fields__ and not given_options:
        pytest.fail(f"text.{name} needs files that this test does not make")
    return kind(**(given_options | options))


def clusters(text):
    return {m.start() for m in regex.finditer(r"\X", text)} | {len(text)}


each = pytest.mark.parametrize("name", NAMES)
pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")
quick = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@each
@quick
@given(texts=TEXTS, rate=st.floats(0, 1), seed=st.integers(0, 5))
def test_only_the_edits_change_anything(files, name, texts, rate, seed):
    texts = texts[: 1 if name in FILES else None]
    out, edits, _ = run(make(name, files, rate=rate), texts, seed)
    for text, new, row in zip(texts, out, edits, strict=True):
        assert new == edited(text, row)
        assert row or new is text
        assert {place for edit in row for place in edit[:2]} <= clusters(text)


@each
def test_awkward_texts(files, name):
    out, edits, _ = run(make(name, files, rate=0.6), LINES)
    for text, new, row in zip(LINES, out, edits, strict=True):
        assert new == edited(text, row)
        assert row or new is text
        assert {place for edit in row for place in edit[:2]} <= clusters(text)


@each
def test_a_text_does_not_depend_on_its_neighbors(files, name):
    made, keys = make(name, files, rate=(0.0, 0.9)), hash_keys(range(len(LINES)))
    together = run(made, LINES, 3, keys=keys)[0]
    order = np.arange(len(LINES))[::-1]
    assert run(made, [LINES[i] for i in order], 3, keys=keys[order])[0] == together[::-1]
    for i in range(len(LINES)):
        assert run(made, [LINES[i]], 3, keys=keys[i : i + 1])[0] == [together[i]]


@each
def test_rate_zero_returns_the_same_objects(files, name):
    out, edits, _ = run(make(name, files, rate=0), LINES)
    assert all(new is old for new, old in zip(out, LINES, strict=True))
    assert not any(edits)


@pytest.mark.slow
@each
def test_a_long_text(files, name):
    if name in FILES:
        pytest.skip("a tiny model reads a few words")
    text = f"{PLAIN} Naïve cafés, 👍🏽!\n" * (100_000 // len(PLAIN) + 1)
    out, edits, _ = run(make(name, files, rate=0.2), [text])
    assert out[0] == _spliced(text, edits[0])


def _spliced(text, edits):
    """Carry out edits from left to right: one pass, for texts with thousands of them."""
    parts, at = [], 0
    for start, end, new, *_ in edits:
        parts += [text[at:start], new]
        at = end
    return "".join([*parts, text[at:]])


def _touches(edit, begin, end):
    """Whether an edit changes something between two places; moved text is the same elsewhere."""
    start, stop, _, *moved = edit
    return not moved and (start < end and begin < stop if start < stop else begin < start < end)


@each
def test_entities_and_what_is_protected_stay(files, name):
    fixed = ["https://happy.dogs/he?a=he", "happy.dogs@he.org", "@happy_dogs", "#dogs"]
    text = f"{fixed[0]} is happy. Mail {fixed[1]}, {fixed[2]} and {fixed[3]} at once! Big dogs: 42."
    # A rewritten or deleted sentence takes its entities along, unless something in it is protected.
    whole = name in {"back_translation", "paraphrase", "summary", "sentence_delete"}
    protect = ["regex:42", "Big", "spans:X", *(["regex:@"] if whole else [])]
    place = text.index("at once")
    spans = [Spans(np.asarray([[place, place + 7]]), labels=["X"])] * 10
    out, edits, after = run(make(name, files, rate=1, protect=protect), [text] * 10, spans=spans)
    kept = [(place, place + 7), *((m.start(), m.end()) for m in regex.finditer("42|Big", text))]
    for new, row, found in zip(out, edits, after, strict=True):
        assert not any(_touches(edit, *stretch) for edit in row for stretch in kept)
        assert all(x in new for x in fixed[whole:])
        assert [new[a:b] for a, b in found.data.tolist()] == ["at once"]


@each
def test_spans_keep_to_their_words(files, name):
    places = [m.span() for m in regex.finditer(r"\w+", PLAIN)]
    spans = [Spans(np.asarray(places), labels=list(range(len(places))))] * 12
    out, edits, after = run(make(name, files, rate=0.3), [PLAIN] * 12, spans=spans)
    for new, row, found in zip(out, edits, after, strict=True):
        assert all(0 <= a < b <= len(new) for a, b in found.data.tolist())
        left = dict(zip(found.labels, (new[a:b] for a, b in found.data.tolist()), strict=True))
        for i, (a, b) in enumerate(places):
            if not any(_touches(edit, a, b) for edit in row):
                assert left[i] == PLAIN[a:b]


@each
def test_limits_hold(files, name):
    if not issubclass(_load(name), RateAugmenter) or name == "eda":
        pytest.skip("no rate of its own")
    _, edits, _ = run(make(name, files, rate=1.0, min_edits=0, max_edits=0), [PLAIN] * 4)
    assert not any(edits)
    if name not in JOINT:
        _, edits, _ = run(counted(name, files, rate=0.9, min_edits=0, max_edits=1), [PLAIN] * 20)
        assert all(len(row) <= 1 for row in edits)


def counted(name, files, **options):
    """Make an augmenter without the edits that come beside those that the rate counts."""
    return make(name, files, **options, **({"articles": False} if issubclass(_load(name), Agreeing) else {}))


@pytest.mark.slow
@each
def test_the_rate_is_the_share_of_what_can_be_edited(files, name):
    """Counts are the floor or the ceiling of rate times candidates, and right on average."""
    if name in JOINT | UNSURE or not issubclass(_load(name), RateAugmenter):
        pytest.skip("several edits go together, or an edit may change nothing")
    n, text = (40, PLAIN) if name in FILES else (400, PLAIN * 2)
    most = run(counted(name, files, rate=1, min_edits=0), [text])[1][0]
    for rate in (0.13, 0.5):
        counts = [len(row) for row in run(counted(name, files, rate=rate, min_edits=0), [text] * n)[1]]
        expected = rate * len(most)
        assert set(counts) <= {int(np.floor(expected)), int(np.ceil(expected))}
        assert abs(np.mean(counts) - expected) <= 4 * 0.5 / n**0.5


@pytest.mark.slow
@each
def test_a_rate_drawn_from_an_interval_is_uniform_in_it(files, name):
    if name in JOINT | UNSURE or name in FILES or not issubclass(_load(name), RateAugmenter):
        pytest.skip("see the test of the rate")
    most = len(run(counted(name, files, rate=1, min_edits=0), [PLAIN * 2])[1][0])
    counts = [len(row) for row in run(counted(name, files, rate=(0.2, 0.6), min_edits=0), [PLAIN * 2] * 500)[1]]
    assert int(np.floor(0.2 * most)) <= min(counts)
    assert max(counts) <= int(np.ceil(0.6 * most))
    # Uniform: standard deviation 0.4 / sqrt(12), plus the rounding.
    assert abs(np.mean(counts) - 0.4 * most) <= 4 * (0.1155 * most + 0.5) / 500**0.5


PHRASES = ["New York", "C++", "[id]", "don't", "café", "E. coli", "Mr. X. He", "42", "{the man}"]
WRITTEN = ["new  York", "C++", "[ID]", "DON\u2019T", "cafe\u0301", "e. coli", "Mr. X.\nHe", "42", "{THE MAN}"]
"""The same as somebody may write them: other case, blanks, apostrophe, composition."""
AROUND = ["big {}'s", "({}), dogs", "happy-{}!", '"{}"', "the {} jumped. He", "a {}\tman"]


@each
@quick
@given(which=st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=3), around=st.data(), seed=st.integers(0, 9))
def test_protected_phrases_hold(files, name, which, around, seed):
    framed = [around.draw(st.sampled_from(AROUND)).format(phrase) for phrase in which]
    text = f"She saw {' and the happy dogs of '.join(framed)} over the fence. He said so. It was good."
    _, edits, _ = run(make(name, files, rate=1, protect=PHRASES), [text] * (1 if name in FILES else 4), seed)
    for phrase in which:
        place = text.index(phrase)
        assert not any(_touches(edit, place, place + len(phrase)) for row in edits for edit in row)


MARKUP = [
    "<br />", "&amp;", "<|im_end|>", "<image>", '<a href="https://a.b/he" class=dogs>', "</b>", "{name}", "[MASK]",
    "{{ user.name }}", "%(count)d", "&#39;", "<!-- He said. She went -->", "<<SYS>>", "${he}",
]  # fmt: skip


@each
@quick
@given(which=st.lists(st.sampled_from(MARKUP), min_size=1, max_size=4), seed=st.integers(0, 9))
def test_markup_is_whole_without_being_told(files, name, which, seed):
    text = f"{which[0]}He liked it. {' happy'.join(which)} Big dogs jumped over{which[-1]}. The man said 42 words."
    out, edits, _ = run(make(name, files, rate=1), [text] * (1 if name in FILES else 4), seed)
    places = [match.span() for mark in which for match in regex.finditer(regex.escape(mark), text)]
    for new, row in zip(out, edits, strict=True):
        assert not any(_touches(edit, *place) for edit in row for place in places)
        assert all(new.count(mark) == text.count(mark) for mark in which)


def stretches(text, numbers):
    """Spans from drawn numbers, inside the text; they may overlap, touch, cut words or be empty."""
    edges = [number % (len(text) + 1) for number in numbers]
    return Spans([sorted(pair) for pair in zip(edges[::2], edges[1::2], strict=True)])


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=FEW, numbers=st.lists(st.integers(0, 10**6), min_size=6, max_size=6), seed=st.integers(0, 99))
def test_a_step_for_a_part_edits_nothing_else(name, files, texts, numbers, seed):
    kind = _load(name)
    keen = {"rate": (1.0, 1.0)} if "rate" in kind.__dataclass_fields__ else {}
    made = make(name, files, **keen)
    if name in ("continuation", "summary"):
        with pytest.raises(augreg.ConfigError, match=r"text\.\w+: within='spans' does not fit .*confines"):
            augreg.Pipeline({"text": [augreg.Step(made, within="spans")]})
        return
    samples = [augreg.Text(text, stretches(text, numbers[i:] + numbers[:i])) for i, text in enumerate(texts)]
    call = {"seed": seed, "keys": range(len(texts))}
    for option in ("within", "outside"):
        pipe = augreg.Pipeline({"text": [augreg.Step(made, p=1.0, **{option: "spans"})]})
        out, trace = pipe(samples, return_trace=True, **call)
        assert [text.data for text in pipe.replay(samples, trace)] == [text.data for text in out]
        for i, (sample, new) in enumerate(zip(samples, out, strict=True)):
            assert pipe(sample, seed=seed, keys=[i]).data == new.data  # alone as in the batch
            marked = {place for a, b in sample.spans.data.tolist() for place in range(a, b)}
            free = marked if option == "within" else set(range(len(sample.data))) - marked
            assert_kept(sample.data, trace, i, free, new.data)


def assert_kept(text, trace, number, free, new):
    """Every edit of a sample lies where it may, and they are all that was done."""
    edits = [edit for step in trace[number].steps for edit in step["params"]["edits"]]
    for start, end, *_ in edits:
        if start == end:
            assert {start - 1, start} & free
        assert free.issuperset(range(start, end))
    at, parts = 0, []
    for start, end, instead, *_ in edits:
        parts += [text[at:start], instead]
        at = end
    assert "".join([*parts, text[at:]]) == new


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNSURE | JOINT])
def test_a_step_for_words_that_are_all_marked_does_what_it_does(name, files):
    made = make(name, files)
    sample = augreg.Text(PLAIN, Spans([[0, len(PLAIN)]]))
    plain, within = (
        augreg.Pipeline({"text": [augreg.Step(made, p=1.0, **aims)]})(sample, seed=4, keys=["a"]).data
        for aims in ({}, {"within": "spans"})
    )
    assert within == plain


@pytest.mark.parametrize("name", ["word_delete", "word_crop"])
def test_a_marked_word_goes_where_others_stay(name):
    sample = augreg.Text("one two three", Spans([[4, 7]]))
    pipe = augreg.Pipeline({"text": [{f"text.{name}": {"rate": 1, "p": 1.0, "within": "spans"}}]})
    assert pipe(sample, seed=1, keys=["a"]).data == "one  three"
    alone = pipe(augreg.Text("two", Spans([[0, 3]])), seed=1, keys=["a"])
    assert alone.data == "two"


def test_marked_sentences_go_and_labels_choose():
    text = "Stay here. Go away! Stay too."
    sample = augreg.Text(text, Spans([[11, 19], [20, 29]], labels=["bad", "good"]))
    aim = {"target": "spans", "where": {"label": "bad"}}
    pipe = augreg.Pipeline({"text": [{"text.sentence_delete": {"rate": 1, "p": 1.0, "within": aim}}]})
    out = pipe(sample, seed=1, keys=["a"])
    assert out.data == "Stay here.  Stay too."
    assert out.data[slice(*out.spans.data[-1])] == "Stay too."

"""Words that tags mark as parts of entities stay as they are in every step, unless a step is told otherwise."""

import warnings

import pytest

import augreg
from augreg.testing.subject import configurations

TEXT = "Yesterday the happy man walked to New York and bought three good books for Mary Smith in a small shop"
WORDS = TEXT.split()
TAGS = ["O"] * len(WORDS)
for at, tag in ((6, "B-LOC"), (7, "I-LOC"), (14, "B-PER"), (15, "I-PER")):
    TAGS[at] = tag
ENTITIES = {("New", "B-LOC"), ("York", "I-LOC"), ("Mary", "B-PER"), ("Smith", "I-PER")}
SCHEMA = {"tokens": "tokens", "ner_tags": "tags of tokens"}


def cases():
    registry, found = augreg.registry.default(), []
    for spec in augreg.list_augmenters():
        if spec.modalities == ("text",) and spec.name.startswith("text."):
            try:
                made = configurations(registry.load(spec.id), spec.name)
            except Exception:  # needs files
                continue
            found += [(f"{spec.name}-{i}", one) for i, one in enumerate(made)]
    return found


def run(augmenter, tags=TAGS, n=20):
    """Return n records after a step."""
    records = [{"tokens": WORDS, "ner_tags": tags} for _ in range(n)]
    return augreg.augment(records, {"text": [augmenter]}, seed=7, keys=list(range(n)), schema=SCHEMA)


@pytest.mark.parametrize(("name", "augmenter"), cases(), ids=lambda value: value if isinstance(value, str) else "")
def test_entities_are_left_alone(name, augmenter):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for record in run(augmenter):
            assert set(zip(record["tokens"], record["ner_tags"], strict=True)) >= ENTITIES


def test_a_step_can_be_told_to_edit_them_and_numbers_mark_nothing():
    free = augreg.make("text.char_swap", rate=1.0, entities=True)
    assert any(record["tokens"][6] != "New" for record in run(free))
    swap = augreg.make("text.char_swap", rate=1.0)
    assert any(record["tokens"][6] != "New" for record in run(swap, [0] * len(WORDS)))
    assert all(record["tokens"][6] == "New" for record in run(swap, TAGS))


OTHERS = {
    "chunks": ["B-NP", "I-NP"] * (len(WORDS) // 2),
    "lemmas": ["E-mail", *WORDS[1:]],
}


@pytest.mark.parametrize("tags", OTHERS.values(), ids=list(OTHERS))
def test_what_looks_like_tags_of_entities_and_is_something_else_marks_nothing(tags):
    out = run(augreg.make("text.char_swap", rate=1.0), tags)
    assert any(record["tokens"][0] != WORDS[0] for record in out)


def test_one_list_of_several_may_say_what_the_entities_are():
    records = [{"tokens": WORDS, "pos": [0] * len(WORDS), "ner_tags": TAGS, "chunk_tags": OTHERS["chunks"]}] * 10
    steps = {"text": [augreg.make("text.char_swap", rate=1.0)]}
    for schema in ({"tokens": "text"}, {**SCHEMA, "pos": "tags of tokens", "chunk_tags": "tags of tokens"}):
        out = augreg.augment(records, steps, seed=7, keys=list(range(10)), schema=schema)
        assert all(set(zip(r["tokens"], r["ner_tags"], strict=True)) >= ENTITIES for r in out)
        assert any(r["tokens"] != WORDS for r in out)

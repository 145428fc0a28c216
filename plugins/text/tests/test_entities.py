"""Words that tags mark as parts of entities stay as they are in every step, unless a step is told otherwise."""

import warnings

import pytest

import augreg
from augreg.modalities.words import Words, mark_entities, wrap_words
from augreg.testing.subject import configurations

TEXT = "Yesterday the happy man walked to New York and bought three good books for Mary Smith in a small shop"
WORDS = TEXT.split()
TAGS = ["O"] * len(WORDS)
for at, tag in ((6, "B-LOC"), (7, "I-LOC"), (14, "B-PER"), (15, "I-PER")):
    TAGS[at] = tag
ENTITIES = ["New", "York", "Mary", "Smith"]


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


def run(augmenter, key, tags=TAGS) -> Words:
    """Return the words after a step, drawn and applied as the engine does it."""
    from augreg.engine.by_modality import facts
    from augreg.modalities.base import Result
    from augreg.modalities.known import modalities
    from augreg.random.keys import hash_keys

    wrapped = wrap_words(WORDS)
    mark_entities(wrapped, tags)
    text = modalities(augreg.registry.default())["text"]
    info = facts(text, [wrapped], [wrapped.row], hash_keys([key])).replace(data=[wrapped.row])
    rng = augreg.Rng(7, info.keys).at("step")
    out = augmenter.apply(augreg.Batch([wrapped.row], info.replace(data=None)), augmenter.draw(info, rng))
    targets = {name: entries[0] for name, entries in out.info.targets.items()}
    return wrapped.restore(Result(out.data[0], targets, float("nan"), {}))


@pytest.mark.parametrize(("name", "augmenter"), cases(), ids=lambda value: value if isinstance(value, str) else "")
def test_entities_are_left_alone(name, augmenter):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key in range(20):
            found = run(augmenter, key)
            kept = [found.words[found.origins.index(i)] for i in (6, 7, 14, 15)]
            assert kept == ENTITIES


def test_a_step_can_be_told_to_edit_them_and_numbers_mark_nothing():
    free = augreg.make("text.char_swap", rate=1.0, entities=True)
    assert any(run(free, key).words[6] != "New" for key in range(5))
    swap = augreg.make("text.char_swap", rate=1.0)
    assert any(run(swap, key, [0] * len(WORDS)).words[6] != "New" for key in range(5))

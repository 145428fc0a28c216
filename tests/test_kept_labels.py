"""A step that may turn what a text says into its opposite does not keep the text's label without a word."""

import pickle

import pandas as pd
import pytest
import torch

import augreg
from augreg import ConfigError, ContractError, Declaration, UnsupportedError

SCHEMA = {"text": "text"}
REVIEW = {"text": "a good film", "label": 1, "id": 3}


def pipe(**options) -> augreg.Pipeline:
    return augreg.Pipeline([{"text.antonym": {"rate": 1, **options}}])


@pytest.mark.parametrize("field", ["label", "labels", "class", "target", "y"])
@pytest.mark.parametrize("value", [1, "positive", 0.5, [0, 1], True])
def test_records_of_texts_with_a_class_are_refused(field, value):
    with pytest.raises(UnsupportedError, match=f"text.antonym may .* field '{field}' .* labels: keep"):
        augreg.augment({"text": "a good film", field: value, "id": 3}, pipe(p=1e-9), seed=1, schema=SCHEMA)


@pytest.mark.parametrize(
    "data",
    [
        [{"text": "fine", "id": 1}, REVIEW],
        {"text": ["a good film"], "label": [1], "id": [3]},
        pd.DataFrame({"text": ["a good film"], "label": [1], "id": [3]}),
        {"premise": "a good film", "hypothesis": "a film", "label": 2, "id": 1},
    ],
    ids=["list", "columns", "table", "pair of texts"],
)
def test_whatever_holds_the_records(data):
    schema = {"premise": "text"} if "premise" in data else SCHEMA
    with pytest.raises(UnsupportedError, match="field 'label'"):
        augreg.augment(data, pipe(), seed=1, schema=schema)


def test_a_text_and_its_class():
    with pytest.raises(UnsupportedError, match="field '1'"):
        augreg.augment((augreg.Text("a good film"), 1), pipe(), seed=1, keys=1)
    with pytest.raises(UnsupportedError, match=r"'label' true .*labels: keep"):
        augreg.augment(augreg.Text("a good film", label=1), pipe(), seed=1, keys=1)


def test_what_is_said_to_hold_is_kept():
    out = augreg.augment(REVIEW, pipe(labels="keep"), seed=1, schema=SCHEMA)
    assert out == {"text": "a bad film", "label": 1, "id": 3}
    (own,) = augreg.augment([augreg.Text("a good film", label=1)], pipe(labels="keep"), seed=1, keys=[1])
    assert (own.data, own.label) == ("a bad film", 1)


def test_records_without_a_class_or_whose_class_is_of_a_picture_go_through():
    for record in ({"text": "a good film", "id": 1}, {"text": "a good film", "label": None, "id": 1}):
        assert augreg.augment(record, pipe(), seed=1, schema=SCHEMA)["text"] == "a bad film"
    image = augreg.Image(torch.zeros(3, 4, 4))
    record = {"image": image, "text": "a good film", "label": 7, "id": 1}
    assert augreg.augment(record, pipe(), seed=1, schema={"image": "image", "text": "text"})["text"] == "a bad film"
    columns = {"text": ["a good film"], "label": [None], "id": [1]}
    assert augreg.augment(columns, pipe(), seed=1, schema=SCHEMA)["text"] == ["a bad film"]


def test_other_steps_and_steps_that_never_run_keep_labels():
    augreg.augment(REVIEW, ["text.word_delete", "text.synonym"], seed=1, schema=SCHEMA)
    augreg.augment(REVIEW, pipe(p=0), seed=1, schema=SCHEMA)


def test_the_option_is_checked_and_survives_files_and_pickles():
    with pytest.raises(ConfigError, match="labels='kept' is not valid; expected: keep"):
        pipe(labels="kept")
    said = pipe(labels="keep")
    assert augreg.Pipeline.from_yaml(said.to_yaml()) == said
    assert augreg.augment(REVIEW, pickle.loads(pickle.dumps(said)), seed=1, schema=SCHEMA)["label"] == 1


@pytest.mark.parametrize("leaves", [("label",), ("*",)])
def test_no_augmenter_can_declare_both(leaves):
    with pytest.raises(ContractError, match="alters polarity and leaves the label true"):
        Declaration(alters=frozenset({"polarity"}), leaves=leaves)
    Declaration(alters=frozenset({"polarity"}))


def test_every_text_step_of_ours_that_alters_polarity_refuses_labels():
    registry = augreg.registry.default()
    found = [s.name for s in augreg.list_augmenters() if "polarity" in registry.load(s.id).declares.alters]
    assert {"text.antonym", "nlpaug.antonym"} <= set(found)
    for name in found:
        with pytest.raises(UnsupportedError, match="labels: keep"):
            augreg.augment(REVIEW, [name], seed=1, schema=SCHEMA)

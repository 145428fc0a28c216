"""What cannot be edited says so: once for each augmenter, language and script."""

import warnings

import pytest
from augreg_text import UneditedWarning, unedited

import augreg

CHINESE, RUSSIAN, GREEK = (
    "今天天气很好，我们去公园散步。",
    "Собака слева от кошки на диване",
    "Ο σκύλος είναι δίπλα στη γάτα",
)


def said(texts, step, **options):
    """Return what was warned of, and the texts."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        out = augreg.augment(texts, {"text": [{step: options}]}, seed=1, keys=list(range(len(texts))))
    return [str(one.message) for one in told if issubclass(one.category, UneditedWarning)], out


@pytest.fixture(autouse=True)
def _anew():
    unedited._judged.clear()


@pytest.mark.parametrize("n", [1, 30])
@pytest.mark.parametrize("text", [CHINESE, RUSSIAN, GREEK])
@pytest.mark.parametrize(
    "name",
    ["synonym", "hypernym", "inflection", "spelling", "synonym_insert", "keyboard", "ocr", "date", "gender", "name"],
)
def test_a_script_without_data_is_told_once(name, text, n):
    told, out = said([text] * n, f"text.{name}")
    if out == [text] * n:
        assert len(told) == 1
        assert f"text.{name}" in told[0]
        assert unedited.script_of(text).lower() in told[0].lower()
    assert said([text] * n, f"text.{name}")[0] == []


@pytest.mark.parametrize("text", [CHINESE, RUSSIAN])
@pytest.mark.parametrize("name", ["word_swap", "word_delete", "aeda", "sentence_shuffle", "char_delete", "word_crop"])
def test_what_needs_no_data_says_nothing(name, text):
    assert said([text] * 20, f"text.{name}")[0] == []


def test_chance_is_no_reason():
    # Half of these get no edit; but there is data.
    told, out = said([RUSSIAN] * 40, "text.char_case", rate=0.01, min_edits=0)
    assert RUSSIAN in out
    assert told == []
    assert said(["今天天气"], "text.synonym")[0] == []  # too short to say
    assert said(["The naïve café of the señor"] * 3, "text.date")[0] == []


def test_eda_tells_of_the_operation_that_can_do_nothing():
    told, out = said([CHINESE] * 40, "text.eda")
    assert len(set(out)) > 1
    assert {one.split()[0] for one in told} == {"text.synonym", "text.synonym_insert"}


def test_data_of_ones_own_is_data(tmp_path):
    path = tmp_path / "ru.json"
    path.write_text('{"dates": [["понедельник", "вторник"]]}', "utf-8")
    assert said([RUSSIAN] * 3, "text.date", language=str(path))[0] == []
    assert len(said([CHINESE] * 3, "text.date", language=str(path))[0]) == 1


def test_nlpaug_says_so_too():
    told, out = said([RUSSIAN] * 3, "nlpaug.synonym")
    assert out == [RUSSIAN] * 3
    assert [one.split()[0] for one in told] == ["nlpaug.synonym"]


def test_the_trace_says_of_each_text_why_it_stays_as_it_is():
    texts = [
        "Собака бежит слева от кошки",
        "a good dog runs home",
        "今天天气很好，我们去公园散步。",
        "Кошка спит на диване",
    ]
    pipe = augreg.Pipeline([{"text.synonym": {"rate": 1.0}}, "text.word_swap"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, trace = augreg.augment(texts, pipe, seed=1, keys=[0, 1, 2, 3], return_trace=True)
    notes = [one.note for one in trace]
    cyrillic = "text.synonym: nothing to edit in Cyrillic script"
    assert notes == [cyrillic, "", "text.synonym: nothing to edit in CJK script", cyrillic]
    assert augreg.SampleTrace.from_dict(trace[0].to_dict()).note == cyrillic
    assert [step["step"] for step in trace[0].steps] == ["text.synonym", "text.word_swap"]


def test_reasons_find_their_texts_in_large_batches_and_records():
    texts = ["Собака бежит слева от кошки" if i % 7 == 3 else "a good dog runs home" for i in range(700)]
    pipe = augreg.Pipeline([{"text.synonym": {"rate": 1.0}}])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, trace = augreg.augment(texts, pipe, seed=1, keys=list(range(700)), return_trace=True)
        record = {"a": augreg.Text(texts[0]), "b": augreg.Text(texts[3]), "id": 1}
        _, own = augreg.augment(record, pipe, seed=1, return_trace=True)
    assert [i for i, one in enumerate(trace) if one.note] == list(range(3, 700, 7))
    (fields,) = own
    assert not fields["a"].note
    assert fields["b"].note

"""Tables by language: what comes out, what they hold, one's own, errors."""

import json

import numpy as np
import pytest
from augreg_text import languages
from augreg_text.by_language import City, Contraction, Date, Gender, Name, NumberWord
from text_support import edited, run

from augreg import Spans
from augreg.errors import ConfigError


def only(made, text):
    out, edits, _ = run(made, [text])
    assert out[0] == edited(text, edits[0])
    return out[0]


def expand(language, text):
    return only(Contraction(rate=1, mode="expand", language=language), text)


def contract(language, text):
    return only(Contraction(rate=1, mode="contract", language=language), text)


@pytest.mark.parametrize(
    ("language", "long", "short"),
    [
        ("en", "He is late and they have been told.", "He's late and they've been told."),
        ("en", "It has been a while; you had better go.", "It's been a while; you'd better go."),
        ("de", "Er geht in das Haus und zu dem Arzt.", "Er geht ins Haus und zum Arzt."),
        ("de", "Wenn es regnet, gibt es Ärger.", "Wenn's regnet, gibt's Ärger."),
        ("fr", "Je sais, tu as raison.", "J'sais, t'as raison."),
    ],
)
def test_contractions_go_both_ways(language, long, short):
    assert contract(language, long) == short
    if language != "de":
        assert expand(language, short) == long
        assert expand(language, short.replace("'", "\u2019")) == long


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I know how late it is. He has a dog; they had one."),  # stranded; main verbs
        ("de", "Das Haus, in dem er wohnt, und der Weg, zu dem es führt."),  # relative pronouns
    ],
)
def test_what_cannot_be_contracted_stays(language, text):
    assert contract(language, text) == text


@pytest.mark.parametrize(
    ("language", "mode", "text", "expected"),
    [
        ("en", "swap", "He saw him with his father-in-law.", "She saw her with her mother-in-law."),
        ("de", "swap", "Der Arzt half dem Bruder des Mannes.", "Die Ärztin half der Schwester der Frau."),
        ("de", "swap", "Ich sehe die Frau.", "Ich sehe die Frau."),  # den Mann, or der Mann?
        ("de", "male", "Er kam mit der Tochter zur Lehrerin.", "Er kam mit dem Sohn zum Lehrer."),
        ("de", "female", "die Meinung der Lehrer", "die Meinung der Lehrer"),  # a plural
        ("fr", "swap", "Le père du garçon parle à l’homme.", "La mère de la fille parle à la femme."),
        ("fr", "swap", "Sa femme aime la femme.", "Son mari aime l'homme."),
        ("fr", "female", "Elle aime son oncle.", "Elle aime sa tante."),
        ("es", "swap", "El padre del niño vio a la mujer.", "La madre de la niña vio al hombre."),
        ("de", "male", "Die Frauen helfen den Frauen.", "Die Männer helfen den Männern."),
        ("de", "male", "Er spricht mit Frauen.", "Er spricht mit Frauen."),
        ("fr", "swap", "Elle est contre elle, avec lui.", "Il est contre lui, avec elle."),
        ("fr", "swap", "Il y a un homme; il n’y a rien.", "Il y a une femme; il n’y a rien."),
        ("es", "swap", "La Copa del Rey, el rey", "La Copa del Rey, la reina"),
        ("es", "male", "Mi mujer y mi hija", "Mi marido y mi hijo"),
        ("fr", "swap", "Il est content et elle n’était pas heureuse.", "Elle est contente et il n’était pas heureux."),
        ("fr", "swap", "Ils sont grands, beaux et fiers", "Elles sont grandes, beaux et fiers"),
        ("fr", "swap", "Elles sont très belles et fières", "Ils sont très beaux et fiers"),
        ("fr", "female", "LE GARÇON INTELLIGENT EST PARTI", "LA FILLE INTELLIGENTE EST PARTIE"),
        ("fr", "male", "La fille a vu une voiture verte.", "Le garçon a vu une voiture verte."),
        ("fr", "female", "Il est drôle, il est bon de partir", "Elle est drôle, il est bon de partir"),
        ("es", "swap", "El hombre viejo es inglés.", "La mujer vieja es inglesa."),
        ("es", "swap", "Las mujeres inglesas son trabajadoras", "Los hombres ingleses son trabajadores"),
        ("es", "swap", "Ella está muy cansada\ncontenta", "Él está muy cansado\ncontenta"),
    ],
)
def test_gender(language, mode, text, expected):
    assert only(Gender(rate=1, language=language, mode=mode), text) == expected


@pytest.mark.parametrize("kind", [Name, Date, NumberWord, City])
@pytest.mark.parametrize("language", languages.available())
def test_groups_stay_groups(kind, language):
    if kind.section not in languages.load(language):
        pytest.skip("no such section")
    groups = [set(group) for group in languages.load(language)[kind.section]]
    words = [word for group in languages.load(language)[kind.section] for word in group]
    for old, new in zip(words, run(kind(rate=1, language=language), words)[0], strict=True):
        assert old != new
        assert any({old, new} <= group for group in groups)


def test_names_count_with_a_capital_only_and_french_months_without():
    assert only(Name(rate=1), "the mark of frank words") == "the mark of frank words"
    assert only(Date(rate=1, language="fr"), "le 3 mars").split()[2] in languages.load("fr")["dates"][1]
    assert only(Date(rate=1, language="fr"), "le 3 d'avril").split()[2] in ("d'août", "d'octobre")


@pytest.mark.parametrize("language", languages.available())
def test_the_tables_are_sound(language):
    found = languages.load(language)
    for section in languages.GROUPS:
        for group in found.get(section, ()):
            assert len(group) == len(set(group)) > 1
            assert all(word == word.strip() and word for word in group)
            assert section not in found.get("cased", ()) or all(word[0].isupper() for word in group)
    for mode in ("swap", "female", "male"):
        table = dict(languages.gendered(language, mode))
        stays = {old for old, (new,) in table.items() if old.lower() == new.lower()}
        assert {phrase.replace("\u2019", "'") for phrase in stays} == set(found.get("gendered_stays", ()))
    both = {old.lower() for old, _ in languages.gendered(language, "swap")}
    parts = {old.lower() for mode in ("female", "male") for old, _ in languages.gendered(language, mode)}
    assert both == parts
    if "expand" in found:
        long = dict(languages.contractions(language, "expand"))
        short = dict(languages.contractions(language, "contract"))
        assert all(len(new) < len(old) for old, (new,) in short.items())
        assert all(len(new) >= len(old) for old, (new,) in long.items())


def test_a_table_of_ones_own(tmp_path):
    path = tmp_path / "la.json"
    path.write_text(json.dumps({"dates": [["Martius", "Aprilis"]], "expand": {"nil": "nihil"}}), "utf-8")
    assert only(Date(rate=1, language=str(path)), "Mense martius") == "Mense Aprilis"
    assert expand(str(path), "Nil novi") == "Nihil novi"
    with pytest.raises(ConfigError, match=r"has no names\. Those with: de, en, es, fr, it, nl, pt"):
        Name(language=str(path))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda: Date(language="xx"), "language='xx': no such language. Valid: de, en, es, fr, it, nl, pt"),
        (lambda: Contraction(language="es"), "language='es' has no contractions. Those with: de, en, fr"),
        (lambda: Gender(language="it"), "language='it' has no gendered. Those with: de, en, es, fr"),
    ],
)
def test_what_is_missing_is_named(made, message):
    with pytest.raises(ConfigError) as raised:
        made()
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ('{"days": []}', "holds 'days'"),
        ("[]", "no mapping"),
        ('{"dates": [1]}', "not of the form"),
    ],
)
def test_a_broken_table_is_refused(tmp_path, content, message):
    path = tmp_path / "broken.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=message):
        Date(language=str(path))


def test_adjectives_that_agree_are_edits_of_their_own():
    text = "Il est content"
    spans = Spans(np.asarray([[0, 2], [7, 14], [0, 14]]), labels=["A", "B", "C"])
    new, rows, (after, _) = run(Gender(rate=1, language="fr"), [text, text], spans=[spans, None])
    assert new == ["Elle est contente"] * 2
    assert rows[0] == [[0, 2, "Elle"], [7, 14, "contente"]]
    assert [new[0][a:b] for a, b in after.data.tolist()] == ["Elle", "contente", "Elle est contente"]
    assert only(Gender(rate=1, language="fr", protect="content"), text) == "Elle est content"


@pytest.mark.parametrize("language", ["fr", "es"])
def test_adjectives_come_back(language):
    pronouns = {"fr": ("Il", "est", "Ils", "sont"), "es": ("Él", "es", "Ellos", "son")}[language]
    for male, female in languages.adjectives(language):
        assert male != female
        for subject, verb in (pronouns[:2], pronouns[2:]):
            there = only(Gender(rate=1, language=language), f"{subject} {verb} {male}")
            if subject == pronouns[0]:
                assert there.split()[-1] == female
            assert only(Gender(rate=1, language=language), only(Gender(rate=1, language=language), there)) == there


def test_adjectives_of_another_form_are_refused(tmp_path):
    (tmp_path / "x.json").write_text('{"gendered": [["a", "b"]], "adjectives": [["c"]]}', "utf-8")
    with pytest.raises(ConfigError, match="adjectives"):
        Gender(language=str(tmp_path / "x.json"))

"""CoNLL columns against plain splitting and the package conllu: words move, and what is said of them moves along."""

from __future__ import annotations

import conllu
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_labels import opened, through

import augreg
from augreg.errors import ConfigError

NEWS = (
    "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\nGerman JJ B-NP B-MISC\ncall NN I-NP O\n. . O O\n\n"
    "Peter NNP B-NP B-PER\nBlackburn NNP I-NP I-PER\n\n-DOCSTART- -X- -X- O\n\nHe PRP B-NP O\nsleeps VBZ B-VP O\n\n"
)
TREE = """# newdoc id = d1
# sent_id = 5
# text = They don't buy and sell books.
1	They	they	PRON	PRP	Case=Nom	4	nsubj	4:nsubj|6:nsubj	_
2-3	don't	_	_	_	_	_	_	_	_
2	do	do	AUX	_	_	4	aux	4:aux	_
3	n't	not	PART	_	_	4	advmod	4:advmod	_
4	buy	buy	VERB	VBP	_	0	root	0:root	_
5	and	and	CCONJ	CC	_	6	cc	6:cc	_
6	sell	sell	VERB	VBP	_	4	conj	0:root|4:conj	_
6.1	buy	buy	VERB	_	_	_	_	4:conj	_
7	books	book	NOUN	NNS	_	4	obj	4:obj|6.1:obj	SpaceAfter=No
8	.	.	PUNCT	.	_	4	punct	4:punct	_

"""
SWAP = augreg.Pipeline([{"text.word_swap": {"rate": 1, "p": 1}}])
DELETE = augreg.Pipeline([{"text.word_delete": {"rate": 0.4, "p": 1}}])
INSERT = augreg.Pipeline([{"text.aeda": {"rate": 0.5, "p": 1}}])


def written(tmp_path, name, content, *args, **kwargs):
    path = tmp_path / name
    path.write_bytes(content.encode("utf-8"))
    return through(path, "conll", *args, **kwargs)


def rows_of(text):
    """Return the sentences as lists of cells."""
    blocks = [block.splitlines() for block in text.split("\n\n")]
    return [[line.split() for line in block if not line.startswith("#")] for block in blocks if block]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("news.conll", NEWS),
        ("tree.conllu", TREE),
        ("two.bio", "I\tO\nlike\tO\nNew\tB-LOC\nYork\tI-LOC\n\n#7\tO\n\n"),
        ("crlf.conll", NEWS.replace("\n", "\r\n")),
        ("wide.conll", "EU   NNP\tB-ORG\nrejects VBZ  O\n\n\n\nPeter NNP B-PER\n\n"),
        ("germ.conll", "#\thttp://x 2005\n1\tSchartau\tB-PER\tO\n2\tsagte\tO\tO\n\n"),
        ("coner.conll", "# id 5f-3 domain=en\nthe _ _ O\nking _ _ B-PER\n\n"),
        ("tweet.bio", "# O\nada B-PER\n\n"),
    ],
)
def test_what_nothing_moved_comes_out_as_it_went_in(tmp_path, name, content):
    found, refused = written(tmp_path, name, content)
    assert (found.replace("__a0", ""), refused) == (content, [])


def test_copies_follow_one_another_under_ids_of_their_own_and_documents_begin_once(tmp_path):
    found, _ = written(tmp_path, "tree.conllu", TREE, copies=2)
    assert [sentence.metadata["sent_id"] for sentence in conllu.parse(found)] == ["5__a0", "5__a1"]
    assert found.count("# newdoc id = d1") == 1
    assert found.startswith("# newdoc id = d1\n# sent_id = 5__a0\n")
    news, _ = written(tmp_path, "news.conll", NEWS, copies=2)
    assert [rows[0][0] for rows in rows_of(news)] == [
        *("-DOCSTART-", "EU", "EU", "Peter", "Peter"),
        *("-DOCSTART-", "He", "He"),
    ]


def test_a_document_whose_first_sentence_was_refused_still_begins(tmp_path):
    broken = NEWS.replace("German JJ B-NP B-MISC", "German JJ B-NP")
    found, refused = written(tmp_path, "news.conll", broken)
    assert found.startswith("-DOCSTART- -X- -X- O\n\nPeter NNP B-NP B-PER\n")
    assert refused == ["line 5: it has 3 columns, and the file has 4. Write one value in each."]


WORDS = st.lists(st.sampled_from(["O", "O", "B-PER", "B-LOC"]), min_size=2, max_size=9)


@settings(max_examples=50, deadline=None)
@given(tags=WORDS, seed=st.integers(0, 2**20), pipe=st.sampled_from([SWAP, DELETE]))
def test_every_column_stays_with_its_word(tmp_path_factory, tags, seed, pipe):
    rows = [f"w{i} P{i} {tag} x{i}" for i, tag in enumerate(tags)]
    folder = tmp_path_factory.mktemp("conll")
    found, refused = written(folder, "a.conll", "\n".join(rows) + "\n\n", pipe, seed=seed, copies=2)
    assert not refused
    for sentence in rows_of(found):
        assert sentence
        for word, part, tag, other in sentence:
            assert [part, tag, other] == [f"P{word[1:]}", tags[int(word[1:])], f"x{word[1:]}"]


@settings(max_examples=50, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**20), pipe=st.sampled_from([SWAP, DELETE]))
def test_heads_point_to_the_words_that_they_pointed_to(tmp_path_factory, data, seed, pipe):
    count = data.draw(st.integers(2, 8))
    heads = [data.draw(st.integers(0, count).filter(lambda h, i=i: h != i)) for i in range(1, count + 1)]
    lines = [
        f"{i}\tw{i}\tw{i}\tX\t_\t_\t{head}\tdep\t{head}:dep\tWas={'w' if head else ''}{head}"
        for i, head in enumerate(heads, 1)
    ]
    folder = tmp_path_factory.mktemp("conllu")
    found, refused = written(folder, "a.conllu", "\n".join(lines) + "\n\n", pipe, seed=seed)
    if pipe is SWAP:
        assert not refused
    elif refused:
        assert "which a step took away" in refused[0]
    for sentence in conllu.parse(found):
        assert [token["id"] for token in sentence] == list(range(1, len(sentence) + 1))
        forms = {0: "0", **{token["id"]: token["form"] for token in sentence}}
        for token in sentence:
            assert forms[token["head"]] == token["misc"]["Was"]
            assert token["deps"] == [("dep", token["head"])]
            assert token["lemma"] == token["form"]


def test_multi_word_tokens_and_empty_nodes_follow_their_words(tmp_path):
    seen = set()
    swap = augreg.Pipeline([{"text.word_swap": {"rate": 0.2, "p": 1}}])
    for seed in range(12):
        found, refused = written(tmp_path, "tree.conllu", TREE, swap, seed=seed)
        assert not refused
        (sentence,) = conllu.parse(found)
        words = [token["form"] for token in sentence if isinstance(token["id"], int)]
        ranges = [token for token in sentence if isinstance(token["id"], tuple) and token["id"][1] == "-"]
        together = any(words[i : i + 2] == ["do", "n't"] for i in range(len(words)))
        assert len(ranges) == together
        if together:
            assert ranges[0]["id"][0] == words.index("do") + 1
        (empty,) = [token for token in sentence if isinstance(token["id"], tuple) and token["id"][1] == "."]
        assert empty["id"] == (words.index("sell") + 1, ".", 1)
        books = next(token for token in sentence if token["form"] == "books")
        assert ("obj", empty["id"]) in books["deps"]
        assert ("books." in sentence.metadata["text"]) == (words[-2:] == ["books", "."])
        seen.add(together)
    assert seen == {True, False}


def test_words_that_a_step_made_into_two_are_rows_with_the_tags_of_the_one(tmp_path):
    expand = augreg.Pipeline([{"text.replace": {"pairs": {"NYC": ["New York"]}, "rate": 1, "p": 1, "entities": True}}])
    two = "in\tO\nNYC\tS-LOC\n\n"
    found, _ = written(tmp_path, "two.bio", two, expand)
    assert found == "in\tO\nNEW\tB-LOC\nYORK\tE-LOC\n\n"
    _, refused = written(tmp_path, "three.conll", two.replace("\t", "\tNN\t"), expand)
    assert len(refused) == 1
    assert refused[0].startswith("line 1: a step made 'NEW YORK' of one word, and what columns other than tags hold of")


def test_inserted_words_have_no_entity_and_no_part_of_speech(tmp_path):
    found, _ = written(tmp_path, "a.bio", "in\tO\nNew\tB-LOC\nYork\tI-LOC\n\n", INSERT)
    assert len(rows_of(found)[0]) > 3
    assert {tag for word, tag in rows_of(found)[0] if not word.isalpha()} <= {"O", "I-LOC"}
    _, refused = written(tmp_path, "news.conll", NEWS, INSERT)
    assert "a step put the word" in refused[0]


def test_what_is_left_of_a_chunk_begins_it(tmp_path):
    chunks = "a\tB-NP\nbig\tI-NP\ncat\tI-NP\n\n"
    for seed in range(8):
        found, _ = written(tmp_path, "a.bio", chunks, DELETE, seed=seed)
        assert [tag for _, tag in rows_of(found)[0]] == ["B-NP", "I-NP", "I-NP"][: len(rows_of(found)[0])]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("tree.conllu", "4\tbuy", "5\tbuy", "line 8: its ID is '5', and must be 4."),
        ("tree.conllu", "_\t6\tcc", "_\t96\tcc", "line 9: HEAD is '96'. Give 0 for the root, or an ID of a word."),
        ("tree.conllu", "6:cc", "9.1:cc", "line 9: DEPS name '9.1', which is no ID of the sentence."),
        ("tree.conllu", "2-3", "3-4", "line 5: '3-4' is no ID here. After word 1 stand 2, 2-3, or 1.1."),
        ("tree.conllu", "2-3", "2-30", "line 5: '2-30' ends behind the last word, 8."),
        ("tree.conllu", "6.1\tbuy", "7.1\tbuy", "line 11: '7.1' is no ID here. After word 6 stand 7, 7-8, or 6.1."),
        ("tree.conllu", "and\tand", "and so\tand", "line 9: the word 'and so' holds a blank or is empty."),
        ("news.conll", "I-PER\n", "PER\n", "line 10: column 4 holds 'PER', which is no tag."),
        ("news.conll", "O\n\nHe PRP B-NP O\nsleeps VBZ B-VP O\n", "O\n", "line 12: no sentence follows this beginning"),
    ],
)
def test_what_is_wrong_is_said_by_line(tmp_path, name, old, new, said):
    content = {"tree.conllu": TREE, "news.conll": NEWS * 12}[name]
    at = content.rfind(old) if name == "news.conll" and "\n\n" in old else content.find(old)
    content = content[:at] + new + content[at + len(old) :]
    _, refused = written(tmp_path, name, content)
    assert len(refused) == 1
    line, _, reason = said.partition(":")
    assert reason in refused[0]
    if name == "tree.conllu" or "column 4" in said:
        assert refused[0].startswith(line)


def test_a_long_header_stands_above_the_first_sentence_alone(tmp_path):
    header = "# licence\n" * 500 + "\n"
    content = header + TREE.replace("# newdoc id = d1\n", "") * 3
    path = tmp_path / "a.conllu"
    path.write_text(content)
    _, said = opened(path, "conll")
    assert [len(each.raw["above"]) for each in said] == [1, 0, 0]
    assert through(path, "conll")[0].replace("__a0", "") == content


def test_empty_lines_and_comments_without_end_take_no_long_time(tmp_path):
    path = tmp_path / "a.bio"
    path.write_text("b\tO\n" + "\n" * 200_000 + "#\n" * 200_000 + "a\tO\n\n")
    assert [each.fault for each in opened(path, "conll")[1]] == ["", ""]


def test_bytes_that_are_no_utf_8_are_one_sentence(tmp_path):
    path = tmp_path / "a.bio"
    path.write_bytes(b"a\tO\n\nb\xe9\tO\n\nc\tO\n\n")
    _, said = opened(path, "conll")
    assert [each.fault for each in said] == ["", r"line 3: it is no UTF-8 (b'\xe9\tO\n'). Convert the file.", ""]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "hold no words"),
        ("# only a comment\n\n", "hold no words"),
        (
            "1\ta\tX\t2\n2\tb\tX\t0\n\n1\tc\tX\t0\n\n",
            "column 4 of 'a.conll' holds numbers and may point to other words",
        ),
    ],
)
def test_files_that_cannot_be_understood_are_refused_whole(tmp_path, content, said):
    (tmp_path / "a.conll").write_text(content)
    with pytest.raises(ConfigError, match=said):
        opened(tmp_path / "a.conll", "conll")

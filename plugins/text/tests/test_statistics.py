"""EDA, word lists, TF-IDF, word vectors."""

import math
from collections import Counter

import numpy as np
import pytest
from augreg_text import tfidf
from augreg_text.eda import Eda, SynonymInsert, WordSubstitute
from augreg_text.embedding import Embedding
from text_support import edited, run

from augreg.errors import ConfigError

PLAIN = "The quick brown dogs jumped over big buildings, and happy people bought beautiful houses there."


@pytest.mark.parametrize("made", [Eda(rate=0.3), SynonymInsert(rate=0.5), WordSubstitute(rate=0.5)])
def test_only_the_edits_change_anything(made):
    texts = [PLAIN, "", "See https://a.b/c, quickly!", "我喜欢", PLAIN.upper()] * 6
    out, edits, _ = run(made, texts)
    for source, new, row in zip(texts, out, edits, strict=True):
        assert new == edited(source, row)
        assert row or new is source
    assert len(set(out[::5])) > 3


def test_eda_does_one_thing_to_a_text():
    def kind(new):
        before, after = (Counter(text.replace(",", "").replace(".", "").split()) for text in (PLAIN, new))
        if len(new.split()) < len(PLAIN.split()):
            return "delete"
        if before == after:
            return "swap"
        return "insert" if not before - after else "synonym"

    found = Counter(kind(new) for new in run(Eda(rate=0.2), [PLAIN] * 400)[0])
    assert set(found) == {"delete", "swap", "insert", "synonym"}
    assert min(found.values()) > 60
    assert {kind(new) for new in run(Eda(rate=0.2, operations=["swap"]), [PLAIN] * 20)[0]} == {"swap"}


def test_word_lists():
    assert run(WordSubstitute(rate=1), ["a b, c!"])[0] == ["_ _, _!"]
    assert run(WordSubstitute(rate=1, action="insert", words=["um"]), ["a b"])[0] == ["um a um b"]
    with pytest.raises(ConfigError):
        WordSubstitute(words=[])


CORPUS = ["the cat sat on the mat", "the dog sat on the log", "the bird sang on the tree", "the fish"]


def test_tfidf_scores_are_those_of_the_formula(tmp_path):
    tfidf.fit_tfidf(CORPUS, tmp_path)
    idf = dict(line.split(" ") for line in (tmp_path / tfidf.IDF_FILE).read_text().splitlines())
    assert float(idf["sat"]) == math.log(4 / 2)
    assert float(idf["the"]) == 0.0
    weights = dict(line.split(" ") for line in (tmp_path / tfidf.TFIDF_FILE).read_text().splitlines())
    score = {w: sum(text.split().count(w) / len(text.split()) * float(idf[w]) for text in CORPUS) for w in idf}
    total = sum(max(score.values()) - s for s in score.values())
    for word, weight in weights.items():
        assert float(weight) == pytest.approx((max(score.values()) - score[word]) / total)


def test_tfidf_replaces_what_tells_little(tmp_path):
    tfidf.fit_tfidf(CORPUS, tmp_path)
    _, edits, _ = run(tfidf.TfIdf(path=str(tmp_path), rate=0.17, max_edits=1), ["The cat sat on a mat"] * 600)
    gone = Counter(row[0][0] for row in edits)
    # idf: the 0, cat and mat log 4, sat log 2, on log 4/3; "a" is unknown.
    the, on, sat = gone[0], gone[12], gone[8]
    assert the > on > sat > gone[4] + gone[17]
    weights = [math.log(4), math.log(4) - math.log(4 / 3), math.log(4) - math.log(2)]
    for count, weight in zip((the, on, sat), weights, strict=True):
        assert count / 600 == pytest.approx(weight / sum(weights), abs=0.07)
    inserted = run(tfidf.TfIdf(path=str(tmp_path), rate=0.17, max_edits=1, action="insert"), ["Cat sat on"] * 900)[1]
    weights = {
        w: float(n) for w, n in (line.split() for line in (tmp_path / tfidf.TFIDF_FILE).read_text().splitlines())
    }
    came = Counter(row[0][2].removesuffix(" ") for row in inserted)
    assert Counter(row[0][0] for row in inserted).keys() == {0, 4, 8}
    for word, weight in weights.items():
        assert came[word] / 900 == pytest.approx(weight / sum(weights.values()), abs=0.06)
    with pytest.raises(ConfigError, match="augreg_text.fit_tfidf"):
        tfidf.TfIdf(path=str(tmp_path / "none"))


def test_neighbors_are_those_of_the_cosine(tmp_path):
    generator = np.random.default_rng(0)
    words = [f"zz{chr(97 + i)}" for i in range(20)]
    matrix = generator.normal(size=(20, 5)).round(4)
    path = tmp_path / "vectors.txt"
    lines = [f"{w} {' '.join(map(str, row))}" for w, row in zip(words, matrix.tolist(), strict=True)]
    path.write_text("20 5\n" + "\n".join(lines))
    np.save(tmp_path / "vectors.npy", matrix)
    (tmp_path / "words.txt").write_text("\n".join(words))
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    binary = tmp_path / "vectors.bin"
    rows = (f"{w} ".encode() + row.tobytes() + b"\n" for w, row in zip(words, matrix.astype("<f4"), strict=True))
    binary.write_bytes(b"20 5\n" + b"".join(rows))
    for place in (path, binary, tmp_path):
        for i, word in enumerate(words):
            out = set(run(Embedding(path=str(place), rate=1, top_k=3, similarity=-1), [word] * 60)[0])
            best = [words[j] for j in np.argsort(-(unit @ unit[i])) if j != i][:3]
            assert out == set(best)
    assert run(Embedding(path=str(path), rate=1, similarity=0.9999), words)[0] == words
    path.write_text("a 1 2\nb 1\n")
    from augreg_text import embedding

    embedding.load_vectors.cache_clear()
    binary.write_bytes(binary.read_bytes()[:-9])
    for broken in (path, binary):
        with pytest.raises(ConfigError, match="no word vectors"):
            Embedding(path=str(broken))

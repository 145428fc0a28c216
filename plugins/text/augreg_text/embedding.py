"""Substitution by neighbours in a space of word vectors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

import augreg
from augreg.errors import ConfigError
from augreg.fields import integer, number, text
from augreg_text.base import declare
from augreg_text.lexicon import LazyLexicon
from augreg_text.spelling import LexiconAugmenter
from augreg_text.stopwords import STOPWORDS


@dataclass(frozen=True, kw_only=True)
class Embedding(LexiconAugmenter):
    """Replace words by neighbours in a space of word vectors.

    ``path`` is a text file as GloVe, fastText and word2vec write it (word and numbers, one line each; a first
    line of two numbers is skipped), or a folder with ``vectors.npy`` (words, dimensions) and ``words.txt``.
    Antonyms are neighbours, too: this may turn the meaning round. After Wang and Yang, "That's So Annoying!!!",
    EMNLP 2015.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    declares: ClassVar[augreg.Declaration] = declare("meaning")

    path: str = text(doc="file or folder of word vectors")
    top_k: int = integer(10, "how many of the nearest words are drawn from", low=1)
    similarity: float = number(0.5, "cosine similarity of a neighbour, at least", low=-1.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        vectors(self.path)

    def table(self) -> LazyLexicon:
        """Return the neighbours of every word."""
        return _near(self.path, self.top_k, self.similarity)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Words, their numbers, and their vectors of length 1, float32 (words, dimensions)."""

    words: tuple[str, ...]
    number: dict[str, int]
    matrix: NDArray[np.float32]

    def nearest(self, word: str, top_k: int, similarity: float) -> tuple[str, ...]:
        """Return the nearest words, the nearest first; none for function words and unknown ones."""
        mine = self.number.get(word)
        if mine is None or word in STOPWORDS:
            return ()
        # Rounded, so that the last bits of a library's sums don't decide the order.
        cosine = np.round((self.matrix @ self.matrix[mine]).astype(np.float64), 4)
        cosine[mine] = -2.0
        best = np.lexsort((np.arange(len(cosine)), -cosine))[:top_k]
        return tuple(self.words[i] for i in best.tolist() if cosine[i] >= similarity)


@lru_cache(maxsize=4)
def vectors(path: str) -> Vectors:
    """Load word vectors.

    Raises:
        ConfigError: the file is missing or not of the form that :class:`Embedding` says.

    """
    place = Path(path)
    try:
        words, matrix = _read_folder(place) if place.is_dir() else _read_lines(place)
    except (OSError, ValueError) as error:
        raise ConfigError(f"path={path!r} holds no word vectors: {error}. Give lines of a word and numbers.") from None
    length = np.sqrt((matrix.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    matrix = (matrix / np.maximum(length, 1e-12)).astype(np.float32)
    return Vectors(tuple(words), {word: i for i, word in enumerate(words)}, matrix)


def _read_folder(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    words = (folder / "words.txt").read_text("utf-8").splitlines()
    matrix = np.load(folder / "vectors.npy")
    if matrix.ndim != 2 or len(matrix) != len(words):
        raise ValueError(f"{len(words)} words for vectors of shape {matrix.shape}")
    return words, matrix


def _read_lines(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    words, rows = [], []
    with path.open(encoding="utf-8") as lines:
        for number_of, line in enumerate(lines):
            word, *numbers = line.rstrip().split(" ")
            if number_of == 0 and len(numbers) == 1:
                continue
            words.append(word)
            rows.append(np.asarray(numbers, dtype=np.float32))
    if not rows or len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise ValueError("the lines differ in length, or there are none")
    return words, np.stack(rows)


@lru_cache(maxsize=16)
def _near(path: str, top_k: int, similarity: float) -> LazyLexicon:
    space = vectors(path)
    return LazyLexicon(lambda word: space.nearest(word, top_k, similarity))

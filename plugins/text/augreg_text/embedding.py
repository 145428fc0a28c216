"""Substitution by neighbors in a space of word vectors."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from numpy.typing import NDArray

import augreg
from augreg import ConfigError
from augreg.kernel import check_file, read_file
from augreg.param import integer, number, text
from augreg_text.articles import Agreeing
from augreg_text.base import declare
from augreg_text.lexicon import LazyLexicon
from augreg_text.spelling import LexiconAugmenter
from augreg_text.stopwords import STOPWORDS

MOST_VECTORS: Final = 16 * 2**30
"""Bytes of a file of vectors; the largest that are published have 6 GB."""

LONGEST_LINE: Final = 2**20
"""Characters of a word and its numbers; 300 numbers take three thousand."""


@dataclass(frozen=True, kw_only=True)
class Embedding(Agreeing, LexiconAugmenter):
    """Replace words by neighbors in a space of word vectors.

    ``path`` is a text file as GloVe, fastText and word2vec write it (word and numbers, one line each; a first
    line of two numbers is skipped), a binary file of word2vec (``.bin``), or a folder with ``vectors.npy`` (words,
    dimensions) and ``words.txt``.
    Antonyms are neighbors, too: this may turn the meaning round. After Wang and Yang, "That's So Annoying!!!",
    EMNLP 2015.
    """

    examples: ClassVar[tuple[dict[str, Any], ...]] = ()
    declares: ClassVar[augreg.Declaration] = declare("meaning")

    path: str = text(doc="file or folder of word vectors")
    top_k: int = integer(10, "how many of the nearest words are drawn from", low=1)
    similarity: float = number(0.5, "cosine similarity of a neighbor, at least", low=-1.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        load_vectors(self.path)

    def table(self) -> LazyLexicon:
        """Return the neighbors of every word."""
        return _near(self.path, self.top_k, self.similarity)


@dataclass(frozen=True, eq=False)
class Vectors:
    """Words, their numbers, and their vectors of length 1, float32 (words, dimensions)."""

    words: tuple[str, ...]
    number: dict[str, int]
    matrix: NDArray[np.float32]

    def nearest(self, word: str, top_k: int, similarity: float) -> tuple[str, ...]:
        """Return the nearest words, the nearest first; none for function words and unknown ones."""
        if word in STOPWORDS:
            return ()
        return tuple(other for other, cosine in self.ranked(word, top_k) if cosine >= similarity)

    def ranked(self, word: str, top_k: int) -> list[tuple[str, float]]:
        """Return the nearest words with their cosine similarity, the nearest first; none for an unknown word."""
        mine = self.number.get(word)
        if mine is None:
            return []
        # Rounded, so that the last bits of a library's sums don't decide the order.
        cosine = np.round((self.matrix @ self.matrix[mine]).astype(np.float64), 4)
        cosine[mine] = -2.0
        # Only what is as near as the last of them needs to be put in order.
        least = np.partition(cosine, -top_k)[-top_k] if top_k < len(cosine) else -1.5
        near = np.flatnonzero(cosine >= max(least, -1.5))
        best = near[np.lexsort((near, -cosine[near]))[:top_k]].tolist()
        return [(self.words[i], float(cosine[i])) for i in best]


@lru_cache(maxsize=4)
def load_vectors(path: str) -> Vectors:
    """Load the word vectors of a file or folder, once per process.

    Raises:
        ConfigError: the file is missing or not of the form that :class:`Embedding` says.

    """
    place = Path(path)
    try:
        read = _read_folder if place.is_dir() else _read_binary if place.suffix == ".bin" else _read_lines
        words, matrix = read(place)
    except MemoryError:
        raise
    except Exception as error:  # a damaged header of numpy's lets out what Python's own parser stumbles on
        raise ConfigError(f"path={path!r} holds no word vectors: {error}. Give lines of a word and numbers.") from None
    length = np.sqrt((matrix.astype(np.float64) ** 2).sum(axis=1, keepdims=True))
    matrix = (matrix / np.maximum(length, 1e-12)).astype(np.float32)
    return Vectors(tuple(words), {word: i for i, word in enumerate(words)}, matrix)


def _read_folder(folder: Path) -> tuple[list[str], NDArray[np.float32]]:
    words = read_file(folder / "words.txt").decode("utf-8").splitlines()
    check_file(folder / "vectors.npy", MOST_VECTORS)
    # A view of the file at first, so that a header which claims more than there is costs nothing.
    matrix = np.load(folder / "vectors.npy", mmap_mode="r")
    if matrix.ndim != 2 or len(matrix) != len(words):
        raise ValueError(f"{len(words)} words for vectors of shape {matrix.shape}")
    return words, matrix


def _read_lines(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    words, rows = [], []
    check_file(path, MOST_VECTORS)
    with path.open(encoding="utf-8") as lines:
        for number_of, line in enumerate(iter(lambda: lines.readline(LONGEST_LINE), "")):
            if len(line) == LONGEST_LINE:
                raise ValueError(f"line {number_of + 1} has more than {LONGEST_LINE:_} characters")
            word, *numbers = line.rstrip().split(" ")
            if number_of == 0 and len(numbers) == 1:
                continue
            words.append(word)
            rows.append(np.asarray(numbers, dtype=np.float32))
    if not rows or len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise ValueError("the lines differ in length, or there are none")
    return words, np.stack(rows)


def _read_binary(path: Path) -> tuple[list[str], NDArray[np.float32]]:
    """Read what word2vec writes: a line of two numbers, then every word, a blank and its float32 numbers."""
    check_file(path, MOST_VECTORS)
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        head = data.find(b"\n") + 1
        count, size = map(int, data[:head].split())
        if count < 1 or size < 1 or count * (4 * size + 1) > len(data):
            raise ValueError(f"{count} words of {size} numbers in a file of {len(data)} bytes")
        words, matrix, at = [], np.empty((count, size), dtype=np.float32), head
        for row in range(count):
            end = data.find(b" ", at)
            if end < 0 or end + 1 + 4 * size > len(data):
                raise ValueError(f"the file ends at word {row + 1} of {count}")
            words.append(data[at:end].lstrip(b"\n").decode("utf-8", "replace"))
            matrix[row] = np.frombuffer(data[end + 1 : end + 1 + 4 * size], dtype="<f4")
            at = end + 1 + 4 * size
    return words, matrix


@lru_cache(maxsize=16)
def _near(path: str, top_k: int, similarity: float) -> LazyLexicon:
    space = load_vectors(path)
    return LazyLexicon(lambda word: space.nearest(word, top_k, similarity))

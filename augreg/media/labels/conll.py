r"""CoNLL columns: a word on each line, with what is said of it in further columns; an empty line ends a sentence.

Read are CoNLL-U (``.conllu``: ten columns between tabs, comments, multi-word tokens, empty nodes) and any other columns
between tabs or blanks, as of CoNLL-2003 or of two columns with BIO tags (``.conll``, ``.bio``, ``.iob``, ``.iob2``). Of
these the first column is the word, or the second where the first one counts the words from 1 on.

Each sentence is a sample. Words go through the pipeline as the role ``tokens``, and columns of tags in the schemes BIO,
BILOU or BIOES as ``tags of tokens``, so that words in entities are left alone unless a step says ``entities: true``.
Every other column stays with its word, also where a step put another word in its place: lemma and part of speech are
then those of the old one. What happens beyond that:

- A word that a step inserted, or one that it made into several, gets tags (``O``, or those of the entity in which it
  stands), and where columns other than tags are there it is refused (E_LABEL): nobody knows its part of speech.
- In CoNLL-U, words are counted anew, and HEAD, DEPS, multi-word tokens and empty nodes follow. Where a word is gone on
  which another one depends, the sentence is refused. A multi-word token is written as long as its words stand as they
  stood; else its words stand by themselves. ``SpaceAfter=No`` goes where another word follows now. ``# text`` is
  written anew.
- ``# sent_id = 5`` becomes ``5__a0``, ``5__a1``, ... ``-DOCSTART-``, ``# newdoc`` and ``# newpar`` stand once, before
  the first sentence of theirs that was written.
- Sentences that no step changed come out byte for byte, but for their id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final

from augreg.errors import MediaError
from augreg.media.labels import bio, conllblocks, conllfile, conlltree
from augreg.media.labels.base import SAMPLE, About, Labels, Said, SetForm
from augreg.media.labels.textlines import again, written

ROW: Final = "row"
"""The field that says which word of the sentence each one was: "#-7" of the seventh.

It looks like a tag of no entity, for those follow words and are known to be absent of inserted ones.
"""


class Conll(SetForm):
    """CoNLL columns; the head says how many there are, which is the word, and which hold tags."""

    name: ClassVar[str] = "conll"
    modalities: ClassVar[frozenset[str]] = frozenset({"text"})

    @property
    def roles(self) -> Mapping[str, Any]:
        """The words, which sentence's row each was, and the columns of tags."""
        named = {_field(column): {"role": "tags", "of": SAMPLE} for column in self.head.get("tags", ())}
        return {SAMPLE: {"role": "tokens"}, ROW: {"role": "tags", "of": SAMPLE}, **named}

    @classmethod
    def find(cls, root: Path, files: Sequence[str]) -> Sequence[str]:
        """Return nothing: sentences are no labels of files. Name the file of columns as the input."""
        return []

    @classmethod
    def open(cls, root: Path, given: str) -> tuple[dict[str, Any], Iterator[Said]]:
        """Return what the columns are, and the sentences; see :mod:`augreg.media.labels.conllblocks`."""
        head = conllfile.head_of(root / given, given)
        return head, conllblocks.sentences(root / given, given, head)

    def read(self, raw: Any, about: About) -> Labels:
        """Return the words of a sentence, with their tags.

        Args:
            raw: ``text``, the lines of the sentence; ``line``, the number of the first of them.
            about: the sample.

        """
        sentence = self._sentence(raw, about)
        if not sentence.rows:
            raise MediaError(about.path, f"line {raw['line']}: the sentence has no word.", "E_LABEL")
        if self.head["conllu"]:
            conlltree.check(sentence, about.path)
        words = [row.cells[self.head["word"]] for row in sentence.rows]
        for row, word in zip(sentence.rows, words, strict=True):
            if len(word.split()) != 1:
                reason = f"line {row.line}: the word {word!r} holds a blank or is empty. Write it without."
                raise MediaError(about.path, reason, "E_LABEL")
        for row in sentence.rows:
            _check_tags(row, self.head["tags"], about.path)
        tags = {_field(column): [row.cells[column] for row in sentence.rows] for column in self.head["tags"]}
        return Labels({SAMPLE: words, ROW: [f"#-{i}" for i in range(len(words))], **tags}, raw)

    def _sentence(self, raw: Any, about: About) -> conllfile.Sentence:
        return conllfile.parse(raw["text"], raw["line"], self.head, about.path)

    def row(self, labels: Labels, about: About) -> dict[str, Any]:
        """Return ``text``, the lines of a sentence, and ``above``, what stands before the first one of its document.

        Raises:
            MediaError: E_LABEL: the words cannot be said in these columns.

        """
        missing = {SAMPLE, ROW} - labels.fields.keys()
        if missing or "text" not in labels.rest:
            reason = "its labels have no words. CoNLL columns are written of what was read from such columns."
            raise MediaError(about.path, reason, "E_LABEL")
        old = self._sentence(labels.rest, about)
        words = [str(word) for word in labels.fields[SAMPLE]]
        origins = [int(tag[2:]) if str(tag).startswith("#-") else -1 for tag in labels.fields[ROW]]
        tags = {column: list(labels.fields[_field(column)]) for column in self.head["tags"]}
        same = words == [row.cells[self.head["word"]] for row in old.rows] and origins == [*range(len(old.rows))]
        new = old if same else self._changed(old, words, origins, tags, about)
        new = new.named(lambda name: again(name, about.path))
        return {"text": new.text(self.head["newline"]), "above": labels.rest.get("above", [])}

    def _changed(
        self,
        old: conllfile.Sentence,
        words: Sequence[str],
        origins: Sequence[int],
        tags: Mapping[int, list[Any]],
        about: About,
    ) -> conllfile.Sentence:
        """Return a sentence of other words."""
        word, index, only_tags = self.head["word"], self.head["index"], self.head["plain"]
        kept = {column: bio.mended(tags[column], [row.cells[column] for row in old.rows]) for column in tags}
        rows: list[conllfile.Row] = []
        for place, (text, origin) in enumerate(zip(words, origins, strict=True)):
            parts = text.split()
            if (origin < 0 or len(parts) > 1) and not only_tags:
                did = f"put the word {text!r} in" if origin < 0 else f"made {text!r} of one word"
                reason = (
                    f"line {old.line}: a step {did}, and what columns other than tags hold of it is not known. Leave "
                    "that step out, or the columns."
                )
                raise MediaError(about.path, reason, "E_LABEL")
            like = old.rows[origin if origin >= 0 else 0]
            for number, part in enumerate(parts):
                cells = {column: bio.part(values[place], number, len(parts)) for column, values in kept.items()}
                changed = {word: part, **cells}
                rows.append(like.changed(changed, origin=origin))
        if not rows:
            raise MediaError(about.path, f"line {old.line}: no word of the sentence is left.", "E_LABEL")
        if index is not None:
            rows = [row.changed({index: str(number)}, origin=row.origin) for number, row in enumerate(rows, 1)]
        new = old.of(rows)
        return conlltree.followed(old, new, about.path) if self.head["conllu"] else new

    def write(self, rows: Iterable[Any]) -> Iterator[bytes]:
        """Yield the sentences."""
        return written(rows)

    @property
    def place(self) -> str:
        """The name of the file that was read."""
        return str(self.head["file"])


def _check_tags(row: conllfile.Row, columns: Iterable[int], path: str) -> None:
    for column in columns:
        if not bio.TAG.fullmatch(row.cells[column]):
            tag = f"column {column + 1} holds {row.cells[column]!r}, which is no tag. Give O, B-NAME, I-NAME, ..."
            raise MediaError(path, f"line {row.line}: {tag}", "E_LABEL")


def _field(column: int) -> str:
    """Return what the values of a column are called among the fields: by its number from 1 on, as people count."""
    return f"tags{column + 1}"

"""Text: str and augreg.Text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import numpy as np

from augreg.data.form import RowForm
from augreg.data.samples import Sample
from augreg.data.targets import Spans
from augreg.errors import SampleError
from augreg.modalities.base import Hints, Modality, Result, Wrapped, WrappedMany, bare
from augreg.modalities.bulk import only, samples_alike
from augreg.modalities.regions import SPAN_REGION
from augreg.modalities.target_checks import check_given
from augreg.modalities.target_kinds import SPANS
from augreg.modalities.time_roles import SPAN_ROLES
from augreg.modalities.words import wrap_words


@dataclass(slots=True)
class Text(Sample):
    """A text.

    Args:
        data: the characters.
        spans: stretches that mean something (entities, answers), see :class:`Spans`.

    """

    modality: ClassVar[str] = "text"
    target_names: ClassVar[tuple[str, ...]] = ("spans", "label")

    data: str
    spans: Spans | None = None


TEXTS: Final = (
    "Yesterday the quick brown fox jumped over a lazy dog near the old railway station in Manchester, didn't it?",
    "Dr. Eleanor Whitfield bought 12 red apples for $3.50 and gave them to her brother Sebastian before lunch.",
    "The weather forecast promised sunshine; instead heavy rain flooded several streets around Cambridge last night.",
    "Scientists recently discovered that honey bees communicate important information through a remarkable dance.",
    "Der schnelle braune Fuchs springt über den faulen Hund, während Großmutter in München Äpfel schält.",
    "Le cœur a ses raisons que la raison ne connaît point ; l'été dernier, Élodie vivait à Marseille.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю в Петербурге.",
    "敏捷的棕色狐狸跳过了懒惰的狗,昨天在北京下了一场大雨。",
    "مرحبا بالعالم، هذه جملة قصيرة عن الطقس في القاهرة اليوم.",
    "Great match today 🎉👩‍👩‍👧‍👦! Thanks @maria, see https://example.org/news #football 🇩🇪 naïve café",
)


class TextModality(Modality):
    """Text; rows are str."""

    name = "text"
    sample_type = Text
    targets = (SPANS,)
    regions = (SPAN_REGION,)
    roles = SPAN_ROLES
    form = RowForm(length_axis=0)
    uniform = True
    describes = True
    unsure = (str,)
    word_roles = ("tokens", "tags")

    def owns(self, obj: Any) -> bool:
        """Str and augreg.Text."""
        return isinstance(obj, (str, Text))

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`Modality`."""
        if isinstance(obj, str):
            # numpy's strings are str, but of another type
            return Wrapped(obj if type(obj) is str else str(obj), bare)
        if not isinstance(obj, Text) or not isinstance(obj.data, str):
            held = getattr(obj, "data", obj)
            raise SampleError(f"text must be a str, not {type(held).__name__}. {_how_to_text(held)}.")
        targets = check_given(obj)
        spans = obj.spans
        if spans is not None and not _fits(obj) and int(spans.data.min()) < 0:
            raise SampleError(f"spans start at {int(spans.data.min())}; the first character is 0.")
        if spans is not None and not _fits(obj):
            raise SampleError(f"spans reach to {int(spans.data.max())} in a text of {len(obj.data)} characters.")

        def restore(result: Result) -> Text:
            return obj.changed(data=result.row, **result.targets)

        return Wrapped(obj.data, restore, targets=targets, key=obj.key)

    def wrap_words(self, words: Sequence[str], tags: Sequence[Sequence[Any]] = ()) -> Wrapped:
        """See :func:`augreg.modalities.words.wrap_words`."""
        return wrap_words(words, tags)

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """See :class:`Modality`."""
        if only(objs, str):
            return WrappedMany(list(objs))
        if not only(objs, Text) or not all(_fits(text) for text in objs):
            return None
        return samples_alike(objs, lambda data: WrappedMany(data) if only(data, str) else None)

    def examples(self, n: int) -> list[Any]:
        """See :class:`Modality`."""
        return [example(i) for i in range(n)]


def _how_to_text(held: Any) -> str:
    """Return what to do with something that is no string."""
    if isinstance(held, bytes):
        return "Decode it first: data.decode('utf-8')"
    words = isinstance(held, (list, tuple)) and any(isinstance(word, str) for word in held)
    if words:
        return "Join words first: ' '.join(words)"
    return "Numbers of tokens have no letters: augment the text, and tokenize what comes out"


def _fits(text: Text) -> bool:
    """Whether the spans lie within the characters; what is no spans is refused elsewhere."""
    spans = text.spans
    if not isinstance(spans, Spans) or not len(spans) or not isinstance(text.data, str):
        return True
    return bool(int(spans.data.min()) >= 0 and int(spans.data.max()) <= len(text.data))


def example(number: int) -> Text:
    """Return the text of a number with spans over its longer words."""
    written = TEXTS[number % len(TEXTS)]
    spans, at = [], 0
    for word in written.split(" "):
        core = word.strip(",.;?!")
        if len(core) > 5 and core.isalpha():
            start = at + word.index(core)
            spans.append((start, start + len(core)))
        at += len(word) + 1
    labels = [written[a:b] for a, b in spans]
    return Text(written, Spans(np.array(spans, dtype=np.int64).reshape(-1, 2), labels), label=number % 10)

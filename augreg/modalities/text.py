"""Text: str and augreg.Text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from augreg.data.samples import Spans, Text
from augreg.errors import SampleError
from augreg.modalities.base import Hints, Modality, Result, Wrapped, WrappedMany, bare
from augreg.modalities.bulk import only, samples_alike
from augreg.modalities.target_checks import check_given


class TextModality(Modality):
    """Text; rows are str."""

    name = "text"
    sample_type = Text
    uniform = True

    def owns(self, obj: Any) -> bool:
        """Str and augreg.Text."""
        return isinstance(obj, (str, Text))

    def wrap(self, obj: Any, hints: Hints) -> Wrapped:
        """See :class:`Modality`."""
        if isinstance(obj, str):
            # numpy's strings are str, but of another type
            return Wrapped(obj if type(obj) is str else str(obj), bare)
        if not isinstance(obj, Text) or not isinstance(obj.data, str):
            shown = type(getattr(obj, "data", obj)).__name__
            how = "Decode it first: data.decode('utf-8')" if shown == "bytes" else "Join words first: ' '.join(words)"
            raise SampleError(f"text must be a str, not {shown}. {how}.")
        targets = check_given(obj)
        spans = obj.spans
        if spans is not None and not _fits(obj) and int(spans.data.min()) < 0:
            raise SampleError(f"spans start at {int(spans.data.min())}; the first character is 0.")
        if spans is not None and not _fits(obj):
            raise SampleError(f"spans reach to {int(spans.data.max())} in a text of {len(obj.data)} characters.")

        def restore(result: Result) -> Text:
            return obj.changed(data=result.row, **result.targets)

        return Wrapped(obj.data, restore, targets=targets, key=obj.key)

    def wrap_all(self, objs: Sequence[Any], hints: Hints) -> WrappedMany | None:
        """See :class:`Modality`."""
        if only(objs, str):
            return WrappedMany(list(objs))
        if not only(objs, Text) or not all(_fits(text) for text in objs):
            return None
        return samples_alike(objs, lambda data: WrappedMany(data) if only(data, str) else None)

    def examples(self, n: int) -> list[Any]:
        """See :class:`Modality`."""
        from augreg.modalities import examples

        return [examples.sentence(i) for i in range(n)]


def _fits(text: Text) -> bool:
    """Whether the spans lie within the characters; what is no spans is refused elsewhere."""
    spans = text.spans
    if not isinstance(spans, Spans) or not len(spans) or not isinstance(text.data, str):
        return True
    return bool(int(spans.data.min()) >= 0 and int(spans.data.max()) <= len(text.data))

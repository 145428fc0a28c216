"""Write the table of augmenters in README.md: what each does to one sentence, as it really comes out.

python plugins/text/tools/build_readme.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import augreg
from augreg import param

README = Path(__file__).resolve().parent.parent / "README.md"
BEGIN, END = "<!-- table -->", "<!-- /table -->"
SENTENCE = (
    "Mary said the café didn't really sell 12 quick lunches on Monday; she believes that happy dogs jumped over it. "
    "See https://a.b/c!"
)
SEED = 7


def changed(name: str, config: dict[str, Any]) -> str:
    """Return what an augmenter makes of the sentence."""
    pipe = augreg.Pipeline({"text": [{name: config}]})
    return str(augreg.augment([SENTENCE], pipe, seed=SEED, keys=[0])[0])


def shown(text: str) -> str:
    """Return a text as a table can hold it, with invisible characters spelled out."""
    visible = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return visible.replace("|", "\\|")


def row(spec: augreg.AugmenterSpec) -> str:
    """Return the line of one augmenter."""
    cls = augreg.registry.load(spec.name)
    example = next(iter(getattr(cls, "examples", ())), None)
    required = any(f.required for f in param.describe(cls))
    if example is None and required:
        return f"| `{spec.name}` | {augreg.registry.summary_of(spec)} | needs files: see its `augreg show` |"
    return f"| `{spec.name}` | {augreg.registry.summary_of(spec)} | {shown(changed(spec.name, example or {}))} |"


def table() -> str:
    """Return the whole table."""
    specs = [spec for spec in augreg.list_augmenters() if spec.plugin == "augreg-text"]
    head = f"Sentence: {SENTENCE}\n\n| augmenter | what it does | what it made of the sentence |\n|---|---|---|\n"
    return head + "\n".join(row(spec) for spec in sorted(specs, key=lambda spec: spec.name))


def main() -> None:
    """Put the table between its marks."""
    text = README.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    README.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()

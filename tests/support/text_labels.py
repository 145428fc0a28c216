"""Takes the samples of a file through a form of labels and a pipeline, without a job."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import augreg
from augreg.errors import MediaError
from augreg.media.labels import SAMPLE, About, reading

NONE = augreg.Pipeline([{"text.word_swap": {"p": 0}}])


def schema_of(form):
    """Return the roles of a form as the schema of a record whose sample is "text"."""

    def role(said):
        if isinstance(said, str) or "of" not in said:
            return said
        return {**said, "of": "text" if said["of"] == SAMPLE else f"text/{said['of']}"}

    return {_name(name): role(said) for name, said in form.roles.items()}


def _name(field):
    return "text" if field == SAMPLE else f"text/{field}"


def opened(path: Path, kind: str):
    """Return the form of a file, and what it says of each sample."""
    form = reading(kind)
    head, said = form.open(path.parent, path.name)
    return form(head), list(said)


def through(path: Path, kind: str, pipeline=NONE, copies: int = 1, seed: int = 7) -> tuple[str, list[str]]:
    """Return the file that is written, and why samples were refused."""
    form, found = opened(path, kind)
    pipe, rows, refused = pipeline, [], []
    for number, said in enumerate(found):
        if said.fault:
            refused.append(said.fault)
            continue
        try:
            labels = form.read(said.raw, About(path=f"{number}.txt", modality="text"))
            record = {_name(name): value for name, value in labels.fields.items()}
            own = []
            for copy in range(copies):
                new = pipe([record], seed=seed, copy=copy, keys=[str(number)], schema=schema_of(form))[0]
                moved = replace(labels, fields={name: new[_name(name)] for name in labels.fields})
                own.append(form.row(moved, About(path=f"{number}__a{copy}.txt", modality="text")))
            rows += own
        except MediaError as error:
            refused.append(error.reason)
    return b"".join(form.write(rows)).decode("utf-8"), refused

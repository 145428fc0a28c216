"""Tables of `augreg list` and sheets of `augreg show`, as they are set."""

from __future__ import annotations

import json

import pytest
import yaml

import augreg
from augreg import registry
from augreg.cli import table
from augreg.cli.sheet import Sheet


def test_narrow_terminals_wrap_the_summary_and_shed_columns() -> None:
    heads = ("NAME", "TAGS", "SUMMARY", "PLUGIN")
    rows = [("a.b", "one, two", "word " * 12, "acme"), ("a.c", "one", "short", "acme")]

    def drawn(width: int | None, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        monkeypatch.setattr(table, "width", lambda: width)
        return table.columns(heads, rows, wrap="SUMMARY", shed=("PLUGIN", "TAGS"))

    with pytest.MonkeyPatch.context() as patch:
        piped = drawn(None, patch)
        wide = drawn(60, patch)
        narrow = drawn(40, patch)
    assert len(piped) == 3
    assert piped[1] == f"a.b   one, two  {'word ' * 12}  acme"
    assert wide[0] == "NAME  TAGS      SUMMARY"
    assert narrow[0] == "NAME  SUMMARY"
    for lines, width in ((wide, 60), (narrow, 40)):
        assert all(len(line) <= width for line in lines)
        assert " ".join(" ".join(lines).split()).count("word") == 12


def test_show_leaves_lines_of_code_as_they_are() -> None:
    cls = registry.load("image.fmix")
    (spec,) = [spec for spec in augreg.list_augmenters("image") if spec.name == "image.fmix"]
    code = [line.strip() for line in (cls.__doc__ or "").splitlines() if line.strip().startswith(">>>")]
    assert code
    assert set(code) <= set(Sheet(spec, cls).lines())


@pytest.mark.parametrize("spec", augreg.list_augmenters(), ids=lambda spec: spec.id)
def test_sheets_of_the_installed_augmenters(spec: augreg.AugmenterSpec) -> None:
    cls = registry.load(spec.id)
    branch = "record" if cls.declares.joint or cls.declares.joint_optional else spec.modalities[0]
    sheet = Sheet(spec, cls)
    facts = json.loads(json.dumps(sheet.as_dict()))
    text = "\n".join(sheet.lines())
    written = yaml.safe_load(text.partition("In a pipeline file\n")[2])
    assert written == {branch: [facts["example"]]}
    try:
        pipe = augreg.Pipeline.from_dict(written)
    except augreg.ConfigError as error:
        # "..." stands for a file or a folder that only the user has.
        if "pip install" in str(error) or "..." in str(error):
            pytest.skip(f"needs an optional library, or a file of the user's: {error}")
        raise
    code = text.partition("In Python\n")[2].partition("\n  out")[0].replace("\n  ", "\n").strip()
    found: dict[str, object] = {"augreg": augreg}
    exec(code, found)
    assert found["pipe"] == pipe

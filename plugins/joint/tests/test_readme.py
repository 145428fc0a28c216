"""The README's code prints what the README says."""

import contextlib
import io
import re
from pathlib import Path

import yaml

import augreg

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_examples_print_what_they_say():
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 3
    for code, printed in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, names)
        assert out.getvalue() == printed


def test_the_pipeline_file_is_one():
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    pipe = augreg.Pipeline.from_yaml(text)
    assert (
        pipe.to_dict()["record"][0]["image_text.hflip"]["rules"]
        == yaml.safe_load(text)["record"][0]["image_text.hflip"]["rules"]
    )


def test_every_augmenter_is_named():
    for spec in augreg.list_augmenters(plugin="augreg-joint"):
        assert f"`{spec.name}`" in README

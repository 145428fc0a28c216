"""Folders of models that a pipeline names: nothing in them runs, and what cannot be used is refused by name."""

import json
import sys
from pathlib import Path

import pytest
import torch
from tiny_models import make_bert, make_gpt

from augreg.errors import ConfigError

pytest.importorskip("transformers")
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")

CODE = "import pathlib; pathlib.Path({mark!r}).write_text('ran')\nclass Made: pass\n"


def set_keys(file: Path, **keys: object) -> None:
    file.write_text(json.dumps({**json.loads(file.read_text()), **keys}))


class Runs:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.write_text, (self.mark, "ran")


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
@pytest.mark.parametrize("depth", [0, 2])
def test_code_of_a_folder_is_refused_and_never_asked_about(tmp_path, monkeypatch, file, depth):
    from augreg_text import models
    from augreg_text.masked_lm import MaskedLm

    def ask(*_: object) -> str:
        raise AssertionError("somebody was asked")

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(sys, "stdin", None)
    folder = Path(make_bert(tmp_path / "model"))
    (folder / "made.py").write_text(CODE.format(mark=str(tmp_path / "mark")))
    keys = {"auto_map": dict.fromkeys(["AutoConfig", "AutoModelForMaskedLM", "AutoTokenizer"], "made.Made")}
    for _ in range(depth):
        keys = {"inner": [keys]}
    set_keys(folder / file, **keys)
    with pytest.raises(ConfigError, match=f"auto_map in {file}"):
        MaskedLm(path=str(folder))
    with pytest.raises(ConfigError, match="auto_map"):
        models.load("AutoModelForMaskedLM", str(folder), "cpu")
    assert not (tmp_path / "mark").exists()


@pytest.mark.parametrize("beside", [False, True])
def test_pickled_weights_are_not_read(tmp_path, beside):
    from augreg_text import models
    from augreg_text.masked_lm import MaskedLm

    folder = Path(make_bert(tmp_path / "model"))
    torch.save({"x": Runs(tmp_path / "mark")}, folder / "pytorch_model.bin")
    if beside:
        models.load("AutoModelForMaskedLM", str(folder), "cpu")
    else:
        (folder / "model.safetensors").unlink()
        with pytest.raises(ConfigError, match=r"pickled \(pytorch_model.bin\).*save_pretrained"):
            MaskedLm(path=str(folder))
        with pytest.raises(ConfigError, match="pickled"):
            models.load("AutoModelForMaskedLM", str(folder), "cpu")
    assert not (tmp_path / "mark").exists()


def test_a_token_of_that_name_is_no_code(tmp_path):
    from augreg_text import models

    folder = Path(make_bert(tmp_path / "model"))
    set_keys(folder / "tokenizer_config.json", note="auto_map")
    models.check(str(folder), "cpu")


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda f: (f / "model.safetensors").write_bytes(b"\xff" * 64), "cannot be loaded by AutoModelForMaskedLM"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "cannot be loaded by AutoModelForMaskedLM"),
        (lambda f: (f / "model.safetensors").unlink(), "it has no weights"),
        (lambda f: (f / "config.json").write_text("{"), "is no JSON"),
        (lambda f: (f / "config.json").write_text("[" * 100_000), "is no JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "cannot be loaded"),
        (lambda f: set_keys(f / "config.json", hidden_size="x"), "cannot be loaded"),
        (lambda f: set_keys(f / "config.json", model_type="none of these"), "cannot be loaded"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "cannot be loaded"),
    ],
)
def test_damaged_folders_are_refused_by_name(tmp_path, damage, match):
    from augreg_text import models

    folder = Path(make_bert(tmp_path / "model"))
    damage(folder)
    with pytest.raises(ConfigError, match=match) as caught:
        models.load("AutoModelForMaskedLM", str(folder), "cpu")
    assert str(folder) in str(caught.value)


def test_a_folder_of_another_kind_of_model_is_refused(tmp_path):
    from augreg_text import models

    with pytest.raises(ConfigError, match="cannot be loaded by AutoModelForMaskedLM"):
        models.load("AutoModelForMaskedLM", make_gpt(tmp_path / "model"), "cpu")

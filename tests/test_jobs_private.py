"""Aliases in place of names, and outputs that are encrypted for the holders of age keys."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as Pillow

import augreg
from augreg.cli.app import app
from augreg.errors import ConfigError
from augreg.jobs import Settings, forget, replay, run, verify

PIPE = {"image": [{"image.rotate": {}}, {"image.mixup": {"p": 0.5}}], "text": [{"text.keyboard": {"rate": 0.2}}]}
NAMES = ("lovelace", "babbage", "somerville")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    for kind in ("cat", "dog"):
        folder = tmp_path / "in" / kind
        folder.mkdir(parents=True)
        for i, name in enumerate(NAMES):
            pixels = np.random.default_rng(i + len(kind)).integers(0, 256, (20, 20, 3), np.uint8)
            Pillow.fromarray(pixels).save(folder / f"{name}.png")
            (folder / f"{name}.diary.txt").write_text("some words to type")
    (tmp_path / "in" / "dog" / "lovelace_broken.png").write_bytes(b"nothing")
    (tmp_path / "in" / "babbage_outside.png").symlink_to(tmp_path)
    (tmp_path / "in" / "babbage_linked.png").symlink_to("/etc/hostname")
    return tmp_path / "in"


def job(source: Path, out: str = "out", **changes: Any) -> Path:
    settings = {"source": source, "out": source.parent / out, "seed": 3, "anonymize_names": True, **changes}
    run(augreg.Pipeline(PIPE), Settings(**settings))
    return source.parent / out


def told(out: Path) -> str:
    """Everything that an output folder says: names of files and what stands in them."""
    words = [str(path.relative_to(out)) for path in out.rglob("*")]
    return "\n".join([*words, *((out / name).read_text() for name in ("manifest.jsonl", "run.json"))])


def lines(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "manifest.jsonl").read_bytes().splitlines()]


def content(out: Path) -> dict[str, bytes]:
    return {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("folders", [False, True])
def test_no_name_is_told(source: Path, folders: bool) -> None:
    out = job(source, keep_folders=folders)
    words = told(out)
    assert not [name for name in (*NAMES, "broken", "diary") if name in words]
    assert ("cat/" in words) == folders
    assert verify(out).faults == []
    assert len(lines(out)) == 14
    for path in out.rglob("*.png"):
        with Pillow.open(path) as picture:
            assert picture.size == (20, 20)


def test_messages_tell_no_name(source: Path) -> None:
    pipe = source.parent / "pipe.yaml"
    augreg.Pipeline(PIPE).save(pipe)
    result = CliRunner().invoke(
        app, ["run", str(pipe), str(source), str(source.parent / "out"), "--anonymize-names", "--seed", "1"]
    )
    assert result.exit_code == 1, result.output
    assert not [name for name in (*NAMES, "broken") if name in result.output]


def test_names_differ_from_job_to_job_unless_they_are_kept(source: Path) -> None:
    kept = source.parent / "names"
    first, second = job(source), job(source, "second")
    assert {line["source"] for line in lines(first)} & {line["source"] for line in lines(second)} == set()
    third, fourth = job(source, "third", names_to=kept), job(source, "fourth", names_to=kept)
    assert content(third) == content(fourth)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    pairs = [json.loads(line) for line in kept.read_text().splitlines()[1:]]
    assert {pair["alias"] for pair in pairs} == {line["source"] for line in lines(third)}
    assert verify(third, source, names=kept).faults == []
    with pytest.raises(ConfigError, match="its secret was not given"):
        verify(third, source)
    for line in lines(third):
        if line["outcome"] != "error":
            assert replay(third, line["output"], source, source.parent / "again", kept).same
    forget(third, ["cat/lovelace.png"], kept)
    assert verify(third, source, names=kept).faults == []


def test_a_stopped_job_goes_on_with_its_names(source: Path) -> None:
    kept = source.parent / "names"

    def stop(summary: Any) -> None:
        if summary.done:
            raise KeyboardInterrupt

    given: dict[str, Any] = {"source": source, "seed": 3, "anonymize_names": True, "shard_size": 4, "engine": "inline"}
    with pytest.raises(KeyboardInterrupt):
        run(augreg.Pipeline(PIPE), Settings(out=source.parent / "out", **given), stop)
    state = source.parent / "out" / ".augreg" / "secret"
    assert stat.S_IMODE(state.stat().st_mode) == 0o600
    kept.write_text(json.dumps({"secret": state.read_text()}) + "\n")
    run(augreg.Pipeline(PIPE), Settings(out=source.parent / "out", resume=True, **given))
    assert not state.exists()
    whole = job(source, "whole", names_to=kept, shard_size=4)
    assert content(source.parent / "out") == content(whole)
    with pytest.raises(ConfigError, match="the secret of its names with it"):
        run(augreg.Pipeline(PIPE), Settings(out=source.parent / "out", resume=True, **given))


def test_settings_that_do_not_fit_are_refused(source: Path) -> None:
    with pytest.raises(ConfigError, match="Give anonymize_names"):
        Settings(source=source, out=source.parent / "out", seed=1, keep_folders=True)
    with pytest.raises(ConfigError, match="would tell the names there"):
        job(source, names_to=source.parent / "out" / "names")


def keys(folder: Path) -> tuple[str, Path]:
    pyrage = pytest.importorskip("pyrage")
    identity = pyrage.x25519.Identity.generate()
    (folder / "key").write_text(f"# created today\n{identity}\n")
    return str(identity.to_public()), folder / "key"


def test_outputs_are_encrypted_and_open_to_what_they_were(source: Path) -> None:
    import pyrage

    public, secret = keys(source.parent)
    plain = job(source, "plain", anonymize_names=False)
    out = job(source, anonymize_names=False, encrypt_to=(public,))
    identity = pyrage.x25519.Identity.from_str(secret.read_text().splitlines()[1])
    for line, other in zip(lines(out), lines(plain), strict=True):
        if line["outcome"] == "error":
            continue
        assert (line["output"], line["sha256"]) == (other["output"] + ".age", other["sha256"])
        opened = pyrage.decrypt((out / line["output"]).read_bytes(), [identity])
        assert opened == (plain / other["output"]).read_bytes()
        assert replay(out, line["output"], source, source.parent / "again").same
    assert verify(out).notes == ["outputs are encrypted: their sizes were compared, not their content"]
    assert verify(out).faults == []


def test_damage_of_encrypted_outputs_is_found(source: Path) -> None:
    public, secret = keys(source.parent)
    (source.parent / "to").write_text(f"{public}\n")
    out = job(source, anonymize_names=False, encrypt_to=(str(source.parent / "to"),))
    path = out / "cat/lovelace__a0.png.age"
    raw = path.read_bytes()
    path.write_bytes(raw[:-1])
    assert "has not the" in verify(out).faults[0]
    path.write_bytes(raw[:-1] + bytes((raw[-1] ^ 1,)))
    assert verify(out).faults == []  # its size is right, and no key is here
    result = CliRunner().invoke(app, ["verify", str(out), "--identity", str(secret)])
    assert result.exit_code == 1
    assert "lovelace__a0.png.age cannot be decrypted" in result.output
    path.write_bytes(b"no age file")
    job(source, anonymize_names=False, encrypt_to=(public,), resume=True)
    result = CliRunner().invoke(app, ["verify", str(out), "--identity", str(secret)])
    assert result.exit_code == 0, result.output
    forget(out, ["cat/lovelace.png"])
    assert not path.exists()
    assert verify(out).faults == []


def test_keys_that_are_none_are_refused(source: Path) -> None:
    with pytest.raises(ConfigError, match="'age1abc' is no age recipient"):
        job(source, encrypt_to=("age1abc",))
    with pytest.raises(ConfigError, match="file of age recipients 'nowhere' cannot be read"):
        job(source, encrypt_to=("nowhere",))
    assert not (source.parent / "out").exists()

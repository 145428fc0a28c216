"""Hugging Face models from local folders: loaded once per process and device, never downloaded."""

from __future__ import annotations

import importlib
import importlib.util
import json
import threading
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch

from augreg import ConfigError
from augreg.kernel import listing, resolve_device

lock: Final = threading.RLock()
"""Held while a model runs: tokenizers keep padding and truncation on themselves."""
_LONGEST_INPUT: Final = 4096
"""Tokens at once, where a tokenizer names no bound (transformers writes 1e30 then): attention costs their square."""
_SETTINGS: Final = ("config.json", "tokenizer_config.json", "generation_config.json", "processor_config.json")
_WEIGHTS: Final = ("model.safetensors", "model.safetensors.index.json")
_PICKLED: Final = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.h5", "*.msgpack")
_LARGEST_SETTINGS: Final = 16 * 2**20
"""Bytes; a tokenizer_config.json of a few hundred thousand added tokens is that large."""


class Generation(NamedTuple):
    """How a model generates: width of the beam, longest result in tokens, languages if it has many, kind of model."""

    beams: int
    max_tokens: int
    reads: str = ""
    writes: str = ""
    kind: str = "AutoModelForSeq2SeqLM"


def check(path: str, device: str) -> None:
    """Make sure that there is a folder with a model, a device, and transformers; loads nothing.

    Raises:
        ConfigError: one of them is missing.

    """
    if not (Path(path) / "config.json").is_file():
        raise ConfigError(f"{path!r} is no folder with a model: no config.json there. Save one with save_pretrained.")
    check_trust(Path(path))
    if importlib.util.find_spec("transformers") is None:
        raise ConfigError("transformers is not installed. Run: pip install 'augreg-text[transformers]'")
    resolve_device(device)


def check_trust(folder: Path) -> None:
    """Refuse a folder that would run code of its own: a pipeline file names folders, and may come from anyone.

    Raises:
        ConfigError: its settings name classes of its own, or its weights are pickled.

    """
    for file in sorted(folder.glob("*.json")):
        if file.name in _SETTINGS and _names_code(_settings(file)):
            raise ConfigError(
                f"the model {str(folder)!r} brings code of its own (auto_map in {file.name}), which augreg does not "
                "run. Use a model of an architecture that transformers has."
            )
    if any((folder / name).is_file() for name in _WEIGHTS):
        return
    pickled = sorted(file.name for pattern in _PICKLED for file in folder.glob(pattern))
    found = f"its weights are pickled ({pickled[0]}), and reading them may run code" if pickled else "it has no weights"
    raise ConfigError(
        f"the model {str(folder)!r} cannot be used: {found}. Weights must be {_WEIGHTS[0]}: save them by "
        "save_pretrained(folder, safe_serialization=True)."
    )


def _names_code(settings: Any) -> bool:
    """Whether settings, or what is nested in them, name classes of the folder's own."""
    inner = settings.values() if isinstance(settings, dict) else settings if isinstance(settings, list) else ()
    return (isinstance(settings, dict) and "auto_map" in settings) or any(_names_code(each) for each in inner)


def _settings(file: Path) -> Any:
    if not file.is_file() or file.stat().st_size > _LARGEST_SETTINGS:
        raise ConfigError(f"{str(file)!r} is no file of settings of up to {_LARGEST_SETTINGS // 2**20} MiB.")
    try:
        return json.loads(file.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{str(file)!r} is no JSON: {error}. Save the model again.") from None


@lru_cache(maxsize=8)
def load(kind: str, path: str, device: str) -> tuple[Any, Any]:
    """Return tokenizer and model of a folder, ready for inference on a device.

    Args:
        kind: "AutoModelForMaskedLM", "AutoModelForSeq2SeqLM" or "AutoModelForCausalLM".
        path: the folder.
        device: "cpu", "cuda", "auto", ...

    """
    check_trust(Path(path))
    transformers = importlib.import_module("transformers")
    trust = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path, **trust)
        model = getattr(transformers, kind).from_pretrained(path, **trust, use_safetensors=True)
    except MemoryError:
        raise
    except Exception as error:  # whatever is wrong with a folder: its files are read by several libraries
        said = str(error).strip() or type(error).__name__
        raise ConfigError(f"path={path!r} cannot be loaded by {kind}: {said}") from None
    if kind == "AutoModelForCausalLM":
        # What is said comes after the text, so the padding comes before it, and the end of the text is what counts.
        tokenizer.padding_side = tokenizer.truncation_side = "left"
        tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    return tokenizer, model.to(resolve_device(device)).eval()


def max_input_tokens(tokenizer: Any, model: Any) -> int:
    """Return how many tokens the model takes at once."""
    places = getattr(model.config, "max_position_embeddings", None)
    embedded = getattr(getattr(model.base_model, "embeddings", None), "position_embeddings", None)
    skipped = getattr(embedded, "padding_idx", None)
    if places and skipped is not None:
        # RoBERTa counts from behind the number of the padding token.
        places -= skipped + 1
    return int(min(limit for limit in (tokenizer.model_max_length, places, _LONGEST_INPUT) if limit))


def without_surrogates(text: str) -> str:
    """Return a text that a tokenizer takes: lone surrogates become question marks, one for one."""
    return text.encode("utf-8", "replace").decode()


def max_text_tokens(path: str, device: str) -> int:
    """Return how many tokens of a text a masked language model takes, beside the special ones at both ends."""
    tokenizer, model = load("AutoModelForMaskedLM", path, device)
    return max_input_tokens(tokenizer, model) - int(tokenizer.num_special_tokens_to_add())


def token_counts(texts: list[str], path: str, device: str) -> list[int]:
    """Return how many tokens each text is for a masked language model, without special ones."""
    if not texts:
        return []
    with lock:
        tokenizer, _ = load("AutoModelForMaskedLM", path, device)
        coded = tokenizer([without_surrogates(text) for text in texts], add_special_tokens=False, verbose=False)
    return [len(ids) for ids in coded["input_ids"]]


@torch.inference_mode()
def mask_logits(texts: list[str], path: str, device: str) -> list[torch.Tensor]:
    """Return the logits at the mask tokens of every text: (masks, vocabulary), float32, on the CPU.

    Masks behind the model's longest input are left out.
    """
    with lock:
        tokenizer, model = load("AutoModelForMaskedLM", path, device)
        coded = tokenizer(
            [without_surrogates(text) for text in texts],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=max_input_tokens(tokenizer, model),
        ).to(model.device)
        logits = model(**coded).logits
        masks = coded["input_ids"] == tokenizer.mask_token_id
    return [row[mask].float().cpu() for row, mask in zip(logits, masks, strict=True)]


@torch.inference_mode()
def generate(texts: list[str], path: str, device: str, how: Generation) -> list[list[str]]:
    """Return what a model makes of every text, or puts behind it: ``how.beams`` candidates each, the best first."""
    with lock:
        tokenizer, model = load(how.kind, path, device)
        options = _languages(tokenizer, how)
        behind = how.kind == "AutoModelForCausalLM"
        coded = tokenizer(
            [without_surrogates(text) for text in texts],
            return_tensors="pt",
            padding=True,
            truncation=True,
            max_length=max_input_tokens(tokenizer, model) - how.max_tokens * behind,
        ).to(model.device)
        coded.pop("token_type_ids", None)
        # Beam search draws nothing: random numbers pick among its results, elsewhere.
        made = model.generate(
            **coded,
            do_sample=False,
            num_beams=how.beams,
            num_return_sequences=how.beams,
            max_new_tokens=how.max_tokens,
            early_stopping=how.beams > 1,
            **options,
        )
        made = made[:, coded["input_ids"].shape[1] * behind :]
        found = [text.strip() for text in tokenizer.batch_decode(made, skip_special_tokens=True)]
    return [found[i : i + how.beams] for i in range(0, len(found), how.beams)]


def _languages(tokenizer: Any, how: Generation) -> dict[str, int]:
    """Tell a model of many languages which it reads and writes (NLLB, M2M-100, mBART).

    Raises:
        ConfigError: it does not know the language.

    """
    if how.reads:
        tokenizer.src_lang = how.reads
    if not how.writes:
        return {}
    token = getattr(tokenizer, "lang_code_to_token", {}).get(how.writes, how.writes)
    number = tokenizer.convert_tokens_to_ids(token)
    if number is None or number == tokenizer.unk_token_id:
        known = [t for t in tokenizer.all_special_tokens if t not in (tokenizer.pad_token, tokenizer.unk_token)]
        raise ConfigError(f"language {how.writes!r}: the model has no such token. Its special ones: {listing(known)}.")
    return {"forced_bos_token_id": int(number)}

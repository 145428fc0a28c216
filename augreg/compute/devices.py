"""Names of devices."""

from __future__ import annotations

import torch

from augreg.errors import ConfigError

DeviceLike = torch.device | str | None


def resolve_device(device: DeviceLike) -> torch.device | None:
    """Turn "cpu", "cuda", "auto" or None into a torch device; "auto" is CUDA when there is one.

    Raises:
        ConfigError: the name is unknown, or the device is not there.

    >>> from augreg.kernel import resolve_device
    >>> resolve_device("cpu")
    device(type='cpu')

    """
    if device is None:
        return None
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError):
        raise ConfigError(f"device {device!r} is unknown. Valid: 'cpu', 'cuda', 'cuda:0', 'auto', None.") from None
    if found.type == "meta":
        raise ConfigError("device 'meta' holds no data. Valid: 'cpu', 'cuda', 'cuda:0', 'auto', None.")
    if found.type == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device {str(device)!r} is not available on this machine. Use device='auto' or 'cpu'.")
    return found

"""Random numbers of torch from a generator of one's own, where a peer draws from the global one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import torch
from torch.overrides import TorchFunctionMode

_FUNCTIONS: Final = (
    "rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "normal", "bernoulli",
    "multinomial", "poisson", "_sample_dirichlet", "_standard_gamma", "binomial",
)  # fmt: skip
_METHODS: Final = (
    "uniform_", "normal_", "random_", "bernoulli_", "exponential_", "geometric_", "log_normal_", "cauchy_", "bernoulli",
    "multinomial",
)  # fmt: skip
_DRAWS: Final = frozenset(
    [getattr(torch, name) for name in _FUNCTIONS] + [getattr(torch.Tensor, name) for name in _METHODS]
)


class TorchDraws(TorchFunctionMode):
    """While it is entered, what this thread draws by torch comes from one seed, as after ``torch.manual_seed(seed)``.

    The global generator is neither asked nor changed, and other threads notice nothing.

    >>> import torch
    >>> from augreg.adapters import TorchDraws
    >>> with TorchDraws(7):
    ...     first = torch.rand(3)
    >>> torch.equal(first, torch.rand(3, generator=torch.Generator().manual_seed(7)))
    True

    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._generator = torch.Generator().manual_seed(seed)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, with the generator if it draws."""
        given = dict(kwargs or {})
        if func in _DRAWS and given.get("generator") is None:
            given["generator"] = self._generator
        return func(*args, **given)

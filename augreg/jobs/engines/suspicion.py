"""Which sample killed a worker: found by doing its shard again, each time with more care."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from augreg.errors import AugregError
from augreg.jobs.work import Care

PATIENCE: Final = 5
"""Deaths of a shard's workers without a sample at work after which the fault is the machine's."""

ENOUGH: Final = 20
"""Deaths of a shard's workers, each at another sample, after which the fault is the machine's; or somebody's, who
kills them. One sample is found by at most six."""


class CrashError(AugregError, RuntimeError):
    """Workers die without working on a sample: none of them can be blamed."""


@dataclass(slots=True)
class _Case:
    care: Care = ""
    poison: dict[int, str] = field(default_factory=dict)
    accused: tuple[int, ...] = ()
    unexplained: int = 0
    undecided: int = 0
    """Deaths since an input was last found guilty."""


class Suspicion:
    """Keeps for every shard of which a worker died how it is to be done next.

    First it is done again with every file announced before it is touched. What is at work when the worker dies twice
    is what kills it: one file is refused; of a whole batch every sample is tried alone, and if each survives that, the
    batch is refused. Twice, since a worker may also be killed by somebody, at whatever it just does.
    """

    def __init__(self) -> None:
        self._cases: dict[int, _Case] = {}

    def of(self, shard: int) -> tuple[Care, Mapping[int, str]]:
        """Return with what care a shard is to be done, and which of its inputs are not to be touched."""
        case = self._cases.get(shard, _Case())
        return case.care, case.poison

    def clear(self, shard: int) -> None:
        """Forget a shard that is done."""
        self._cases.pop(shard, None)

    def died(self, shard: int, doing: Sequence[int], cause: str) -> None:
        """Note that a worker died on a shard, at these inputs.

        Raises:
            CrashError: it happened too often without an input at work.

        """
        case = self._cases.setdefault(shard, _Case())
        at = tuple(doing)
        case.undecided += 1
        if case.undecided >= ENOUGH:
            raise CrashError(
                f"workers died {ENOUGH} times on shard {shard}, each time at another sample: {cause}. See what ends "
                "them (memory, a batch system), and resume the job."
            )
        if not case.care or not at:
            case.unexplained += 1
            if case.unexplained >= PATIENCE:
                raise CrashError(
                    f"workers died {PATIENCE} times on shard {shard} without a sample at work: {cause}. "
                    "Use fewer --workers, and resume the job."
                )
            case.care = case.care or "each"
        elif at != case.accused:
            case.accused = at
        elif len(at) > 1 and case.care == "each":
            case.care, case.accused = "alone", ()
        else:
            together = "" if len(at) == 1 else f" with the {len(at) - 1} others of its batch"
            case.poison |= dict.fromkeys(at, f"{cause}, twice, while it was worked on{together}. Leave it out.")
            case.accused, case.undecided = (), 0

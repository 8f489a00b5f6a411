"""Whether every process of a training has the callback: only then can a command be obeyed by all at one step.

Nothing says that each rank of somebody's script joined, and one that shares a command alone waits for the others for
ever. So they vote, through the store by which they found each other: a rank that waits in vain for the rest
decides against it, and the first decision counts for all. No vote waits for ever.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from trainer_bridge.agreement import Together

log = logging.getLogger("trainer_bridge")

#: Seconds that the first process waits for the others, and the others for its word. They built the same DDP model a
#: moment ago; but what else reports (W&B, MLflow) may keep the first one busy first.
FIRST_WAITS, OTHERS_WAIT = 10.0, 60.0
#: Seconds for the processes to find each other over gloo, which over several machines may be impossible.
MEETING = 30.0
LOOK_EVERY = 0.02

#: How many trainings of several processes began in this one; equal on all ranks.
_trainings = 0
#: The group of all processes that was made for commands, and the one of the training that it belongs to.
_made: tuple[Any, Any] = (None, None)


class Steered(Together):
    """Processes of somebody's script: they obey together, and meet nowhere else."""

    def __init__(self, group: Any) -> None:
        super().__init__()
        self._gloo = group

    def meet(self) -> None:
        """A callback of the script may have one process save alone; the others would be waited for."""


def steered(can_speak: bool) -> Steered | None:
    """What the processes of this training share commands by, None where they cannot. Each of them calls this
    as it begins to train; ``can_speak``: this one hears commands, or is not the first.
    """
    global _trainings
    from torch import distributed
    from torch.distributed.distributed_c10d import _get_default_store

    if not (distributed.is_available() and distributed.is_initialized()):
        return None
    _trainings += 1
    rank, world = distributed.get_rank(), distributed.get_world_size()
    vote = Vote(_get_default_store(), f"trainboard/{_trainings}", rank, world)
    if not vote.all_agree("joined", can_speak):
        return None
    group = _gloo_group()
    return Steered(group) if vote.all_agree("met", group is not None) else None


class Vote:
    """One process's voice among ``world`` of them; ``key`` names what is voted on, alike in all."""

    def __init__(self, store: Any, key: str, rank: int, world: int) -> None:
        self._store, self._key, self._rank, self._world = store, key, rank, world

    def all_agree(self, question: str, mine: bool) -> bool:
        """Whether all of them came and said yes; the same answer on each that asks."""
        voices, verdict = f"{self._key}/{question}/voices", f"{self._key}/{question}/verdict"
        if not mine:
            return self._decide(verdict, "no")
        came = self._store.add(voices, 1)
        if self._rank:
            _wait(lambda: self._store.check([verdict]), OTHERS_WAIT)
            return self._decide(verdict, "no")
        all_came = came == self._world or _wait(
            lambda: self._store.check([verdict]) or self._store.add(voices, 0) == self._world, FIRST_WAITS
        )
        return self._decide(verdict, "yes" if all_came else "no")

    def _decide(self, verdict: str, mine: str) -> bool:
        """The first decision stays, whosever it is."""
        return bool(self._store.compare_set(verdict, "", mine) == b"yes")


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Not the store's own waiting, which would keep other threads of the training from it."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_EVERY)
    return True


def _gloo_group() -> Any:
    """All processes, for commands alone; None where they do not find each other."""
    global _made
    from torch import distributed
    from torch.distributed import distributed_c10d

    world = distributed.group.WORLD
    if _made[0] is not world:
        try:
            group = distributed.new_group(backend="gloo", timeout=timedelta(seconds=MEETING))
            distributed.barrier(group=group)
            # A step, an evaluation or a checkpoint of the first may take long.
            distributed_c10d._set_pg_timeout(distributed_c10d.default_pg_timeout, group)
        except Exception as error:
            log.warning("the processes do not reach each other over gloo: %s", error)
            group = None
        _made = (world, group)
    return _made[1]

"""What a web process does for checkpoints in the background: reads them whole, takes away what is due."""

import logging
import time
from collections.abc import Callable

from runs.checkpoints import checking, deletion, incoming, retention, storing

log = logging.getLogger(__name__)

#: Seconds between two rounds of the policies.
POLICIES_EVERY = 30.0
#: Seconds for which a storage that failed is left alone.
AWAY_FOR = 60.0
#: Seconds for which one round may read checkpoints.
PATIENCE = 20.0


class Care:
    """One round after the other; policies are applied only now and then."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._policies_at = -POLICIES_EVERY
        self._store_at = 0.0

    def round(self) -> None:
        """Blocks while files are read; call it in a thread."""
        begin = self._clock()
        while checking.check_next() and self._clock() - begin < PATIENCE:
            pass
        if self._clock() - begin < PATIENCE:
            self._store()
        if self._clock() - self._policies_at >= POLICIES_EVERY:
            self._policies_at = self._clock()
            apply_policies()

    def _store(self) -> None:
        """One a round. A storage that is away is told once in a while, and asked again."""
        if self._clock() < self._store_at:
            return
        try:
            storing.store_next()
        except Exception as error:  # whatever the storage's client raises
            self._store_at = self._clock() + AWAY_FOR
            log.warning("the storage does not take checkpoints: %s; trying again in %.0f s", error, AWAY_FOR)


def apply_policies() -> None:
    """Finish what was cut short, say what the policies want gone, take away what is due."""
    deletion.finish_started()
    incoming.give_up_abandoned()
    for project in retention.projects_with_policies():
        retention.announce(project)
        for sentence in retention.carry_out(project).refused:
            log.info("%s: %s", project.slug, sentence)

"""How often a dying child is started again."""

from dataclasses import dataclass

#: A child that lived this long, in seconds, was well; its next death counts as the first.
WELL = 30.0
#: After so many deaths in quick succession `up` gives up.
QUICK_DEATHS = 5


@dataclass
class Restarts:
    """Counts quick deaths and says how long to wait before the next start."""

    deaths: int = 0

    def after_death(self, lived: float) -> float | None:
        """Seconds to wait before starting again: 0.2, 0.4, 0.8, 1.6; None when it has died too often.

        ``lived`` is how long the process was up, in seconds.
        """
        self.deaths = 1 if lived >= WELL else self.deaths + 1
        if self.deaths >= QUICK_DEATHS:
            return None
        return 0.1 * 2**self.deaths

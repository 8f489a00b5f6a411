"""How far a long step is, in words: told when the percentage changes."""

from collections.abc import Callable

from trainer_bridge.sizes import bytes_size


class Progress:
    """``what`` is being done to ``total`` bytes: "copying, 43 % of 5.0 GiB"."""

    def __init__(self, what: str, total: int, tell: Callable[[str], None]) -> None:
        self._what, self._total, self._tell = what, total, tell
        self._done, self._told = 0, -1
        self.add(0)

    def add(self, size: int) -> None:
        """So many bytes more are done."""
        self._done += size
        percent = min(100 * self._done // self._total, 100) if self._total else 100
        if percent != self._told:
            self._told = percent
            self._tell(f"{self._what}, {percent} % of {bytes_size(self._total)}")

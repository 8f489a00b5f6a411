"""One training with its supervisor, as a worker has them."""

import threading

from trainer_bridge.protocol import Metrics
from trainer_bridge.supervisor import Supervisor


class Supervised:
    """A supervisor on a thread of its own, as in a worker."""

    def __init__(self, job, launcher) -> None:
        self.supervisor = Supervisor(job, launcher)
        self.delivered = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        self.delivered = self.supervisor.run()

    @property
    def pid(self) -> int:
        return self.supervisor._child.pid

    def end(self, timeout: float = 30) -> bool:
        self._thread.join(timeout)
        assert not self._thread.is_alive(), "the training did not end"
        return self.delivered


def wait_for_steps(server, count=3):
    server.wait_for(lambda: sum(isinstance(e, Metrics) for e in server.arrivals) >= count, 30)

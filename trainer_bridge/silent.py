"""What stands in for a client of the bridge where another process speaks for the training."""

from trainer_bridge.protocol import Event


class Silent:
    """Takes events and tells nobody."""

    connected = False
    refused = ""

    def __init__(self, attempt: int) -> None:
        self.attempt = attempt

    def emit(self, event: Event) -> None:
        """Nobody hears it."""

    def close(self, timeout: float) -> bool:
        """There is nothing to deliver."""
        return True

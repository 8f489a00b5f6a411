"""A bridge that asks for its place at the server itself, for as long as it takes; meanwhile events are recorded."""

import time

from trainer_bridge.client import BridgeClient, OnCommand
from trainer_bridge.join.api import Started, StartRefused, start
from trainer_bridge.join.local import LocalRun
from trainer_bridge.join.wish import say
from trainer_bridge.rest import ServerAway
from trainer_bridge.session import FinalRefusal, Session

#: Seconds that the end of the process waits for a server that answers, and for one whose answer is not known yet.
LAST_FLUSH = 10.0
FIRST_ANSWER = 3.0


class JoiningClient(BridgeClient):
    """``started`` is what the server answered, None before it has. What a person must know is said in one line."""

    def __init__(
        self, server: str, token: str, local: LocalRun, source: str, on_command: OnCommand | None = None
    ) -> None:
        """Raises ValueError (address), SpoolBusy (another process has this source)."""
        self.started: Started | None = None
        self._api_token, self._local = token, local
        self._said_offline = False
        super().__init__(
            server, "", local.meta.run, local.meta.attempt or 1, source, local.spool(source), on_command
        )

    def finish(self) -> bool:
        """Deliver what a server that is there takes in time, and release the spool; whether it has all."""
        delivered = self.close(LAST_FLUSH if self._is_there() else 0.0)
        if delivered:
            self._local.remove_delivered(self.source)
        return delivered

    def _is_there(self) -> bool:
        """Whether the server answers; a run that ends at once waits a little to know."""
        deadline = time.monotonic() + FIRST_ANSWER
        with self._changed:
            self._changed.wait_for(
                lambda: self.connected or self._offline or bool(self.refused), deadline - time.monotonic()
            )
        return self.connected

    def _converse(self, session: Session) -> None:
        if not self._token:
            self._join()
        super()._converse(session)

    def _join(self) -> None:
        try:
            started = start(self._server, self._api_token, self._local.meta)
        except StartRefused as refused:
            raise FinalRefusal(str(refused)) from refused
        except ServerAway as away:
            raise ConnectionError(str(away)) from away
        self.attempt, self._token = started.attempt, started.token
        self._local.joined(started.attempt)
        with self._changed:
            self.started, self._offline = started, False
        if self.source == "trainer":
            say(f"{started.name} reports to {started.url}")

    def _note_offline(self, error: Exception) -> None:
        if not self._said_offline and not self._stopping:
            self._said_offline = True
            say(
                f"no connection to {self._server} ({error}). Training goes on; it is recorded in "
                f"{self._local.folder} and delivered when the server is back, or by "
                "`python -m trainer_bridge sync`."
            )
        with self._changed:
            self._offline = True
            self._changed.notify_all()

    def _note_final(self, reason: str) -> None:
        say(
            f"{self._server} refused this run: {reason} Training goes on; it is recorded in {self._local.folder}. "
            "Deliver it with `python -m trainer_bridge sync --token …`."
        )
        with self._changed:
            self.refused = reason
            self._changed.notify_all()

"""Commands wait here until the next step boundary, the one place where the Trainer reads its control
flags.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from trainer_bridge.protocol import Command, CommandAck, CommandStatus, Event

if TYPE_CHECKING:
    from transformers import TrainerControl

#: What the training itself obeys; "kill" is the supervisor's.
KINDS = ("stop", "save", "evaluate")
STOP_ASKED = "stop asked"


class Control:
    """Takes commands on any thread and applies them on the training thread.

    ``stop_reason`` is why the training was asked to stop, "" while it was not. ``can_evaluate`` is set by
    whoever knows the Trainer: an evaluation without data would end the training with an exception.
    ``can_save`` is false for a loop without a Trainer.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._lock = threading.Lock()
        self._queue: deque[Command] = deque()
        self._seen: set[int] = set()
        self._ended = ""
        self._asked_to_stop = ""
        self.stop_reason = ""
        self.can_evaluate = True
        self.can_save = True

    @property
    def ended(self) -> bool:
        """Whether it takes no more commands."""
        return bool(self._ended)

    def receive(self, command: Command) -> None:
        """Queue a command and say that it came. One that comes twice (after a reconnection) counts once."""
        if command.kind == "kill":
            return
        with self._lock:
            if command.id in self._seen:
                return
            self._seen.add(command.id)
            problem = self._problem(command)
            if not problem:
                self._queue.append(command)
        self._answer(command, "refused" if problem else "received", reason=problem)

    def request_stop(self, reason: str) -> None:
        """Save and stop at the next step boundary; safe in a signal handler (it takes no lock)."""
        self._asked_to_stop = reason

    def apply(self, control: "TrainerControl", step: int) -> None:
        """Set the Trainer's flags for everything that waits. Called at the end of a step."""
        while self._queue:
            command = self._queue.popleft()
            if command.kind == "stop":
                self._stop(control, bool(command.args.get("save", True)), STOP_ASKED)
            elif command.kind == "save":
                control.should_save = True
            else:
                control.should_evaluate = True
            self._answer(command, "applied", step)
        if self._asked_to_stop and not self.stop_reason:
            self._stop(control, True, self._asked_to_stop)

    def end(self, reason: str) -> None:
        """The training takes no more commands; what waits and what comes is refused with ``reason``."""
        with self._lock:
            self._ended = reason
            waiting, self._queue = self._queue, deque()
        for command in waiting:
            self._answer(command, "refused", reason=reason)

    def _stop(self, control: "TrainerControl", save: bool, reason: str) -> None:
        control.should_training_stop = True
        control.should_save = control.should_save or save
        self.stop_reason = self.stop_reason or reason

    def _problem(self, command: Command) -> str:
        if self._ended:
            return self._ended
        if command.kind not in KINDS:
            return f"this training knows no command “{command.kind}”"
        if command.kind == "evaluate" and not self.can_evaluate:
            return "the run has no evaluation data"
        if command.kind == "save" and not self.can_save:
            return "no Trainer is at work that could save"
        return ""

    def _answer(
        self, command: Command, status: CommandStatus, step: int | None = None, reason: str = ""
    ) -> None:
        self._emit(CommandAck(command.id, status, time.time(), step=step, reason=reason))

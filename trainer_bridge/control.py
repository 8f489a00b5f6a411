"""Commands wait here until the next step boundary, the one place where the Trainer reads its control
flags.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from trainer_bridge.agreement import Alone, Wish
from trainer_bridge.protocol import Command, CommandAck, CommandStatus, Event
from trainer_bridge.schedule import CannotChange
from trainer_bridge.steering import COMMANDS, Wheel, obey

log = logging.getLogger("trainer_bridge")

#: Seconds between two looks while a training is held: a signal handler can set a wish, but wake nobody.
LOOK_EVERY = 0.2


class Control:
    """Takes commands on any thread and applies them on the training thread.

    ``stop_reason`` is why the training was asked to stop, "" while it was not. ``can_evaluate`` is set by
    whoever knows the Trainer: an evaluation without data would end the training with an exception.
    ``can_save`` is false for a loop without a Trainer. Of several processes the first one takes the commands,
    ``processes`` (Together, see agreement.py) gives them to all.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._changed = threading.Condition()
        #: What came, and what of it all processes know of.
        self._queue: deque[Command] = deque()
        self._due: deque[Command] = deque()
        self._seen: set[int] = set()
        self._ended = ""
        self._asked_to_stop = ""
        self._agreed = Wish()
        self._held_by: Command | None = None
        self.stop_reason = ""
        self.can_evaluate = True
        self.can_save = True
        self.processes = Alone()

    @property
    def ended(self) -> bool:
        """Whether it takes no more commands."""
        return bool(self._ended)

    def receive(self, command: Command) -> None:
        """Queue a command and say that it came. One that comes twice (after a reconnection) counts once."""
        if command.kind == "kill":
            return
        with self._changed:
            if command.id in self._seen:
                return
            self._seen.add(command.id)
            problem = self._problem(command)
            if not problem:
                self._queue.append(command)
                self._changed.notify_all()
        self._answer(command, "refused" if problem else "received", reason=problem)

    def request_stop(self, reason: str) -> None:
        """Save and stop at the next step boundary; safe in a signal handler (it takes no lock)."""
        self._asked_to_stop = reason

    def apply(self, wheel: Wheel) -> None:
        """Do everything that waits. Called at the end of a step, on every process."""
        self._agree()
        while self._due and self._held_by is None:
            self._obey(wheel, self._due.popleft())
        if self._agreed.stop and not self.stop_reason:
            wheel.control.should_training_stop = wheel.control.should_save = True
            self.stop_reason = self._agreed.stop

    def hold(self, step: int) -> None:
        """Stand still while a person holds the training. Called before a step, when what was due is saved."""
        command, self._held_by = self._held_by, None
        if command is None:
            return
        self._answer(command, "applied", step)
        while not self._goes_on():
            with self._changed:
                if not (self._queue or self._asked_to_stop or self._ended):
                    self._changed.wait(LOOK_EVERY)
            # However long it is held, no process waits for another longer than this takes.
            self._agree()
        freeing = [command for command in self._due if command.kind == "go_on"]
        self._due = deque(command for command in self._due if command.kind != "go_on")
        for command in freeing:
            self._answer(command, "applied", step)

    def meet(self) -> None:
        """Wait for the other processes of the training."""
        self.processes.meet()

    def end(self, reason: str) -> None:
        """The training takes no more commands; what waits and what comes is refused with ``reason``."""
        with self._changed:
            self._ended = reason
            waiting = [*self._due, *self._queue]
            self._due, self._queue = deque(), deque()
            if self._held_by is not None:
                waiting.append(self._held_by)
        for command in waiting:
            self._answer(command, "refused", reason=reason)

    def _obey(self, wheel: Wheel, command: Command) -> None:
        try:
            done = obey(wheel, command.kind, command.args)
        except CannotChange as reason:
            self._answer(command, "refused", reason=str(reason))
            return
        except Exception as error:
            log.exception("the command %s failed", command.kind)
            self._answer(command, "refused", reason=f"it failed: {type(error).__name__}: {error}")
            return
        if done.hold:
            self._held_by = command
            return
        self.stop_reason = self.stop_reason or done.stop
        self._answer(command, "applied", wheel.step, result=done.result)

    def _agree(self) -> None:
        """Take what came; from now on all processes know of it."""
        with self._changed:
            came, self._queue = list(self._queue), deque()
        self._agreed = self.processes.share(Wish(came, self._asked_to_stop, bool(self._ended)))
        self._due.extend(self._agreed.commands)

    def _goes_on(self) -> bool:
        """Whether something waits that ends the holding; what comes while held is done when it goes on."""
        freeing = any(command.kind in ("go_on", "stop", "pause") for command in self._due)
        return freeing or bool(self._agreed.stop) or self._agreed.over

    def _problem(self, command: Command) -> str:
        if self._ended:
            return self._ended
        if command.kind not in COMMANDS:
            return f"this training knows no command “{command.kind}”"
        if command.kind == "evaluate" and not self.can_evaluate:
            return "the run has no evaluation data"
        if command.kind in ("save", "pause") and not self.can_save:
            return "no Trainer is at work that could save"
        return ""

    def _answer(
        self,
        command: Command,
        status: CommandStatus,
        step: int | None = None,
        reason: str = "",
        result: dict[str, Any] | None = None,
    ) -> None:
        self._emit(CommandAck(command.id, status, time.time(), step=step, reason=reason, result=result or {}))

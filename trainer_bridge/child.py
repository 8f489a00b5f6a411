"""The function that a warm child runs: one training from its spec to its exit record."""

import gc
import json
import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing import connection, parent_process
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from trainer_bridge.agreement import Together
from trainer_bridge.client import BridgeClient
from trainer_bridge.control import Control
from trainer_bridge.data_cache import remove_prepared
from trainer_bridge.job import ExitRecord, Job, write_exit_record
from trainer_bridge.outcome import exit_event
from trainer_bridge.output import LenientFile, open_lines
from trainer_bridge.own.find import is_script
from trainer_bridge.own.places import Places
from trainer_bridge.own.sources import source_of
from trainer_bridge.problem import SpecProblem
from trainer_bridge.protocol import STOP_ASKED, Environment, Warning
from trainer_bridge.rank_environment import set_environment
from trainer_bridge.silent import Silent

log = logging.getLogger("trainer_bridge")

#: Seconds that a training gets to save and stop after its worker has died.
ORPHAN_GRACE = 20.0
#: Seconds for delivering the last events before the process ends; the supervisor delivers what is left.
LAST_FLUSH = 5.0
SHUT_DOWN = "the worker was shut down"
ORPHANED = "the worker died"


Phase = Literal["idle", "between", "steps"]


class StopNow(BaseException):
    """Asked to stop while no training step runs: there is nothing to save."""


class Training:
    """One training in this process, and the signals that end it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.control = Control(lambda event: self.client.emit(event))
        self.client = self._client_of(job)
        if job.processes > 1:
            self.control.processes = Together()
        self.step: int | None = None
        #: Why the training ended before its planned end though nobody asked for it.
        self.ended_early = ""
        self.orphaned = False
        self._phase: Phase = "idle"

    def run(self) -> ExitRecord:
        """Train and test; whatever happens is in the record."""
        try:
            self._phase = "between"
            stopped = self._train()
            self._phase = "idle"
        except StopNow as stop:
            return ExitRecord(outcome="stopped", step=self.step, reason=str(stop))
        except BaseException as error:
            # SystemExit and KeyboardInterrupt out of a recipe are failures of the run as well.
            trace = self._traceback(error)
            print(trace, file=sys.stderr, end="")
            return ExitRecord(outcome="failed", step=self.step, error=last_line(error), traceback=trace)
        if stopped:
            # Who asked is known to the server; only what it cannot know is said.
            reason = "" if self.control.stop_reason == STOP_ASKED else self.control.stop_reason
            return ExitRecord(outcome="stopped", step=self.step, reason=reason)
        return ExitRecord(outcome="finished", step=self.step, reason=self.ended_early)

    def stop_on_signals(self) -> None:
        """SIGTERM: save and stop at the next step boundary. The death of the worker: the same, in limited
        time.
        """
        signal.signal(signal.SIGTERM, self._on_sigterm)
        worker = parent_process()
        if worker is not None:
            threading.Thread(
                target=self._watch, args=(worker.sentinel,), name="lifeline", daemon=True
            ).start()

    def tell_lost_output(self) -> None:
        """The console log's disk is full: the training goes on, a person is told."""
        text = "Output of the training is lost: its disk is full, so the console log cannot grow."
        self.client.emit(Warning("console", text, time.time()))

    def _client_of(self, job: Job) -> BridgeClient | Silent:
        """The first process speaks for all of them, and hears what is asked."""
        if job.rank:
            return Silent(job.attempt)
        spool = job.spool("trainer")
        return BridgeClient(
            job.server, job.token, job.run, job.attempt, "trainer", spool, self.control.receive
        )

    def _train(self) -> bool:
        """Build, train and test; say whether the training was stopped before its end."""
        from transformers import EarlyStoppingCallback

        from trainer_bridge.callback import BridgeCallback
        from trainer_bridge.environment import describe
        from trainer_bridge.evaluations.watch import watch
        from trainer_bridge.printing import LogPrinter
        from trainer_bridge.spec import build_trainer

        resume = resume_folder(self.job)
        callback = BridgeCallback(self.client, self.control)
        built = build_trainer(self.job.spec, self.job.paths.checkpoints, [callback, LogPrinter()])
        if source := source_of(built.recipe):
            self.client.emit(Environment(source))
        callback.changes = self.job.changes
        callback.keep_batches = bool(self.job.spec.get("trainer", {}).get("keep_batches"))
        built.trainer.forked = self.job.forked
        watch(built.trainer, self.client.emit)
        callback.describe = lambda: describe(built)
        self.control.can_evaluate = built.trainer.eval_dataset is not None
        self._step_through(built.trainer, lambda: built.trainer.train(resume_from_checkpoint=resume))
        if self._stopped(built.trainer.state):
            return True
        self.ended_early = callback.stopped_early(built.trainer.args)
        if built.test_dataset is not None:
            # It looks for the validation's metric among the test's, and complains.
            built.trainer.remove_callback(EarlyStoppingCallback)
            built.trainer.evaluate(built.test_dataset, metric_key_prefix="test")
        return False

    def _step_through(self, trainer: Any, train: Callable[[], Any]) -> Any:
        self._phase = "steps"
        try:
            return train()
        finally:
            self._phase = "between"
            self.step = trainer.state.global_step
            self.control.end("the training has ended")

    def _traceback(self, error: BaseException) -> str:
        return "".join(traceback.format_exception(error))

    def _stopped(self, state: Any) -> bool:
        """A stop that was asked for at the very last step stops nothing."""
        at_the_end = state.global_step >= state.max_steps
        return bool(self.control.stop_reason) and not (at_the_end and self.control.stop_reason == STOP_ASKED)

    def _on_sigterm(self, number: int, frame: FrameType | None) -> None:
        reason = ORPHANED if self.orphaned else SHUT_DOWN
        if self._phase == "steps":
            self.control.request_stop(reason)
        elif self._phase == "between":
            self._phase = "idle"
            raise StopNow(reason)

    def _watch(self, sentinel: int) -> None:
        """Wait until the worker's end of the pipe closes; then stop as on SIGTERM, and leave in any case."""
        connection.wait([sentinel])
        self.orphaned = True
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(ORPHAN_GRACE)
        os._exit(1)


def main(job: Job) -> None:
    """Run ``job`` to its end in this process, which is made its own group, with its output in the console
    log.
    """
    os.setsid()
    outputs = redirect_output(job.console_log)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", force=True)
    set_environment(job)
    prepare(job.threads)
    training = training_of(job)
    for output in outputs:
        output.on_loss = training.tell_lost_output
    training.stop_on_signals()
    record = training.run()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if not training.orphaned:
        # An orphan leaves none, so the server sees it for what it is: crashed.
        leave_record(training, record)
    training.client.close(LAST_FLUSH if training.client.connected else 0.5)
    sys.stdout.flush()
    sys.stderr.flush()
    remove_prepared()
    # Threads and atexit handlers of libraries have nothing left to do, and must not hang the slot.
    os._exit(1 if record.outcome == "failed" else 0)


def training_of(job: Job) -> Training:
    """The training of a recipe, or the one that a script makes itself."""
    if job.recipes_dir and job.scripts_dir:
        Places(Path(job.recipes_dir), Path(job.scripts_dir)).use()
    if job.evaluate:
        from trainer_bridge.evaluations.again import CheckpointEvaluation

        return CheckpointEvaluation(job)
    if is_script(job.spec["recipe"]):
        from trainer_bridge.own.script_training import ScriptTraining

        return ScriptTraining(job)
    return Training(job)


def leave_record(training: Training, record: ExitRecord) -> None:
    """Write down how it ended; when the disk takes nothing, tell the server instead, last of all events."""
    record.at = time.time()
    try:
        write_exit_record(training.job.exit_record, record)
    except OSError as error:
        log.error("how the run ended cannot be written down: %s", error)
        training.client.emit(exit_event(record))


def redirect_output(path: Path) -> list[LenientFile]:
    """stdout and stderr, of Python and of C, go line by line into one file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stdout, out = open_lines(1)
    sys.stderr, error = open_lines(2)
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr  # type: ignore[misc]
    return [out, error]


def prepare(threads: int) -> None:
    """Settings of the process that must stand before the first tensor."""
    # Under any other name transformers' collators take this for a worker of a loader, and refuse a seed.
    multiprocessing.current_process().name = "MainProcess"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # The Trainer collects garbage before its first step; over all that was preloaded that takes 0.4 s and
    # copies
    # the pages that children share. What is there now stays anyway.
    gc.freeze()
    import torch

    torch.set_num_threads(threads)


def resume_folder(job: Job) -> str | None:
    """The checkpoint to go on from, as a path. Raises ValueError when it is not there or not whole.

    The Trainer itself would take a folder without its optimizer and go on with other numbers.
    """
    if job.resume_from is None:
        return None
    folder = (job.paths.folder / job.resume_from).resolve()
    if not folder.is_relative_to(job.paths.folder.resolve()):
        raise ValueError(f"The checkpoint {job.resume_from} lies outside the run's folder.")
    if not folder.is_dir():
        raise ValueError(
            f"The checkpoint {job.resume_from} is not on this machine: workers that resume each other's runs share the "
            "folder “runs” of the data folder (docs/machines.md)."
        )
    names = ("optimizer.pt", "scheduler.pt", "trainer_state.json")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise ValueError(
            f"The checkpoint {job.resume_from} cannot be resumed: it has no {', '.join(missing)}."
        )
    json.loads((folder / "trainer_state.json").read_text())
    return str(folder)


def last_line(error: BaseException) -> str:
    """An exception as the last line of its traceback; a wrong spec in its own words."""
    if isinstance(error, SpecProblem):
        return str(error)
    return traceback.format_exception_only(error)[-1].strip()

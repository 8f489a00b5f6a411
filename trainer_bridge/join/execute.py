"""``python -m trainer_bridge exec train.py …``: an unmodified script, reported from its first line to its exit code."""

import os
import runpy
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from trainer_bridge.join.hooks import add_to_every_trainer
from trainer_bridge.join.process import open_run
from trainer_bridge.join.run import Run
from trainer_bridge.join.wish import Wish, say
from trainer_bridge.spool_file import SpoolBusy

INTERRUPTED = 130


class _Ended(BaseException):
    """SIGTERM came."""


@dataclass(frozen=True)
class Script:
    """A file, or with ``is_module`` a module, and its own arguments."""

    target: str
    args: list[str]
    is_module: bool = False


def execute(script: Script, asked: Wish) -> int:
    """Run ``script`` as if it had been started itself; its exit code. Reports as far as it can."""
    problem = _problem(script)
    if problem:
        say(problem)
        return 2
    sys.argv = [script.target, *script.args]
    try:
        run = open_run(asked, for_exec=True)
    except (ValueError, SpoolBusy) as error:
        say(f"not reporting: {error}")
        return _run_alone(script)
    add_to_every_trainer()
    return _reported(run, script)


def _reported(run: Run, script: Script) -> int:
    before = signal.signal(signal.SIGTERM, _on_sigterm)
    try:
        _start(script)
    except SystemExit as ended:
        return _finish(run, _exit_code(ended))
    except _Ended:
        run.finish("failed", error="The process was ended by SIGTERM.", exit_code=-signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
        os.kill(os.getpid(), signal.SIGTERM)
        return 128 + signal.SIGTERM
    except BaseException as error:
        _print_exception(error)
        run.fail(error)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return _finish(run, 0)


def _run_alone(script: Script) -> int:
    try:
        _start(script)
    except SystemExit as ended:
        return _exit_code(ended)
    except BaseException as error:
        _print_exception(error)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _start(script: Script) -> None:
    """Python's own way of starting it: with its folder first on the path."""
    if script.is_module:
        sys.path.insert(0, os.getcwd())
        runpy.run_module(script.target, run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(script.target).resolve().parent))
        runpy.run_path(script.target, run_name="__main__")


def _finish(run: Run, code: int) -> int:
    if code == 0:
        run.finish("stopped" if run.control.stop_reason else "finished", exit_code=0)
    else:
        run.finish("failed", error=f"The script ended with exit code {code}.", exit_code=code)
    return code


def _problem(script: Script) -> str:
    if not script.is_module and not Path(script.target).is_file():
        return f"there is no script {script.target} in {os.getcwd()}"
    return ""


def _exit_code(ended: SystemExit) -> int:
    """sys.exit() takes a number, None or a text to print."""
    if ended.code is None or isinstance(ended.code, int):
        return int(ended.code or 0)
    print(ended.code, file=sys.stderr)
    return 1


def _print_exception(error: BaseException) -> None:
    """Without the frames of this module, as the script alone would have printed it."""
    trace: Any = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame):
        trace = trace.tb_next
    error.__traceback__ = trace
    traceback.print_exception(error)


def _is_ours(frame: FrameType) -> bool:
    return frame.f_code.co_filename in (__file__, "<frozen runpy>", runpy.__file__)


def _on_sigterm(number: int, frame: FrameType | None) -> None:
    raise _Ended

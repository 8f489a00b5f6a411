"""A real `python manage.py up` for tests: started, waited for, read, stopped."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

PROJECT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, what: str, timeout: float = 15):
    """The first true result of ``condition()``; AssertionError naming ``what`` after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.03)
    raise AssertionError(f"waited {timeout} s in vain for {what}")


class LiveTrainboard:
    """A running `up`. ``log`` holds every line it printed; ``link`` the log-in link once it is ready."""

    def __init__(
        self,
        data_dir: Path,
        port: int | None = None,
        slots: int = 1,
        environment: dict[str, str] | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.data_dir = data_dir
        self.log: list[str] = []
        self.environment = environment or {}
        self.command = [sys.executable, "manage.py", "up", "--no-browser", "--port", str(self.port)]
        self.command += ["--data-dir", str(data_dir), "--slots", str(slots), *options]

    def __enter__(self) -> Self:
        self.start()
        try:
            self.link = wait_for(self._ready_link, "the ready line", timeout=60)
        except AssertionError as error:
            self.kill()
            raise AssertionError(f"{error}:\n{self.text}") from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.text)
        self.stop()

    def start(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("TRAINBOARD_")
        }
        environment["DJANGO_SETTINGS_MODULE"] = "dashboard.settings"
        environment |= self.environment
        self.process = subprocess.Popen(
            self.command,
            cwd=PROJECT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A session of its own: a Ctrl-C meant for pytest reaches it only through stop().
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.log.append(line.rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.log)

    def _ready_link(self) -> str | None:
        assert self.process.poll() is None, f"up ended with status {self.process.returncode}:\n{self.text}"
        found = re.search(r"Trainboard is ready: (\S+)", self.text)
        return found[1] if found else None

    def child(self, name: str) -> psutil.Process:
        """The child process running the management command ``name`` ("serve", "worker")."""
        for child in self.children():
            with suppress(psutil.Error):  # it has ended meanwhile
                if name in child.cmdline()[2:3]:
                    return child
        raise AssertionError(f"no {name} process:\n{self.text}")

    def children(self) -> list[psutil.Process]:
        """Every process that `up` started, their own children too."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, timeout: float = 30) -> int:
        """SIGTERM, as a service manager sends it; the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.wait(timeout)
        finally:
            self.kill()

    def wait(self, timeout: float = 10) -> int:
        """The exit status, once it ended."""
        status = self.process.wait(timeout)
        self._reader.join(timeout=2)
        return status

    def kill(self) -> None:
        """What is left after a failed test must not outlive it."""
        if self.process.poll() is None:
            left = self.children()
            for process in [*left, psutil.Process(self.process.pid)]:
                process.kill()
            self.process.wait()

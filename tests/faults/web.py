"""A web process on the test database that tests may kill, stop and starve."""

import os
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request

from django.conf import settings
from django.db import connection

from tests.live import free_port, wait_for

#: A run that was silent this long is crashed; short, so that a test sees whether that happens wrongly.
HEARTBEAT_TIMEOUT = 3.0


class WebProcess:
    """``start``, ``kill`` (-9), ``pause`` (SIGSTOP) and ``go_on``; ``log`` holds what it wrote."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log: list[str] = []
        self.process: subprocess.Popen[str] | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def text(self) -> str:
        return "\n".join(self.log)

    def start(self) -> None:
        """Start it unless it runs; returns when it answers."""
        if self.process is None or self.process.poll() is not None:
            command = [
                sys.executable,
                "-m",
                "uvicorn",
                "dashboard.asgi:application",
                "--port",
                str(self.port),
            ]
            self.process = subprocess.Popen(
                [*command, "--ws", "websockets-sansio", "--log-level", "warning"],
                env=_environment(),
                cwd=settings.BASE_DIR,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        wait_for(self._answers, f"the web process:\n{self.text}", timeout=30)

    def kill(self) -> None:
        """Without a chance to tidy up; also when it is paused."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def pause(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.text
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status == 200
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def _read(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        for line in process.stdout:
            self.log.append(line.rstrip())


def _environment() -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "TRAINBOARD_DATA_DIR": str(settings.DATA_DIR),
        "TRAINBOARD_DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "TRAINBOARD_HEARTBEAT_TIMEOUT": str(HEARTBEAT_TIMEOUT),
    }

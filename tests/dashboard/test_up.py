"""`python manage.py up` as a person meets it: real processes, ports and signals."""

import os
import signal
import socket
import stat
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.live import LiveTrainboard, free_port, wait_for


def status_of(url: str) -> int:
    """The status of a GET, redirects followed; 0 when nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def refused(live: LiveTrainboard) -> str:
    """What an `up` that must not start says before it ends with status 1."""
    live.start()
    try:
        assert live.wait() == 1, live.text
    finally:
        live.kill()
    return live.text


def opener() -> urllib.request.OpenerDirector:
    """A browser without pages: it keeps cookies."""
    return urllib.request.build_opener(urllib.request.HTTPCookieProcessor())


def test_up_is_ready_logs_in_once_and_stops_whole(data_dir: Path) -> None:
    with LiveTrainboard(data_dir) as live:
        assert live.link.startswith(f"{live.url}/login/link/")
        assert status_of(f"{live.url}/healthz") == 200
        first, second = opener(), opener()
        assert first.open(live.link).status == 200
        assert "/login" not in first.open(f"{live.url}/").url
        with pytest.raises(urllib.error.HTTPError):
            second.open(live.link)
        assert "/login" in second.open(f"{live.url}/").url

        assert stat.S_IMODE(data_dir.stat().st_mode) == 0o700
        assert stat.S_IMODE((data_dir / "secret-key").stat().st_mode) == 0o600

        again = refused(LiveTrainboard(data_dir))
        assert f"process {live.process.pid} at {live.url}" in again
        elsewhere = refused(LiveTrainboard(data_dir.with_name("other"), port=live.port))
        assert f"Port {live.port}" in elsewhere
        assert "--port" in elsewhere

        wait_for(lambda: len(live.children()) >= 2, "both children")
        children = live.children()
        assert live.stop() == 0, live.text
        assert live.text.count("Trainboard is ready") == 1
        assert psutil.wait_procs(children, timeout=0)[1] == []


@pytest.mark.slow_faults
def test_killed_web_is_started_again(data_dir: Path) -> None:
    with LiveTrainboard(data_dir) as live:
        web = live.child("serve")
        web.kill()
        wait_for(lambda: "web process ended unexpectedly (signal SIGKILL)" in live.text, "the sentence")
        # The port stays open meanwhile, so a request waits for the new process: on a busy machine not long enough.
        wait_for(lambda: status_of(f"{live.url}/healthz") == 200, f"an answer\n{live.text}", 60)
        assert live.child("serve").pid != web.pid


@pytest.mark.slow_faults
def test_killed_up_takes_its_children_along(data_dir: Path) -> None:
    with LiveTrainboard(data_dir) as live:
        wait_for(lambda: len(live.children()) >= 2, "both children")
        children = live.children()
        live.process.kill()
        live.wait()
        left = psutil.wait_procs(children, timeout=10)[1]
        assert left == []
        with LiveTrainboard(data_dir, port=live.port):
            pass  # the folder and the port are free again


def test_child_that_cannot_start_ends_up(data_dir: Path) -> None:
    live = LiveTrainboard(data_dir)
    data_dir.mkdir()
    (data_dir / "trainboard.sqlite3").write_text(
        "this is no database, and long enough to be seen as none" * 20
    )
    text = refused(live)
    assert "The database could not be prepared: file is not a database" in text
    assert "Traceback" not in text
    assert status_of(f"{live.url}/healthz") == 0


def test_data_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    text = refused(LiveTrainboard(tmp_path / "file" / "data"))
    assert f"The data folder {tmp_path / 'file' / 'data'} cannot be written" in text


def test_port_held_by_a_stranger(data_dir: Path) -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        assert f"Port {port} on 127.0.0.1 is taken" in refused(LiveTrainboard(data_dir, port=port))


@pytest.mark.slow_faults
def test_interrupt_before_ready_leaves_nothing(data_dir: Path) -> None:
    live = LiveTrainboard(data_dir)
    live.start()
    wait_for(live.children, "the first child")
    children = live.children()
    os.kill(live.process.pid, signal.SIGINT)
    live.wait()
    assert psutil.wait_procs(children, timeout=0)[1] == []

"""The parts of `up` one by one: restarts, order of stopping, slots, addresses, the folder's lock."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dashboard.up import StartError, address, folder, supervisor
from dashboard.up.child import Child, Signal
from dashboard.up.options import parse
from dashboard.up.restarts import QUICK_DEATHS, WELL, Restarts
from dashboard.up.slots import gpu_count
from dashboard.up.supervisor import Supervisor
from tests.live import PROJECT

#: Says when it is asked to stop, and takes ``sys.argv[1]`` seconds over it.
POLITE = """
import signal, sys, time
def stop(*_):
    print("asked", time.monotonic(), flush=True); time.sleep(float(sys.argv[1])); sys.exit()
signal.signal(signal.SIGTERM, stop)
print("up", flush=True)
while True: time.sleep(1)
"""


@pytest.fixture
def watcher():
    made = Supervisor()
    yield made
    for child in made.children:
        child.kill()


def add(watcher: Supervisor, name: str, code: str, *arguments: str) -> Child:
    child = Child(name, [sys.executable, "-c", code, *arguments], watcher.happenings)
    watcher.start(child)
    return child


def until_line(watcher: Supervisor, child: Child) -> None:
    while not child.last_lines:
        watcher.step(1)


def test_restarts_wait_longer_each_time_and_give_up() -> None:
    restarts = Restarts()
    delays = [restarts.after_death(1) for _ in range(QUICK_DEATHS)]
    assert delays == [pytest.approx(0.2), pytest.approx(0.4), pytest.approx(0.8), pytest.approx(1.6), None]


def test_a_child_that_was_well_starts_counting_anew() -> None:
    restarts = Restarts(deaths=QUICK_DEATHS - 1)
    assert restarts.after_death(WELL) == pytest.approx(0.2)


def test_supervisor_gives_up_with_the_last_lines(watcher, monkeypatch, capfd) -> None:
    monkeypatch.setattr(Restarts, "after_death", lambda self, lived: None)
    add(watcher, "web", "import sys; print('the disk is full'); sys.exit(3)")
    assert watcher.run() == 1
    printed = capfd.readouterr().out
    assert "web    | the disk is full" in printed
    assert "The web process died" in printed
    assert "  the disk is full" in printed


def test_supervisor_starts_a_dead_child_again(watcher, capfd) -> None:
    child = add(watcher, "web", "import os; print(os.getpid(), flush=True); os._exit(3)")
    first = child.process.pid
    watcher._restarts[child].deaths = QUICK_DEATHS - 3
    assert watcher.run() == 1
    assert child.process.pid != first
    assert "ended unexpectedly (exit status 3)" in capfd.readouterr().out


def test_supervisor_stops_the_last_started_first(watcher, capfd) -> None:
    web = add(watcher, "web", POLITE, "0")
    worker = add(watcher, "worker", POLITE, "0.2")
    until_line(watcher, web)
    until_line(watcher, worker)
    watcher.happenings.put(Signal(15))
    assert watcher.run() == 0
    watcher.stop()
    asked = {
        line.split()[0]: float(line.split()[-1])
        for line in capfd.readouterr().out.splitlines()
        if "asked" in line
    }
    assert asked["web"] - asked["worker"] >= 0.2
    assert not web.alive
    assert not worker.alive


def test_second_signal_hurries(watcher, monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "HURRY", 0.2)
    child = add(watcher, "worker", POLITE, "60")
    until_line(watcher, child)
    watcher.happenings.put(Signal(2))
    watcher.run()
    watcher.happenings.put(Signal(2))
    begun = time.monotonic()
    watcher.stop()
    assert not child.alive
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("visible", "count"),
    [("", 0), ("-1", 0), ("0", 1), ("0,1", 2), ("0,-1,1", 1), ("GPU-aa,GPU-bb", 2), (None, 2)],
)
def test_gpus_are_counted_as_cuda_sees_them(visible, count, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    (tmp_path / "0000:02:00.0").mkdir()
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_count(tmp_path) == count
    assert gpu_count(tmp_path / "none") == (count if visible is not None else 0)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:80"), ("0.0.0.0", "http://127.0.0.1:80"), ("::1", "http://[::1]:80")],
)
def test_url_reaches_the_address(host: str, url: str) -> None:
    assert address.url(host, 80) == url


def test_listening_everywhere_names_this_machine() -> None:
    assert socket.gethostname() in address.host_names("0.0.0.0")
    assert address.host_names("192.0.2.7") == ["192.0.2.7"]


def test_address_of_another_machine_is_refused() -> None:
    with pytest.raises(StartError, match=r"192\.0\.2\.7"):
        address.bind("192.0.2.7", 8000)


def test_lock_is_taken_once_and_given_back(tmp_path: Path) -> None:
    folder.prepare(tmp_path)
    first, second = folder.FolderLock(tmp_path), folder.FolderLock(tmp_path)
    first.take("http://one")
    with pytest.raises(StartError, match="http://one"):
        second.take("http://two")
    first.release()
    second.take("http://two")
    second.release()


def test_secret_key_is_made_once(tmp_path: Path) -> None:
    folder.prepare(tmp_path / "new")
    key = (tmp_path / "new" / "secret-key").read_text()
    folder.prepare(tmp_path / "new")
    assert (tmp_path / "new" / "secret-key").read_text() == key
    assert len(key) >= 50


def test_options_come_before_the_environment(monkeypatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path / "environment"))
    assert parse([]).data_dir == tmp_path / "environment"
    assert parse(["--data-dir", str(tmp_path / "option")]).data_dir == tmp_path / "option"


@pytest.mark.parametrize("wrong", [["--port", "70000"], ["--port", "x"], ["--slots", "0"]])
def test_impossible_options_are_named(wrong: list[str], capsys) -> None:
    with pytest.raises(SystemExit):
        parse(wrong)
    assert wrong[1] in capsys.readouterr().err


def test_more_slots_than_gpus_are_refused_before_anything_starts(monkeypatch, capsys) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    with pytest.raises(SystemExit):
        parse(["--slots", "4"])
    assert "give --slots 2 or fewer, or let 2 runs share a GPU with --share-gpu 2" in capsys.readouterr().err
    assert parse(["--slots", "4", "--share-gpu", "2", "--labels", "a, b"]).worker == (
        *("--slots", "4", "--threads", "1", "--share-gpu", "2"),
        *("--labels", "a, b"),
    )


ORPHAN_MAKER = """
import subprocess, sys
deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
sleep = [sys.executable, "-c", deaf]
left = subprocess.Popen(sleep, start_new_session=True, stdout=subprocess.PIPE)
left.stdout.readline()
print(left.pid, flush=True)
"""


def test_orphans_are_adopted_and_ended() -> None:
    """In a process of its own: adoption cannot be undone."""
    code = f"""
import os, subprocess, sys, time, psutil
from dashboard.up.orphans import Orphans, adopt_orphans, mark
adopt_orphans()
maker = [sys.executable, "-c", {ORPHAN_MAKER!r}]
browser = int(subprocess.check_output(maker))
pid = int(subprocess.check_output(maker, env=os.environ | mark()))
orphans = Orphans()
assert orphans.left(set(), grace=0.3)
assert psutil.pid_exists(pid)
assert not orphans.left({{pid}}, grace=0.3)
deadline = time.monotonic() + 5
while orphans.left(set(), grace=0.3) and time.monotonic() < deadline: time.sleep(0.05)
assert not psutil.pid_exists(pid)
assert psutil.pid_exists(browser)
psutil.Process(browser).kill()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

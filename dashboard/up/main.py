"""The story of `up`, from the command line to the last child's end."""

import os
import socket
import sys

from dashboard.up import StartError, address, folder
from dashboard.up.browser import open_browser
from dashboard.up.child import Child
from dashboard.up.health import answers
from dashboard.up.options import PROJECT, Options, parse
from dashboard.up.orphans import adopt_orphans
from dashboard.up.supervisor import Supervisor, say


def main(arguments: list[str]) -> int:
    """Run `up` until it is stopped; the exit status."""
    options = parse(arguments)
    try:
        return up(options)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def up(options: Options) -> int:
    """Start everything, watch it, stop everything; 0 when somebody asked to stop. Raises StartError."""
    url = address.url(options.host, options.port)
    folder.prepare(options.data_dir)
    lock = folder.FolderLock(options.data_dir)
    lock.take(url)
    listener = address.bind(options.host, options.port)
    _set_environment(options)
    adopt_orphans()
    supervisor = Supervisor()
    supervisor.listen_to_signals()
    try:
        login_link = _start(supervisor, listener, url, options)
        say(f"Trainboard is ready: {login_link}")
        if options.browser:
            open_browser(login_link)
        status = supervisor.run()
        say("Stopping: running trainings save a checkpoint first. Ctrl-C again to hurry.")
    finally:
        supervisor.stop()
        lock.release()
    say("Trainboard has stopped.")
    return status


def _set_environment(options: Options) -> None:
    """What the children's settings, and our own, are to say; nothing of Django is imported yet."""
    os.environ["TRAINBOARD_DATA_DIR"] = str(options.data_dir)
    for setting, chosen in options.own_folders().items():
        os.environ[setting] = str(chosen)
    names = [name for name in os.environ.get("TRAINBOARD_HOSTS", "").split(",") if name]
    os.environ["TRAINBOARD_HOSTS"] = ",".join([*names, *address.host_names(options.host)])


def _start(supervisor: Supervisor, listener: socket.socket, url: str, options: Options) -> str:
    """Start web and worker; the URL of the log-in link once the web answers."""
    web = Child(
        "web",
        _manage("serve", "--tethered", "--fd", str(listener.fileno())),
        supervisor.happenings,
        pass_fds=(listener.fileno(),),
    )
    # The web imports its code while we migrate; it touches the database only after "go".
    supervisor.start(web)
    from dashboard.up import installation

    keys = installation.prepare()
    web.go()
    _wait_until_answering(supervisor, web, url)
    worker = Child(
        "worker",
        _manage("worker", "--tethered", "--server", url, *options.worker),
        supervisor.happenings,
        environment={"TRAINBOARD_WORKER_TOKEN": keys.worker_token},
        alone=True,
    )
    supervisor.start(worker)
    worker.go()
    return url + keys.login_path


def _manage(*arguments: str) -> list[str]:
    return [sys.executable, str(PROJECT / "manage.py"), *arguments]


def _wait_until_answering(supervisor: Supervisor, web: Child, url: str) -> None:
    while not answers(url):
        supervisor.step(0.02)
        supervisor.require(web)

"""``python -m trainer_bridge launch spec.yaml``: queue what a YAML file describes on a server."""

import sys
import urllib.parse
from pathlib import Path

from trainer_bridge.person_call import call


def launch_file(path: str, server: str, token: str, project: str = "") -> int:
    """Send the file to the server and print the address of what it queued; the exit code, 1 where it refused.

    ``path`` "-" reads standard input. Without a ``project`` the file's own decides.
    """
    query = f"?{urllib.parse.urlencode({'project': project})}" if project else ""
    answer = call(path, server, token, f"launch{query}", lambda: _content(path), "application/yaml")
    if answer is None:
        return 1
    trials = f", {answer['trials']} trials" if answer["kind"] == "sweep" else ""
    print(f"{answer['kind']} {answer['name']}{trials}\n{answer['url']}")
    return 0


def _content(path: str) -> bytes:
    return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()

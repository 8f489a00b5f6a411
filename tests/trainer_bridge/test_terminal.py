"""``python -m trainer_bridge launch`` and ``command``: what is typed goes to the server, its answer to the console."""

import io
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from trainer_bridge.__main__ import main


@pytest.fixture
def server():
    """A server that keeps what it is sent and gives the answer it was told."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            http.seen = (self.path, self.headers["Authorization"], self.headers["Content-Type"], body)
            status, answer = http.answer
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, daemon=True)
    thread.start()
    yield http
    http.shutdown()
    http.server_close()


@pytest.fixture
def launch(server, monkeypatch):
    monkeypatch.delenv("TRAINBOARD_PROJECT", raising=False)
    url = f"http://127.0.0.1:{server.server_port}"
    return lambda *args: main(["launch", "--server", url, "--token", "t", *map(str, args)])


def test_the_file_goes_to_the_server_and_the_address_to_the_console(server, launch, tmp_path, capsys):
    file = tmp_path / "spec.yaml"
    file.write_text("recipe: digits-vit  # as it is\n")
    server.answer = (201, {"kind": "sweep", "name": "s", "trials": 4, "url": "http://x/s/1"})
    assert launch(file, "--project", "digits") == 0
    assert server.seen == (
        "/api/v1/launch?project=digits",
        "Bearer t",
        "application/yaml",
        b"recipe: digits-vit  # as it is\n",
    )
    assert capsys.readouterr().out == "sweep s, 4 trials\nhttp://x/s/1\n"


def test_standard_input_can_be_launched(server, launch, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"recipe: digits-vit")))
    server.answer = (201, {"kind": "run", "name": "r", "trials": 1, "url": "http://x/r/1"})
    assert launch("-") == 0
    assert server.seen[3] == b"recipe: digits-vit"


def test_every_problem_is_printed_on_a_line_of_its_own(server, launch, tmp_path, capsys):
    file = tmp_path / "spec.yaml"
    file.write_text("recipe: x")
    server.answer = (422, {"error": "This specification cannot run.", "problems": {"recipe": "Line 1: No."}})
    assert launch(file) == 1
    assert capsys.readouterr().err == f"{file}: This specification cannot run.\n  recipe: Line 1: No.\n"


def test_a_missing_file_and_a_wrong_address_are_told(launch, capsys):
    assert launch("nowhere.yaml") == 1
    assert "nowhere.yaml: No such file or directory" in capsys.readouterr().err.replace("[Errno 2] ", "")
    assert main(["launch", "--server", "ftp://x", "--token", "t", "a.yaml"]) == 1
    assert "must begin with http://" in capsys.readouterr().err


@pytest.fixture
def command(server):
    url = f"http://127.0.0.1:{server.server_port}"
    return lambda *args: main(["command", "--server", url, "--token", "t", *args])


def test_settings_are_typed_as_json_or_as_texts(server, command, capsys):
    server.answer = (201, {"kind": "learning_rate", "status": "sent", "id": 7})
    assert command("run1", "learning_rate", "set=3e-4", "then=hold") == 0
    path, _, kind, body = server.seen
    assert (path, kind) == ("/api/v1/runs/run1/commands", "application/json")
    assert json.loads(body) == {"kind": "learning_rate", "args": {"set": 3e-4, "then": "hold"}}
    assert capsys.readouterr().out == "learning_rate sent, number 7\n"


def test_a_run_is_resumed(server, command, capsys):
    server.answer = (200, {"name": "vit", "state": "queued"})
    assert command("run1", "resume") == 0
    assert server.seen[0] == "/api/v1/runs/run1/resume"
    assert capsys.readouterr().out == "vit is queued\n"


def test_what_the_server_refuses_and_what_is_no_setting_is_told(server, command, capsys):
    server.answer = (409, {"error": "The run is finished: nothing to stop.", "problems": {}})
    assert command("run1", "stop") == 1
    assert command("run1", "end", "500") == 1
    assert capsys.readouterr().err == (
        "run1: The run is finished: nothing to stop.\nrun1: “500” is no setting; write it like scale=0.5.\n"
    )

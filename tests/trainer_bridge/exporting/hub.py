"""A stand-in for the Hub's endpoint: as much of it as a push needs, on a port of its own."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Files of these kinds go the way of large files.
_LARGE = (".safetensors", ".onnx", ".pt", ".pth", ".bin")


class HubStandIn:
    """``repos`` is {"owner/name": {"private", "files": {path: bytes}}}; ``token`` may write to those of my-team."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.repos: dict[str, dict[str, Any]] = {}
        self.blobs: dict[str, bytes] = {}
        self.asked: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        if path.startswith("/blobs/"):
            self.blobs[path.removeprefix("/blobs/")] = body
            return 200, {}
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith(".git/info/lfs/objects/batch"):
            return 200, self._batch(json.loads(body))
        repo, _, rest = path.removeprefix("/api/models/").partition("/preupload/")
        if rest:
            return 200, {"files": [self._mode(file) for file in json.loads(body)["files"]]}
        repo, _, rest = path.removeprefix("/api/models/").partition("/commit/")
        if rest:
            return self._commit(repo, [json.loads(line) for line in body.splitlines()])
        if repo not in self.repos:
            return 404, {"error": "Repository not found"}
        return 200, {"id": repo, "private": self.repos[repo]["private"]}

    def _create(self, asked: dict[str, Any]) -> tuple[int, Any]:
        repo = f"{asked['organization']}/{asked['name']}"
        if asked["organization"] != "my-team":
            return 403, {"error": "You do not have the rights"}
        is_new = repo not in self.repos
        self.repos.setdefault(repo, {"private": asked.get("visibility") == "private", "files": {}})
        return (200 if is_new else 409), {"url": f"{self.url}/{repo}", "id": repo}

    def _mode(self, file: dict[str, Any]) -> dict[str, Any]:
        mode = "lfs" if file["path"].endswith(_LARGE) else "regular"
        return {"path": file["path"], "uploadMode": mode, "shouldIgnore": False}

    def _batch(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"transfer": "basic", "objects": [self._place(file) for file in asked["objects"]]}

    def _place(self, file: dict[str, Any]) -> dict[str, Any]:
        if file["oid"] in self.blobs:
            return file
        return file | {"actions": {"upload": {"href": f"{self.url}/blobs/{file['oid']}"}}}

    def _commit(self, repo: str, lines: list[dict[str, Any]]) -> tuple[int, Any]:
        files = self.repos[repo]["files"]
        for line in lines[1:]:
            value = line["value"]
            large = line["key"] == "lfsFile"
            data = self.blobs[value["oid"]] if large else base64.b64decode(value["content"])
            assert not large or hashlib.sha256(data).hexdigest() == value["oid"]
            files[value["path"]] = data
        return 200, {"commitUrl": f"{self.url}/{repo}/commit/1", "commitOid": "1" * 40, "hookOutput": ""}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = self.path.partition("?")[0]
                hub.asked.append(f"{self.command} {path}")
                known = path.startswith("/blobs/") or self.headers["Authorization"] == f"Bearer {hub.token}"
                status, answer = (
                    hub.answer(self.command, path, body) if known else (401, {"error": "Invalid"})
                )
                data = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST

            def log_message(self, *args: object) -> None:
                pass

        return Handler

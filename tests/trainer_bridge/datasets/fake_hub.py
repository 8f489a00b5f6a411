"""A hub on this machine with one dataset, "me/words", in two configurations; it speaks as much as reading takes."""

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "a" * 40
NAME = "me/words"
CARD = """---
configs:
- config_name: en
  data_files:
  - {split: train, path: en/train.csv}
  - {split: test, path: en/test.csv}
- config_name: de
  data_files: [{split: train, path: de/train.csv}]
---
"""
FILES = {
    "README.md": CARD.encode(),
    "en/train.csv": b"text,label\n" + b"yes,good\nno,bad\n" * 10,
    "en/test.csv": b"text,label\nyes,good\nno,bad\n",
    "de/train.csv": b"text,label\n" + b"ja,gut\nnein,schlecht\n" * 10,
}


class FakeHub:
    """``url`` while it runs; ``close()`` is the network's end."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith(api := f"/api/datasets/{NAME}"):
            self._api(path.removeprefix(api))
        elif path.startswith(files := f"/datasets/{NAME}/resolve/"):
            revision, _, name = path.removeprefix(files).partition("/")
            self._file(revision, name)
        else:
            self._refuse("RepoNotFound")

    do_GET = do_HEAD

    def _api(self, rest: str) -> None:
        verb, _, rest = rest.strip("/").partition("/")
        revision, _, folder = rest.partition("/")
        if verb == "tree":
            self._say([_entry(name) for name in FILES if name.rpartition("/")[0] == folder])
        elif revision in ("", "main", COMMIT):
            files = [{"rfilename": name} for name in FILES]
            self._say({"id": NAME, "sha": COMMIT, "private": False, "tags": [], "siblings": files})
        else:
            self._refuse("RevisionNotFound")

    def _file(self, revision: str, name: str) -> None:
        if revision not in ("main", COMMIT):
            return self._refuse("RevisionNotFound")
        if name not in FILES:
            return self._refuse("EntryNotFound")
        headers = {"ETag": f'"{_entry(name)["oid"]}"', "X-Repo-Commit": COMMIT, "Accept-Ranges": "bytes"}
        content = FILES[name]
        if (span := self.headers.get("Range")) and self.command == "GET":
            first, _, last = span.removeprefix("bytes=").partition("-")
            headers["Content-Range"] = f"bytes {first}-{last or len(content) - 1}/{len(content)}"
            return self._send(content[int(first) : int(last or len(content)) + 1], headers, 206)
        return self._send(content, headers)

    def _say(self, value: object) -> None:
        self._send(json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, content: bytes, headers: dict[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def _refuse(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


def _entry(name: str) -> dict[str, object]:
    content = FILES[name]
    return {"type": "file", "path": name, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}

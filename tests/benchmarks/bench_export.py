"""How fast a 5 GB export streams, beside `cat` of its file to a socket: ``python -m tests.benchmarks.bench_export``.

Both are read over the loopback by the same reader, one after the other, several times; the best of each counts. The
memory of the web process is looked at while it sends.
"""

import argparse
import http.client
import os
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import live_server

GIB = 2**30
READ = 1024 * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gib", type=float, default=5.0, help="size of the weights")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--folder", help="where the file is made; a disk with room for it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        live_server.set_up(folder)
        checkpoint, weights = make_checkpoint(folder, int(options.gib * GIB))
        cookie = live_server.session_cookie()
        with live_server.running(folder) as live:
            report(live, checkpoint, weights, cookie, options.times)


def report(live, checkpoint: str, weights: Path, cookie: str, times: int) -> None:
    web = live_server.web(live)
    cat = best(times, lambda: cat_to_socket(weights))
    print(f"cat to a socket     {cat:6.0f} MB/s        load {os.getloadavg()[0]:.1f}")
    for kind in ("zip", "tar"):
        path = f"/c/{checkpoint}/download?archive={kind}"
        download(live.port, path, cookie)  # the first one also computes the checksums
        before = live_server.memory(web)
        peaks: list[float] = []
        speed = best(times, lambda path=path, peaks=peaks: watched(web, peaks, live.port, path, cookie))
        first = min(first_byte(live.port, path, cookie) for _ in range(5))
        print(
            f"export as {kind}       {speed:6.0f} MB/s  {100 * speed / cat:3.0f} % of cat, "
            f"first byte after {1000 * first:.0f} ms, memory {before:.0f} → {max(peaks):.0f} MB"
        )
    print(f"zip, checksums new  {fresh_zip(live, checkpoint, weights, cookie):6.0f} MB/s")


def best(times: int, measure: Callable[[], float]) -> float:
    return max(measure() for _ in range(times))


def cat_to_socket(path: Path) -> float:
    """MB a second of ``cat`` writing into a TCP connection that this process reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        writer = socket.create_connection(listener.getsockname())
        reader, _ = listener.accept()
    began = time.perf_counter()
    with subprocess.Popen(["cat", str(path)], stdout=writer.fileno()) as cat:
        writer.close()
        size = drain(reader.recv_into)
        cat.wait()
    return size / 1e6 / (time.perf_counter() - began)


def drain(read_into: Callable[[memoryview], int]) -> int:
    buffer, size = memoryview(bytearray(READ)), 0
    while count := read_into(buffer):
        size += count
    return size


def download(port: int, path: str, cookie: str) -> float:
    """MB a second of one download over HTTP."""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        ask(connection, path, cookie)
        size = drain(connection.recv_into)
    assert size > 1000, "the server refused"
    return size / 1e6 / (time.perf_counter() - began)


def ask(connection: socket.socket, path: str, cookie: str) -> None:
    head = (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: sessionid={cookie}\r\nConnection: close\r\n\r\n"
    )
    connection.sendall(head.encode())


def watched(web, peaks: list[float], port: int, path: str, cookie: str) -> float:
    """The same, with the largest memory of the web process meanwhile added to ``peaks``."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peaks.append(live_server.memory(web))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        return download(port, path, cookie)
    finally:
        done.set()
        watcher.join()


def first_byte(port: int, path: str, cookie: str) -> float:
    """Seconds from the question to the first byte of the archive."""
    began = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", path, headers={"Cookie": f"sessionid={cookie}"})
    connection.getresponse().read(1)
    took = time.perf_counter() - began
    connection.close()
    return took


def fresh_zip(live, checkpoint: str, weights: Path, cookie: str) -> float:
    """MB a second of a zip whose checksum is not known yet: the file got another time."""
    os.utime(weights)
    return download(live.port, f"/c/{checkpoint}/download", cookie)


def make_checkpoint(folder: Path, size: int) -> tuple[str, Path]:
    """A checkpoint of one tensor of ``size`` bytes, as a run would have saved it: (its id, the weights)."""
    from runs.checkpoints.register import register
    from trainer_bridge import protocol

    run, _ = live_server.new_run("large")
    place = folder / "runs" / run / "checkpoints" / "checkpoint-1"
    place.mkdir(parents=True)
    (place / "trainer_state.json").write_text('{"global_step": 1}')
    weights = place / "model.safetensors"
    header = f'{{"a":{{"dtype":"U8","shape":[{size}],"data_offsets":[0,{size}]}}}}'.encode()
    block = os.urandom(8 * READ)
    with weights.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for start in range(0, size, len(block)):
            file.write(block[: size - start])
    event = protocol.Checkpoint(step=1, time=time.time(), files=[], path="checkpoints/checkpoint-1")
    checkpoint = register(run, 1, event)
    # Its checksums, which are taken in the background, would take part of the machine meanwhile.
    checkpoint.check_at = None
    checkpoint.save(update_fields=["check_at"])
    return checkpoint.pk, weights


if __name__ == "__main__":
    main()

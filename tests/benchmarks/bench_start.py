"""From `python manage.py up` on a fresh data folder to the first 200, beside the cost of importing Django,
and the memory of the idle web process.

Run: python tests/benchmarks/bench_start.py [rounds]
"""

import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.live import LiveTrainboard


def first_answer() -> tuple[float, float]:
    """Seconds until the health page answers, and MB of the web process then; the server is stopped again."""
    with tempfile.TemporaryDirectory() as folder:
        live = LiveTrainboard(Path(folder) / "data")
        begun = time.perf_counter()
        live.start()
        try:
            while not answers(f"{live.url}/healthz"):
                time.sleep(0.005)
            took = time.perf_counter() - begun
            return took, live.child("serve").memory_info().rss / 1e6
        finally:
            live.stop()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False


def reference() -> float:
    """Seconds that a Python process with Django imported takes: the speed of this machine."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import django, django.http, django.db.models"], check=True)
    return time.perf_counter() - begun


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    starts, memories = zip(*(first_answer() for _ in range(rounds)), strict=True)
    imports = [reference() for _ in range(rounds)]
    start, one_import = statistics.median(starts), statistics.median(imports)
    print(f"first 200 after {start:.2f} s (worst {max(starts):.2f} s, {rounds} starts); reach ≤ 2 s")
    print(f"importing Django {one_import:.3f} s; ratio {start / one_import:.1f}")
    print(f"memory of the idle web process {max(memories):.0f} MB; reach ≤ 120 MB")


if __name__ == "__main__":
    main()

"""A web process for all tests of faults, a training that sends to it, and the look at what is stored."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from runs import access, series
from runs.models import Attempt, ConsoleBlock, Project, Run
from runs.states import State
from tests.faults.web import WebProcess

# Fixtures: the protocol's server, a warm launcher, small trainings.
from tests.trainer_bridge.conftest import job_for, launcher, server  # noqa: F401
from trainer_bridge.blocks import unpack
from trainer_bridge.client import BridgeClient
from trainer_bridge.protocol import Console, ConsoleLine, Metrics, MetricsBlock, decode_event
from trainer_bridge.spool import Spool

KEY = "train/loss"


@dataclass
class Sending:
    """One source of one attempt that logs steps and prints lines; knows what it emitted."""

    run: Run
    attempt: Attempt
    client: BridgeClient
    steps: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def log(self, *steps: int) -> None:
        """A metric for each step, and a console line for every tenth."""
        for step in steps:
            self.steps.append(step)
            self.client.emit(Metrics(step=step, time=1000.0 + step, values={KEY: float(step)}))
            if step % 10 == 0:
                self.lines.append(f"line {step}")
                self.client.emit(Console([ConsoleLine(1000.0 + step, "stdout", self.lines[-1])]))


@pytest.fixture(scope="session")
def _web_process() -> Iterator[WebProcess]:
    process = WebProcess()
    yield process
    process.kill()


@pytest.fixture
def web(_web_process: WebProcess, transactional_db: None) -> WebProcess:
    """A running web process on the test database, whatever the test before did to it."""
    _web_process.log.clear()
    _web_process.start()
    return _web_process


@pytest.fixture
def running(transactional_db: None) -> Run:
    """A run whose training is under way."""
    project, _ = Project.objects.get_or_create(slug="faults", defaults={"name": "Faults"})
    return Run.objects.create(project=project, name="tough-oak-1", state=State.RUNNING)


@pytest.fixture
def sending(
    tmp_path: Path, web: WebProcess, running: Run, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Sending]]:
    """sending(url=…, number=…) → a training's end of the bridge; it tries again quickly."""
    monkeypatch.setattr("trainer_bridge.address.delays.__defaults__", (0.02, 0.2))
    clients: list[BridgeClient] = []

    def connect(url: str = web.url, number: int = 1) -> Sending:
        token = access.new_ingest_token()
        attempt = Attempt.objects.create(run=running, number=number, token_hash=access.hash_token(token))
        spool = tmp_path / f"{number}.spool"
        clients.append(BridgeClient(url, token, running.pk, number, "trainer", spool))
        return Sending(running, attempt, clients[-1])

    yield connect
    for client in clients:
        client.close(0)


def stored_steps(run: Run, attempt: int | None = None) -> list[int]:
    """The steps of the shown history (or of one attempt) as they are read back, values checked."""
    found = series.read([run.pk], [KEY], max_points=10**6, attempt=attempt)
    if not found:
        return []
    assert found[0].y.tolist() == [float(step) for step in found[0].step.tolist()]
    return found[0].step.tolist()


def stored_lines(run: Run) -> list[str]:
    blocks = ConsoleBlock.objects.filter(run=run).order_by("first")
    return [text for block in blocks for _, _, text in block.lines]


def assert_acknowledged_there(sent: Sending) -> None:
    """After a crash of the server: what it stored is a beginning of what was sent, and the training still
    holds everything that it has not stored.
    """
    sent.client.flush(0)  # into the spool
    steps = stored_steps(sent.run)
    lines = stored_lines(sent.run)
    assert steps == sent.steps[: len(steps)]
    assert lines == sent.lines[: len(lines)]
    held = _held_steps(sent.client._spool)
    assert set(sent.steps[len(steps) :]) <= held
    assert series.check() == []


def _held_steps(spool: Spool) -> set[int]:
    """The steps of the measurements that are not acknowledged yet."""
    waiting = spool.pending(max(spool.acknowledged, spool.first - 1), 10**6, 10**9)
    events = [decode_event(payload) for payload in waiting]
    blocks = [block for event in events if isinstance(event, MetricsBlock) for block in unpack(event)]
    return {event.step for event in [*events, *blocks] if isinstance(event, Metrics)}


def assert_all_there_once(sent: Sending) -> None:
    """Every point and line that was sent is stored once, and the store is sound."""
    assert stored_steps(sent.run) == sorted(sent.steps)
    assert stored_lines(sent.run) == sent.lines
    assert series.check() == []

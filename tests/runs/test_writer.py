"""The one writer: grouped, each job for itself, answered after the commit."""

import asyncio
import threading

import pytest
from django.db import DatabaseError, IntegrityError, connection

from runs import writer as module
from runs.models import Project, Run
from runs.writer import Writer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def writer():
    writer = Writer()
    yield writer
    await asyncio.to_thread(writer.stop)


def make(slug):
    return lambda: Project.objects.create(slug=slug, name=slug).slug


async def slugs():
    return {project.slug async for project in Project.objects.all()}


async def test_a_job_is_answered_after_its_commit(writer):
    assert await writer.submit(make("a")) == "a"
    assert await slugs() == {"a"}


async def test_a_job_that_fails_undoes_only_itself(writer):
    def half():
        Project.objects.create(slug="half", name="half")
        raise ValueError("no")

    jobs = [writer.submit(make("a")), writer.submit(half), writer.submit(make("b"))]
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert [str(answer) for answer in answers] == ["a", "no", "b"]
    assert await slugs() == {"a", "b"}


@pytest.fixture
def held(writer):
    """held(job): submit a job; those of one moment go into one group."""
    gate = threading.Event()
    first = []

    async def submit(job):
        if not first:
            first.append(asyncio.ensure_future(writer.submit(gate.wait)))
            await asyncio.sleep(0.05)
            asyncio.get_running_loop().call_later(0.1, gate.set)
        await asyncio.sleep(0.05)
        return await writer.submit(job)

    return submit


async def test_what_waits_goes_into_one_commit(writer, held, monkeypatch):
    groups = []
    commit = module.commit

    def counted(jobs):
        groups.append(len(jobs))
        commit(jobs)

    monkeypatch.setattr(module, "commit", counted)
    await asyncio.gather(*(held(make(f"p{i}")) for i in range(20)))
    assert groups == [1, 20]


async def test_a_job_that_makes_the_commit_fail_fails_alone(writer, held):
    def orphan():
        # Foreign keys are checked when the transaction is committed.
        Run.objects.create(project_id=12345, name="orphan")

    jobs = [held(make("a")), held(orphan), held(make("b"))]
    answers = await asyncio.gather(*jobs, return_exceptions=True)
    assert answers[0] == "a"
    assert isinstance(answers[1], IntegrityError)
    assert answers[2] == "b"
    assert await slugs() == {"a", "b"}


async def test_a_lost_connection_is_opened_again(writer):
    with pytest.raises(DatabaseError):
        await writer.submit(lambda: connection.connection.close() or make("a")())
    assert await writer.submit(make("b")) == "b"


async def test_stopping_writes_what_waits(writer):
    waiting = [asyncio.ensure_future(writer.submit(make(f"p{i}"))) for i in range(5)]
    await asyncio.sleep(0)
    await asyncio.to_thread(writer.stop)
    await asyncio.gather(*waiting)
    assert len(await slugs()) == 5


async def test_a_caller_that_went_away_is_no_harm(writer):
    gone = asyncio.ensure_future(writer.submit(make("a")))
    await asyncio.sleep(0)
    gone.cancel()
    assert await writer.submit(make("b")) == "b"

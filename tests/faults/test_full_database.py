"""The server's disk is full: SQLite says so, nothing is half-stored, nothing is acknowledged that is not there."""

import resource
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection

from runs.models import Command, Project, Run
from runs.states import State
from runs.writer import Job, commit

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]

#: More than the pages that earlier tests have left free.
LARGE = "x" * 20_000_000


@pytest.fixture
def full_disk():
    """full_disk(True): from now on the database of this connection cannot grow; False: it can again."""

    def limit(full):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA page_count")
            pages = cursor.fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages if full else 2**30}")
            cursor.fetchall()

    yield limit
    limit(False)


def make(slug):
    return lambda: Project.objects.create(slug=slug, name=slug).slug


class Deaf:
    """Stands where a job's event loop stands."""

    def call_soon_threadsafe(self, function):
        pass


def jobs_of(*writes):
    return [Job(write, str(number), Deaf(), None) for number, write in enumerate(writes)]


@pytest.mark.parametrize("large_at", [0, 1, 2])
def test_of_one_commit_only_what_is_stored_is_answered(full_disk, large_at):
    writes = [make("a"), make("b")]
    writes.insert(large_at, lambda: Project.objects.create(slug="large", name=LARGE).slug)
    jobs = jobs_of(*writes)
    full_disk(True)
    commit(jobs)
    answered = {job.result for job in jobs if job.problem is None}
    refused = [job.problem for job in jobs if job.problem is not None]
    assert {project.slug for project in Project.objects.all()} == answered
    assert any("disk is full" in str(problem) for problem in refused)
    assert all(isinstance(problem, DatabaseError) for problem in refused)


@contextmanager
def no_file_may_grow_beyond(size):
    """The kernel refuses every write of this process beyond ``size`` bytes of a file, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("large_at", [0, 1, 2])
def test_a_transaction_that_the_database_undid_by_itself_is_not_answered_as_stored(large_at):
    """More than the page cache holds is written before the commit, and SQLite then gives up all of it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size = 10")
    Project.objects.create(slug="before", name="before")
    writes = [make("a"), make("b")]
    writes.insert(large_at, lambda: Project.objects.create(slug="large", name="x" * 3_000_000).slug)
    jobs = jobs_of(*writes)
    with no_file_may_grow_beyond(1_000_000):
        commit(jobs)
    answered = {job.result for job in jobs if job.problem is None}
    assert {project.slug for project in Project.objects.all()} == answered | {"before"}
    assert "large" not in answered


@pytest.mark.parametrize("headers", [{}, {"X-Requested-With": "fetch"}], ids=["form", "script"])
def test_a_page_says_that_nothing_was_stored(owner_client, project, headers):
    run = Run.objects.create(project=project, name="r", state=State.RUNNING)
    with no_file_may_grow_beyond(4096):
        answer = owner_client.post(f"/r/{run.pk}/do/save", headers=headers)
    assert answer.status_code == 507
    assert "The server cannot store anything now: disk I/O error." in answer.content.decode()
    assert not Command.objects.exists()
    assert owner_client.post(f"/r/{run.pk}/do/save", headers=headers).status_code in (200, 302)
    assert Command.objects.count() == 1

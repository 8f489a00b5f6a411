"""A small cast for the domain's tests."""

import pytest
from django.contrib.auth import get_user_model

from runs import access
from runs.ingest import Sender, last_number
from runs.models import Attempt, Project, Run
from runs.states import State


@pytest.fixture
def user(db):
    return get_user_model().objects.create_user("ada", password="a long enough password")


@pytest.fixture
def project(db):
    return Project.objects.create(slug="digits", name="Digits")


@pytest.fixture
def make_run(project):
    """make_run(state, name=…) → a run of the project."""

    def make(state=State.QUEUED, **fields):
        fields.setdefault("name", f"run {Run.objects.count()}")
        return Run.objects.create(project=project, state=state, spec={"recipe": "digits-vit"}, **fields)

    return make


@pytest.fixture
def make_attempt():
    """make_attempt(run) → (attempt, its ingest token)."""

    def make(run, number=1):
        token = access.new_ingest_token()
        attempt = Attempt.objects.create(
            run=run, number=number, token_hash=access.hash_token(token), worker="box"
        )
        return attempt, token

    return make


@pytest.fixture
def make_sender(make_attempt):
    """make_sender(run) → a Sender whose source exists."""

    def make(run, number=1, source="trainer"):
        sender = Sender(make_attempt(run, number)[0].pk, source)
        last_number(sender)
        return sender

    return make

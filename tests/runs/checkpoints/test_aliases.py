"""Aliases of checkpoints, and who moved them."""

import pytest

from runs.checkpoints.aliases import AliasError, move, names_of
from runs.models import AliasMove
from tests.runs.checkpoints.folders import new_checkpoint, new_run

pytestmark = pytest.mark.django_db


def test_moved_with_a_history(user):
    run = new_run()
    first, second = new_checkpoint(run, 10), new_checkpoint(run, 20)
    move(run.project, "production", first, user)
    move(run.project, " Production", second, user)
    assert names_of(run.project) == {second.pk: ["production"]}
    assert move(run.project, "production", second, user) is None
    move(run.project, "production", None, user)
    assert names_of(run.project) == {}
    history = [(row.name, row.before, row.after, row.user) for row in AliasMove.objects.all()]
    assert history == [
        ("production", "vit @ 20", "", "ada"),
        ("production", "vit @ 10", "vit @ 20", "ada"),
        ("production", "", "vit @ 10", "ada"),
    ]


def test_history_outlives_the_run(user):
    run = new_run()
    move(run.project, "candidate", new_checkpoint(run, 10), user)
    run.delete()
    assert [row.after for row in AliasMove.objects.all()] == ["vit @ 10"]


@pytest.mark.parametrize("name", ["", "a b", "-x", "ä", "x" * 41, "a/b"])
def test_name_that_cannot_be(name):
    run = new_run()
    with pytest.raises(AliasError, match="is no alias"):
        move(run.project, name, new_checkpoint(run, 10))


def test_damaged_or_anothers_checkpoint_gets_none():
    run, other = new_run(), new_run("other")
    with pytest.raises(AliasError, match="cannot be used: it is cut short"):
        move(run.project, "candidate", new_checkpoint(run, 10, problem="it is cut short"))
    with pytest.raises(AliasError, match="of another project"):
        move(run.project, "candidate", new_checkpoint(other, 10))

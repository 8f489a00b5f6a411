"""Projects: made by name, found when none is named."""

import pytest

from runs.launch import launch_run
from runs.models import Project
from runs.projects import ProjectError, create_project, default_project, last_project


def test_a_project_gets_its_link_from_its_name(db):
    project = create_project("  Über digits! ")
    assert (project.name, project.slug) == ("Über digits!", "uber-digits")


@pytest.mark.parametrize("name", ["", "  ", "!!", "日本", "x" * 101, "a\nb"])
def test_an_impossible_name_is_refused(db, name):
    with pytest.raises(ProjectError):
        create_project(name)
    assert not Project.objects.exists()


def test_a_name_that_is_taken_is_refused(project):
    with pytest.raises(ProjectError, match="already a project “Digits”"):
        create_project("digits")


def test_the_default_project_is_made_once(db):
    assert default_project() == default_project()
    assert Project.objects.count() == 1


def test_the_default_project_is_where_the_newest_run_is(project):
    assert last_project() is None
    other = create_project("Aaa")
    launch_run(other, {"recipe": "digits-vit"})
    launch_run(project, {"recipe": "digits-vit"})
    assert default_project() == last_project() == project

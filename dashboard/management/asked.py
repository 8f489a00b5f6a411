"""What several commands ask for in the same words."""

from django.core.management import CommandError

from runs.models import Project
from runs.projects import default_project


def project_of(slug: str | None) -> Project:
    """The project called ``slug``, without one that of the newest run. Raises CommandError with those there are."""
    if slug is None:
        return default_project()
    found = Project.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Project.objects.values_list("slug", flat=True)[:10])
        raise CommandError(f"There is no project “{slug}”. There are: {known or 'none yet'}.")
    return found

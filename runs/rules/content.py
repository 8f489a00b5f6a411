"""What a rule says to the outside: the same facts for a webhook and an e-mail."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from runs.models import Firing, Project, Rule


def content_of(firing: Firing, rule: Rule) -> dict[str, Any]:
    """The facts of a firing, as JSON."""
    run = firing.run
    return {
        "event": "rule.fired",
        "text": f"{run.name}: {firing.text}",
        "rule": {"id": rule.pk, "name": rule.name, "condition": firing.condition, "actions": rule.actions},
        "run": {"id": run.pk, "name": run.name, "state": run.state, "step": run.step},
        "step": firing.step,
        "time": firing.created_at.isoformat(),
        "link": link_of(run.pk),
    }


def test_content(project: Project, rule: Rule) -> dict[str, Any]:
    """What is sent when somebody tries the way to the outside."""
    return {
        "event": "rule.test",
        "text": f"A test of the rule “{rule.name}” in {project.name}: nothing happened.",
        "rule": {"id": rule.pk, "name": rule.name},
    }


def link_of(run_id: str) -> str:
    """The run's address; without a host where the server has not been told its own name."""
    origin = next((one for one in settings.CSRF_TRUSTED_ORIGINS if "*" not in one), "")
    return origin.rstrip("/") + reverse("run_events", args=[run_id])

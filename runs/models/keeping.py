from django.db import models
from django.db.models import Q

from runs.models.checkpoint import Checkpoint
from runs.models.project import Project
from runs.models.run import Run
from runs.models.sweep import Sweep


class Alias(models.Model):
    """A name such as "production" that one checkpoint of a project has at a time."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=40)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="aliases")
    moved_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_alias_a_name")]

    def __str__(self) -> str:
        return self.name


class AliasMove(models.Model):
    """Who moved an alias, when, from which checkpoint to which. ``before`` and ``after`` are what they were
    called, so that the history outlives them; "" for none."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="alias_moves")
    name = models.CharField(max_length=40)
    from_checkpoint = models.ForeignKey(Checkpoint, null=True, on_delete=models.SET_NULL, related_name="+")
    to_checkpoint = models.ForeignKey(Checkpoint, null=True, on_delete=models.SET_NULL, related_name="+")
    before = models.CharField(max_length=150, default="", blank=True)
    after = models.CharField(max_length=150, default="", blank=True)
    user = models.CharField(max_length=150, default="", blank=True)
    moved_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.before or 'none'} → {self.after or 'none'}"


class Retention(models.Model):
    """Which checkpoints are kept: of a project, or in its place of one of its sweeps or runs.

    ``policy`` is a ``runs.checkpoints.policy.Policy`` as JSON.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="retentions")
    sweep = models.OneToOneField(Sweep, null=True, on_delete=models.CASCADE, related_name="retention")
    run = models.OneToOneField(Run, null=True, on_delete=models.CASCADE, related_name="retention")
    policy = models.JSONField(default=dict)
    changed_by = models.CharField(max_length=150, default="", blank=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"], condition=Q(sweep=None, run=None), name="one_retention_a_project"
            ),
            models.CheckConstraint(condition=Q(sweep=None) | Q(run=None), name="retention_of_one_owner"),
        ]

    def __str__(self) -> str:
        return f"retention of {self.run_id or self.sweep_id or self.project_id}"

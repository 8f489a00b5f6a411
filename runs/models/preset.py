from django.db import models

from runs.models.project import Project


class Preset(models.Model):
    """Settings that were saved by name, to be put over a form later.

    ``spec`` holds what differs from the recipe's defaults; without a recipe it is for any. ``space`` is what is swept,
    ``plan`` how (runs/sweeps/plan.py).
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="presets")
    name = models.CharField(max_length=100)
    spec = models.JSONField(default=dict)
    space = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    created_by = models.CharField(max_length=150, default="", blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_preset_a_name")]

    def __str__(self) -> str:
        return self.name

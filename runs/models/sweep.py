from django.db import models

from runs.ids import new_id
from runs.models.project import Project


class Sweep(models.Model):
    """A set of trials over a search space. ``space`` is {"args.learning_rate": [1e-4, 3e-4], …}."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sweeps")
    name = models.CharField(max_length=120)
    tags = models.JSONField(default=list)
    spec = models.JSONField(default=dict)
    space = models.JSONField(default=dict)
    sampler = models.CharField(max_length=20, default="grid")
    objective = models.CharField(max_length=250)
    greater_is_better = models.BooleanField(default=True)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name

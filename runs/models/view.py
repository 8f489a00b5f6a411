from django.db import models

from runs.models.project import Project


class SavedView(models.Model):
    """A named query string of a project's runs page: its filter, order, groups, columns and charts."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="views")
    name = models.CharField(max_length=60)
    query = models.TextField(default="", blank=True)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name

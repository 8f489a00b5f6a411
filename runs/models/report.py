from django.db import models

from runs.ids import new_id
from runs.models.project import Project


class Report(models.Model):
    """A page of Markdown about a project, with blocks that show its runs (runs/reports/syntax.py)."""

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="reports")
    title = models.CharField(max_length=120)
    text = models.TextField(default="", blank=True)
    created_by = models.CharField(max_length=150, default="", blank=True)
    updated_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-updated_at", "id"]

    def __str__(self) -> str:
        return self.title


class ReportLink(models.Model):
    """Lets whoever has it read one report without an account. Only its SHA-256 is kept."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"link to {self.report}"

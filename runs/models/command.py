from django.db import models

from runs.models.run import Run


class Command(models.Model):
    """Something a person (or a rule) asked of a running training, and how far the request came."""

    class Status(models.TextChoices):
        SENT = "sent"
        RECEIVED = "received"
        APPLIED = "applied"
        REFUSED = "refused"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="commands")
    kind = models.CharField(max_length=20)
    args = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SENT)
    reason = models.TextField(default="", blank=True)
    step = models.PositiveBigIntegerField(null=True, blank=True)
    # What it did: {"before": 3e-4, "after": 1.5e-4}, and for a learning rate what a resumed attempt does again.
    result = models.JSONField(default=dict)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.run_id}"

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from runs.ids import new_id


class Errand(models.Model):
    """Something short that a page asks of a worker, because only a worker has the training libraries.

    ``kind`` names a module of ``trainer_bridge/errands``; ``payload`` and ``result`` are JSON of bounded size.
    ``attempt`` counts the workers that took it. ``wanted_at`` is when somebody last asked how it is: what nobody
    asks for any more is cancelled.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    # The recipe that it needs; "" for one that every worker can do.
    recipe = models.CharField(max_length=250, default="", blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    progress = models.CharField(max_length=200, default="", blank=True)
    result: Any = models.JSONField(null=True, blank=True)
    # Why it failed or was cancelled, in one sentence, and what its process said last.
    reason = models.TextField(default="", blank=True)
    details = models.TextField(default="", blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="errands"
    )
    worker = models.CharField(max_length=100, default="", blank=True)
    attempt = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    wanted_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


OPEN = frozenset({Errand.State.WAITING, Errand.State.RUNNING})

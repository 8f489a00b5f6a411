from typing import Any

from django.conf import settings
from django.db import models

from runs.ids import new_id
from runs.models.checkpoint import Checkpoint


class Export(models.Model):
    """A checkpoint on its way out; what is made for it lies in ``<data folder>/exports/<id>/``.

    ``options`` are those of runs/exports/options.py. ``files`` is [[name, bytes, source], …]; ``source`` names a file
    of the checkpoint, "" one of the export's own folder. ``errand`` is the errand that prepares or sends it, "" where
    nothing has to be done. ``result``: what came of it ("url", "folder", "onnx", …).
    """

    class State(models.TextChoices):
        PREPARING = "preparing"
        READY = "ready"  # to be downloaded
        SENT = "sent"  # lies in its folder or on the Hub
        FAILED = "failed"
        CANCELLED = "cancelled"
        EXPIRED = "expired"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.CASCADE, related_name="exports")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="exports"
    )
    options = models.JSONField(default=dict)
    filename = models.CharField(max_length=200)
    files = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    errand = models.CharField(max_length=16, default="", blank=True)
    result: Any = models.JSONField(default=dict)
    # Why it failed, in a sentence, and what its process said last.
    reason = models.TextField(default="", blank=True)
    details = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return f"{self.filename} {self.state}"

    @property
    def size(self) -> int:
        return sum(size for _, size, _ in self.files)


class HubToken(models.Model):
    """A person's token of the Hub, encrypted (runs/secrets.py); ``tail`` is what is shown of it."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="hub_token"
    )
    sealed = models.TextField()
    tail = models.CharField(max_length=4)
    saved_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"…{self.tail}"

from django.db import models


class Worker(models.Model):
    """A process that trains: how many device slots it has and when it was last heard."""

    class State(models.TextChoices):
        WARMING = "warming up"
        READY = "ready"
        GONE = "gone"

    name = models.CharField(max_length=100, unique=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.WARMING)
    slots = models.PositiveIntegerField(default=1)
    busy = models.PositiveIntegerField(default=0)
    info = models.JSONField(default=dict)
    # It finishes what it trains and gets nothing new.
    draining = models.BooleanField(default=False)
    heard_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RefusedWorker(models.Model):
    """A worker that is turned away: what it calls itself, from which address, why, and when it tried last."""

    name = models.CharField(max_length=100, unique=True)
    reason = models.CharField(max_length=300)
    address = models.CharField(max_length=64, default="", blank=True)
    heard_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

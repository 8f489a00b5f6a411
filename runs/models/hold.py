from django.db import models


class QueueHold(models.Model):
    """While its one row exists nothing new is claimed: who held the queue, and since when."""

    ROW = 1

    held_by = models.CharField(max_length=150, default="", blank=True)
    held_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"held by {self.held_by or 'somebody'}"

from django.db import models

from runs.models.worker import Worker


class WorkerCatalogue(models.Model):
    """The recipes and scripts of a person's own that a worker has, as it reported them.

    ``report`` is the JSON of trainer_bridge/own/wire.py, ``digest`` its SHA-256; ``names`` are those of the recipes.
    """

    worker = models.OneToOneField(Worker, on_delete=models.CASCADE, related_name="catalogue")
    digest = models.CharField(max_length=64)
    names = models.JSONField(default=list)
    report = models.TextField()
    reported_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"recipes of {self.worker_id}"

from django.db import models

from runs.models.run import Run


class Checkpoint(models.Model):
    """A checkpoint folder of a run: what was measured at its step, what it holds, whether it is whole.

    ``path`` is relative to the run's folder. ``files`` is [[name, bytes], …]. ``problem`` says why it cannot
    be used ("" when it is complete). A deleted checkpoint keeps its row and its metrics.
    """

    id = models.CharField(primary_key=True, max_length=16, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="checkpoints")
    attempt = models.PositiveIntegerField()
    step = models.PositiveBigIntegerField()
    epoch = models.FloatField(null=True, blank=True)
    path = models.CharField(max_length=250)
    files = models.JSONField(default=list)
    size = models.PositiveBigIntegerField(default=0)
    metrics = models.JSONField(default=dict)
    problem = models.TextField(default="", blank=True)
    created_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["step"]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="one_checkpoint_a_step")]

    def __str__(self) -> str:
        return f"{self.run_id} @ {self.step}"

from django.db import models

from runs.models.run import Run


class Evaluation(models.Model):
    """What one evaluation of a run can be looked into by (runs/evaluations/).

    ``name`` is the split: "eval", "eval_<name>" or "test". ``head`` is what lists show: {"kind", "rows", "mean_loss"}.
    ``view`` is the whole, as compressed JSON. An evaluation of a stretch that was abandoned stays with its attempt.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="evaluations")
    attempt = models.PositiveIntegerField()
    step = models.PositiveBigIntegerField()
    name = models.CharField(max_length=250)
    time = models.DateTimeField()
    head = models.JSONField(default=dict)
    is_abandoned = models.BooleanField(default=False)
    view = models.BinaryField()

    class Meta:
        ordering = ["step", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["run", "name", "step"],
                name="one_evaluation_a_step",
                condition=models.Q(is_abandoned=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.name} @ {self.step}"


class EvaluationMedia(models.Model):
    """A small picture or sound of an evaluated row, stored once a run under the digest of its bytes."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="evaluation_media")
    digest = models.CharField(max_length=64)
    content_type = models.CharField(max_length=20)
    size = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "digest"], name="one_medium_a_digest")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.digest}"

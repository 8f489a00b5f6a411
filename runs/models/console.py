from django.db import models

from runs.models.run import Run


class ConsoleBlock(models.Model):
    """Consecutive console lines of a run: ``lines`` is [[time, stream, text], …], the first one ``first``."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="console_blocks")
    attempt = models.PositiveIntegerField()
    source = models.CharField(max_length=250)
    first = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField()
    lines = models.JSONField()

    class Meta:
        ordering = ["first"]
        constraints = [models.UniqueConstraint(fields=["run", "first"], name="one_block_a_line")]

    def __str__(self) -> str:
        return f"{self.run_id} lines {self.first}+{self.count}"

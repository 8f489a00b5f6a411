from django.db import models

from runs.models.run import Run


class Series(models.Model):
    """One measured quantity of one run, with the summary that tables need without decoding points."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="series")
    key = models.CharField(max_length=250)
    count = models.PositiveBigIntegerField(default=0)
    first_step = models.PositiveBigIntegerField(null=True)
    last_step = models.PositiveBigIntegerField(null=True)
    # NaN and ±Inf are stored as the texts that float() reads, because databases disagree about them.
    last = models.CharField(max_length=32, default="", blank=True)
    min = models.FloatField(null=True)
    min_step = models.PositiveBigIntegerField(null=True)
    max = models.FloatField(null=True)
    max_step = models.PositiveBigIntegerField(null=True)
    nan_count = models.PositiveBigIntegerField(default=0)
    inf_count = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="one_series_a_key")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.key}"


class Chunk(models.Model):
    """A sealed, compressed, columnar stretch of one series (runs/series/codec.py)."""

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    first_step = models.PositiveBigIntegerField()
    last_step = models.PositiveBigIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "number"], name="one_chunk_a_number")]

    def __str__(self) -> str:
        return f"{self.series} chunk {self.number}"


class PendingPoints(models.Model):
    """Points of one run as they were committed, all keys together, not yet sealed into chunks."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="pending_points")
    attempt = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run_id} {self.count} pending points"

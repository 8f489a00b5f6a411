from django.db import models

from runs.models.run import Run


class Series(models.Model):
    """One measured quantity of one run, with the summary that tables need without decoding points.

    The summary describes the shown history: what a rewind abandoned is not in it (runs/series/history.py).
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="series")
    key = models.CharField(max_length=250)
    count = models.PositiveBigIntegerField(default=0)
    # The lowest and the highest step; ``last`` is the value at the highest one.
    first_step = models.BigIntegerField(null=True)
    last_step = models.BigIntegerField(null=True)
    last_attempt = models.PositiveIntegerField(default=0)
    # NaN and ±Inf are stored as the texts that float() reads, because databases disagree about them.
    last = models.CharField(max_length=32, default="", blank=True)
    # Of the finite values; of equal ones the lowest step.
    min = models.FloatField(null=True)
    min_step = models.BigIntegerField(null=True)
    max = models.FloatField(null=True)
    max_step = models.BigIntegerField(null=True)
    nan_count = models.PositiveBigIntegerField(default=0)
    inf_count = models.PositiveBigIntegerField(default=0)
    # When its earliest point was measured, in seconds since the epoch, abandoned points included.
    first_time = models.FloatField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "key"], name="one_series_a_key")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.key}"


class Chunk(models.Model):
    """A sealed, compressed, columnar stretch of one attempt's points of one series (runs/series/codec.py).

    The ranges say which windows need this chunk; they are empty where no point has that coordinate.
    """

    series = models.ForeignKey(Series, on_delete=models.CASCADE, related_name="chunks")
    number = models.PositiveIntegerField()
    attempt = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    # The newest PendingPoints row when this was sealed: a reader that still saw such rows drops this series
    # from them.
    sealed_through = models.PositiveBigIntegerField(default=0)
    min_step = models.BigIntegerField()
    max_step = models.BigIntegerField()
    min_time = models.FloatField(null=True)
    max_time = models.FloatField(null=True)
    min_epoch = models.FloatField(null=True)
    max_epoch = models.FloatField(null=True)
    min_tokens = models.FloatField(null=True)
    max_tokens = models.FloatField(null=True)
    # The points that draw this chunk from afar; empty for short chunks. Before ``data``, so that SQLite
    # reads it without walking over the large value.
    outline = models.BinaryField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["series", "number"], name="one_chunk_a_number")]

    def __str__(self) -> str:
        return f"{self.series} chunk {self.number}"


class PendingPoints(models.Model):
    """Points of one attempt as they were committed, all keys together, not sealed yet (series/batch.py)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="pending_points")
    attempt = models.PositiveIntegerField()
    count = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.run_id} {self.count} pending points"


class Rewind(models.Model):
    """Attempt ``attempt`` went on from ``step``: points of earlier attempts above it are abandoned."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rewinds")
    attempt = models.PositiveIntegerField()
    step = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "attempt"], name="one_rewind_an_attempt")]

    def __str__(self) -> str:
        return f"{self.run_id} attempt {self.attempt} from step {self.step}"

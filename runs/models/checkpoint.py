from django.db import models

from runs.models.run import Run

#: The problem of a checkpoint whose files are on another machine.
ELSEWHERE = "stays where it was trained"
#: … and of one whose files are only in the storage.
IN_STORAGE = "is in the storage, not on this machine: bring it here first"


class Checkpoint(models.Model):
    """A checkpoint folder of a run: what was measured at its step, what it holds, whether it is whole.

    ``path`` is relative to the run's folder. ``files`` is [[name, bytes], …]. ``problem`` says why it cannot
    be used ("" when it is complete). A deleted checkpoint keeps its row and its metrics.
    ``sha256`` maps each file to its checksum, once they were taken (runs/checkpoints/checking.py).
    """

    class Due(models.TextChoices):
        """What becomes of it: all of it goes, or what only a training needs."""

        DELETE = "delete"
        STRIP = "strip"

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
    deleted_because = models.TextField(default="", blank=True)
    sha256 = models.JSONField(default=dict, blank=True)
    # When all files last had the checksums of ``sha256``.
    verified_at = models.DateTimeField(null=True, blank=True)
    # From when on its files wait to be read whole and compared; None while nobody wants that.
    check_at = models.DateTimeField(null=True, blank=True)
    # When all files were last copied into the storage (runs/checkpoints/storing.py).
    stored_at = models.DateTimeField(null=True, blank=True)
    exported_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(default="", blank=True)
    # A person keeps it, whatever a policy says.
    is_pinned = models.BooleanField(default=False)
    # What a policy, or a person, has in mind for it, when and why (runs/checkpoints/retention.py).
    due = models.CharField(max_length=6, choices=Due.choices, default="", blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    due_because = models.TextField(default="", blank=True)
    due_by = models.CharField(max_length=150, default="", blank=True)

    class Meta:
        ordering = ["step"]
        indexes = [
            # Both are asked for every few seconds, and hardly any row is in them.
            models.Index(
                fields=["check_at"], name="unchecked_checkpoints", condition=models.Q(check_at__isnull=False)
            ),
            models.Index(fields=["due_at"], name="due_checkpoints", condition=models.Q(due_at__isnull=False)),
            # Every page counts the whole ones (runs/table/read.py).
            models.Index(
                fields=["run"],
                name="whole_checkpoints",
                condition=models.Q(deleted_at__isnull=True, problem=""),
            ),
        ]
        constraints = [models.UniqueConstraint(fields=["run", "step"], name="one_checkpoint_a_step")]

    def __str__(self) -> str:
        return f"{self.run_id} @ {self.step}"

    @property
    def is_here(self) -> bool:
        """Whether its files belong on this machine."""
        return self.problem != ELSEWHERE

import time

from django.db import models

from runs.ids import new_id
from runs.models.project import Project
from runs.models.sweep import Sweep
from runs.states import ACTIVE, State


class KeptRuns(models.Manager["Run"]):
    """Without the runs that were deleted and can still come back (runs/removal.py)."""

    def get_queryset(self) -> models.QuerySet["Run"]:
        return super().get_queryset().filter(deleted_at=None)


class EveryRun(models.Manager["Run"]):
    """Those as well."""


class Run(models.Model):
    """One training: what was asked for (``spec``), where it is (``state``) and how far it came.

    ``spec`` is {"recipe": str, "params": {…}, "args": {…}} (see runs/specs.py); ``args`` holds every training
    argument that is not the Trainer's own default. A run that was started elsewhere (``origin`` "external")
    has {"config": {…}, "args": {…}} and no recipe. ``version`` grows by one with every committed change, so a
    page that saw version n can tell that it missed something.
    """

    class Origin(models.TextChoices):
        WORKER = "worker"
        EXTERNAL = "external"

    class Kind(models.TextChoices):
        TRAINING = "training"
        EVALUATION = "evaluation"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="runs")
    sweep = models.ForeignKey(Sweep, null=True, blank=True, on_delete=models.CASCADE, related_name="runs")
    trial = models.PositiveIntegerField(null=True, blank=True)
    trial_params = models.JSONField(default=dict)
    # What sampler and pruner keep with the trial, what they were told of it: {"system": {…}, "reports": [value, …]}.
    trial_attrs = models.JSONField(default=dict)
    # Stopped by the sweep's pruner; ``reason`` says why.
    is_pruned = models.BooleanField(default=False)
    # The run whose checkpoint this one goes on from, and its step; its points up to there are this run's too.
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="forks")
    forked_step = models.PositiveBigIntegerField(null=True, blank=True)
    name = models.CharField(max_length=120)
    tags = models.JSONField(default=list)
    # Markdown of people (runs/notes.py).
    notes = models.TextField(default="", blank=True)
    spec = models.JSONField(default=dict)
    # An evaluation measures a checkpoint again: {"checkpoint", "run", "run_name", "step", "part", "source"}
    # (runs/evaluations/again.py). It trains nothing, so tables of trainings leave it out.
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TRAINING)
    evaluates = models.JSONField(default=dict, blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.WORKER)
    # The mark of the run in every table and chart: 1 … 12 and on (dotted from 13), given once per project.
    mark = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    # Why the run is in its state, in one sentence; for a failed run the last line of the error.
    reason = models.TextField(default="", blank=True)
    traceback = models.TextField(default="", blank=True)
    objective = models.CharField(max_length=250, default="", blank=True)
    greater_is_better = models.BooleanField(default=True)
    step = models.PositiveBigIntegerField(default=0)
    max_steps = models.PositiveBigIntegerField(null=True, blank=True)
    epoch = models.FloatField(null=True, blank=True)
    num_train_epochs = models.FloatField(null=True, blank=True)
    # Steps per second over the last stretch, as the server saw it.
    speed = models.FloatField(null=True, blank=True)
    # Input tokens per second, where the Trainer counts them, and what one step learns from.
    token_speed = models.FloatField(null=True, blank=True)
    samples_per_step = models.PositiveBigIntegerField(null=True, blank=True)
    # Of an evaluation that runs: {"done": batches, "of": batches or None, "left": seconds or None}.
    evaluation = models.JSONField(null=True, blank=True)
    # Of early stopping: {"left": evaluations without gain until it ends the run, "of": how many from a gain on}.
    patience = models.JSONField(null=True, blank=True)
    environment = models.JSONField(default=dict)
    worker = models.CharField(max_length=100, default="", blank=True)
    # Which queued run starts next: the highest priority, then the lowest place (runs/queue.py).
    priority = models.SmallIntegerField(default=0)
    place = models.FloatField(default=time.time)
    # Of a paused run: whether its process stands still in its slot, or else what queues it again by itself.
    is_held = models.BooleanField(default=False)
    resume_at = models.DateTimeField(null=True, blank=True)
    resume_when_idle = models.BooleanField(default=False)
    version = models.PositiveBigIntegerField(default=0)
    console_lines = models.PositiveBigIntegerField(default=0)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Archived runs stay out of tables until somebody asks for them.
    archived_at = models.DateTimeField(null=True, blank=True)
    # Deleted runs are nowhere, but come back on Undo until they are really removed.
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = KeptRuns()
    everything = EveryRun()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["project", "-created_at"]),
            models.Index(fields=["state", "created_at"]),
            # Which runs were changed is asked before each look at a table (runs/table/read.py), and nearly all have
            # ended: their versions stand in an index of their own, in which a running training changes nothing.
            models.Index(
                fields=["project", "ended_at", "id", "version"],
                name="ended_versions",
                condition=models.Q(ended_at__isnull=False),
            ),
            models.Index(fields=["project"], name="open_runs", condition=models.Q(ended_at__isnull=True)),
            models.Index(fields=["project"], name="evaluation_runs", condition=models.Q(kind="evaluation")),
            # Hardly any run is deleted, and the others are not in it.
            models.Index(
                fields=["project", "deleted_at"],
                name="deleted_runs",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.state in ACTIVE

    @property
    def is_evaluation(self) -> bool:
        """Whether it only measures a checkpoint of another run."""
        return self.kind == self.Kind.EVALUATION

    @property
    def is_external(self) -> bool:
        """Whether it was started elsewhere: nothing here can start it again."""
        return self.origin == self.Origin.EXTERNAL


class Attempt(models.Model):
    """One try at a run: a process, its ingest token (only the hash is kept) and its last sign of life."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    token_hash = models.CharField(max_length=64, db_index=True)
    worker = models.CharField(max_length=100, default="", blank=True)
    resumed_step = models.PositiveBigIntegerField(null=True, blank=True)
    # Every setting that it trained with; those of the recipe may have changed since.
    config = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When it was given up because nobody heard it any more, and whether the run was queued again for that by itself.
    given_up_at = models.DateTimeField(null=True, blank=True)
    retried = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_attempt_a_number")]

    def __str__(self) -> str:
        return f"{self.run_id} attempt {self.number}"


class Source(models.Model):
    """One numbered stream of events of an attempt, and the last number that is committed."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="sources")
    name = models.CharField(max_length=250)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["attempt", "name"], name="one_source_a_name")]

    def __str__(self) -> str:
        return f"{self.attempt} {self.name}"


class RunWarning(models.Model):
    """Something a person should know about a run; a later one of the same code replaces it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="warnings")
    code = models.CharField(max_length=250)
    text = models.TextField()
    step = models.PositiveBigIntegerField(null=True, blank=True)
    # More for a page to show, by its "kind"; of a batch that stood out its rows (trainer_bridge/incidents.py).
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="one_warning_a_code")]

    def __str__(self) -> str:
        return self.text

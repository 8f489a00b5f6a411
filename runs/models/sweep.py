from django.db import models

from runs.ids import new_id
from runs.models.project import Project


class Sweep(models.Model):
    """A set of trials over a search space, which can be changed while they train (runs/sweeps/edit.py).

    ``space`` is {"args.learning_rate": [1e-4, 3e-4], "args.seed": {"low": 1, "high": 9}, …} (runs/sweeps/space.py).
    How it is searched (``sampler`` … ``checkpoint_budget``) is one SweepPlan in columns (runs/sweeps/plan.py). The
    trials are its runs: ``Run.trial`` numbers the point, which several runs share where there are ``seeds``.
    """

    class State(models.TextChoices):
        RUNNING = "running"
        # No new trial starts; those that train go on.
        PAUSED = "paused"
        # No new trial comes; once the last has ended the sweep is stopped (or finished, when it came to its end).
        STOPPING = "stopping"
        STOPPED = "stopped"
        FINISHED = "finished"

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sweeps")
    name = models.CharField(max_length=120)
    tags = models.JSONField(default=list)
    notes = models.TextField(default="", blank=True)
    spec = models.JSONField(default=dict)
    space = models.JSONField(default=dict)
    constraints = models.JSONField(default=list)
    sampler = models.CharField(max_length=20, default="grid")
    sampler_options = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField(default=0)
    pruner = models.JSONField(default=dict)
    # [{"metric": "eval/f1", "greater_is_better": true}, …]; the first also stands in the two columns below.
    objectives = models.JSONField(default=list)
    objective = models.CharField(max_length=250)
    greater_is_better = models.BooleanField(default=True)
    # How many points are tried; empty for every point of a grid.
    trials_wanted = models.PositiveIntegerField(null=True, blank=True)
    seeds = models.JSONField(default=list)
    # How many runs may wait or train at once; empty: all of a grid, else as many as there are device slots.
    parallel = models.PositiveIntegerField(null=True, blank=True)
    budget = models.JSONField(default=dict)
    checkpoint_budget = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    # Why it is in its state, in one sentence.
    reason = models.TextField(default="", blank=True)
    # Points that are tried before the sampler is asked: the rest of a grid, and those picked by hand.
    points = models.JSONField(default=list)
    # The number of the next trial; raised by compare-and-set, so that no two servers make the same one.
    next_trial = models.PositiveIntegerField(default=0)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_seconds = models.FloatField(default=0.0)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return self.name


class SweepEvent(models.Model):
    """What was done to a sweep: by whom ("" for Trainboard itself), when, and what it was before and after."""

    sweep = models.ForeignKey(Sweep, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=30)
    text = models.TextField()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.text

from django.conf import settings
from django.db import models
from django.utils import timezone

from runs.models.project import Project
from runs.models.run import Run


class Rule(models.Model):
    """ "When this happens, do that": for every run of a project or, with ``run``, for one.

    ``kind`` and ``options`` are the condition (runs/rules/conditions.py), ``actions`` what follows (actions.py there).
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="rules")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.CASCADE, related_name="own_rules")
    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    actions = models.JSONField(default=list)
    # Where the actions "email" and "webhook" go.
    email_to = models.JSONField(default=list)
    webhook = models.CharField(max_length=500, default="", blank=True)
    enabled = models.BooleanField(default=True)
    created_by = models.CharField(max_length=150, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_by = models.CharField(max_length=150, default="", blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class RuleMemory(models.Model):
    """What a rule keeps of one run between two batches, and whether it has fired and not cleared since."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="memories")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rule_memories")
    memory = models.JSONField(default=dict)
    is_firing = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "run"], name="one_memory_a_rule_and_run")]

    def __str__(self) -> str:
        return f"{self.rule_id} {self.run_id}"


class Firing(models.Model):
    """A rule's condition came true. ``name`` and ``condition`` are the rule's then.

    ``results``: {action: what came of it}.
    """

    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="firings")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="firings")
    name = models.CharField(max_length=100)
    condition = models.TextField()
    text = models.TextField()
    step = models.PositiveBigIntegerField(null=True, blank=True)
    results = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


class Delivery(models.Model):
    """One message to the outside, tried again until it was taken or given up. Without a firing it is a test."""

    class Channel(models.TextChoices):
        EMAIL = "email"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        FAILED = "failed"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deliveries")
    firing = models.ForeignKey(Firing, null=True, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    target = models.CharField(max_length=500)
    # What is said, {"text", "rule", "run", …}; the webhook sends it as JSON.
    content = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    last_error = models.TextField(default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["next_at"], name="due_deliveries", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.target}"


class Notification(models.Model):
    """A firing in one person's inbox."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    firing = models.ForeignKey(Firing, on_delete=models.CASCADE, related_name="notifications")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["user"], name="unread_notices", condition=models.Q(read_at=None))]

    def __str__(self) -> str:
        return str(self.firing)

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """A bearer token of the REST API. Only its SHA-256 is kept; ``scopes`` ⊆ {"read", "write", "worker"}."""

    name = models.CharField(max_length=100)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class LoginLink(models.Model):
    """A log-in link that works once, for a short time. Only its SHA-256 is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"log-in link of {self.user}"


class IngestToken(models.Model):
    """Lets a run that was started elsewhere send the events of one attempt; each of its processes has its own.

    It goes with the API token that it was asked for with: revoking that one closes it as well.
    """

    attempt = models.ForeignKey("runs.Attempt", on_delete=models.CASCADE, related_name="ingest_tokens")
    api_token = models.ForeignKey(ApiToken, null=True, on_delete=models.CASCADE, related_name="ingest_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"ingest token of {self.attempt}"

from django.conf import settings
from django.db import models

from runs.ids import new_id


class Upload(models.Model):
    """A file that a person uploaded; it lies in ``<data folder>/uploads/<id>/``.

    It comes in parts, and is whole once ``sha256`` is there. An archive is unpacked then: ``files`` is how many lie in
    the folder. ``problem`` is a mistake in the file, such as a broken line, that a person should know of.
    """

    id = models.CharField(primary_key=True, max_length=16, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, default="", blank=True)
    files = models.PositiveIntegerField(default=1)
    problem = models.TextField(default="", blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="uploads"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    heard_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at", "-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.pk}"

    @property
    def source(self) -> str:
        """What "data.source" says for it."""
        return f"upload:{self.pk}"

    @property
    def is_whole(self) -> bool:
        return bool(self.sha256)

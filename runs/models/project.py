from django.db import models


class Project(models.Model):
    """A set of runs that belong together and are compared with each other."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=100)
    # The mark of the newest run ever made here; deleted runs do not give theirs back.
    last_mark = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

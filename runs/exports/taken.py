"""That a checkpoint was taken home: its state is "exported" from then on, until it is saved again."""

from django.utils import timezone

from runs.models import Checkpoint


def note_taken(checkpoint_id: str) -> None:
    """It is in somebody's folder, archive or repository now."""
    Checkpoint.objects.filter(pk=checkpoint_id, deleted_at=None).update(exported_at=timezone.now())

"""That a checkpoint was taken home: its state is "exported" from then on, until it is saved again."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from runs.models import Checkpoint


def note_taken(checkpoint_id: str) -> None:
    """It is in somebody's folder, archive or repository now."""
    Checkpoint.objects.filter(pk=checkpoint_id, deleted_at=None).update(exported_at=timezone.now())


def note_download(request: HttpRequest, answer: HttpResponseBase, checkpoint_id: str) -> HttpResponseBase:
    """The answer that sends an archive. Whether the last byte arrives nobody hears: a download that begins counts."""
    if request.method == "GET" and answer.status_code in (200, 206):
        note_taken(checkpoint_id)
    return answer

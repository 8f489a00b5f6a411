"""An evaluation's event becomes rows: bounded, checked, and once for each split and step."""

import hashlib
import json
import zlib
from typing import Any

from django.db.models import Sum

from runs.clean import moment, plain
from runs.models import Checkpoint, Evaluation, EvaluationMedia
from trainer_bridge.evaluations import VERSION
from trainer_bridge.protocol import Evaluated

#: Bytes of a view as JSON, of one picture or sound, and of all of a run's.
MOST_VIEW, MOST_MEDIUM, MOST_MEDIA = 3_000_000, 200_000, 64 * 1024 * 1024
#: Evaluations of one split that a run keeps; of more, every second one of the older half goes.
MOST_KEPT = 200
#: How the files begin that may be stored, and as what they are served.
_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"RIFF": "audio/wav"}


class EvaluationRefused(ValueError):
    """The event cannot be stored; the text says why."""


def store(run_id: str, attempt: int, event: Evaluated) -> None:
    """Keep the evaluation, in place of an earlier one of the same split at the same step. Raises EvaluationRefused."""
    view = checked(event.view)
    data = json.dumps(view, separators=(",", ":")).encode()
    if len(data) > MOST_VIEW:
        raise EvaluationRefused(f"its {len(data)} bytes are more than the {MOST_VIEW} that are kept")
    _store_media(run_id, event.media)
    Evaluation.objects.update_or_create(
        run_id=run_id,
        name=event.name,
        step=event.step,
        is_abandoned=False,
        defaults={
            "attempt": attempt,
            "time": moment(event.time),
            "head": {name: view.get(name) for name in ("kind", "rows", "mean_loss")},
            "view": zlib.compress(data, 6),
        },
    )
    _thin_out(run_id, event.name)


def rewind(run_id: str, step: int) -> None:
    """The run goes on from ``step``: what was evaluated after it belongs to an abandoned stretch."""
    Evaluation.objects.filter(run_id=run_id, step__gt=step, is_abandoned=False).update(is_abandoned=True)


def checked(view: dict[str, Any]) -> dict[str, Any]:
    """The view as JSON that every database and browser takes. Raises EvaluationRefused for an unknown version."""
    if view.get("version") != VERSION:
        raise EvaluationRefused(f"version {view.get('version')!r} of evaluations is not known here")
    if not isinstance(view.get("kind"), str):
        raise EvaluationRefused("it does not say of what kind it is")
    clean: dict[str, Any] = plain(view)
    return clean


def _store_media(run_id: str, media: dict[str, bytes]) -> None:
    """Store what is new and whole; what does not fit any more is left out, and its row shows no picture."""
    if not media:
        return
    known = EvaluationMedia.objects.filter(run_id=run_id)
    left = MOST_MEDIA - (known.aggregate(size=Sum("size"))["size"] or 0)
    rows = []
    for digest, data in media.items():
        kind = next((kind for start, kind in _KINDS.items() if data.startswith(start)), None)
        if kind is None or len(data) > MOST_MEDIUM or hashlib.sha256(data).hexdigest()[:32] != digest:
            raise EvaluationRefused(f"the picture or sound {digest[:40]} is not what it says")
        left -= len(data)
        if left >= 0:
            rows.append(
                EvaluationMedia(run_id=run_id, digest=digest, content_type=kind, size=len(data), data=data)
            )
    EvaluationMedia.objects.bulk_create(rows, ignore_conflicts=True)


def _thin_out(run_id: str, name: str) -> None:
    """Keep the latest ones close together, older ones further apart, and those of checkpoints."""
    found = Evaluation.objects.filter(run_id=run_id, name=name).values_list("pk", "step")
    rows = list(found.order_by("step", "pk"))
    if len(rows) <= MOST_KEPT:
        return
    kept = set(Checkpoint.objects.filter(run_id=run_id, deleted_at=None).values_list("step", flat=True))
    old = rows[: MOST_KEPT // 2 : 2]
    Evaluation.objects.filter(pk__in=[pk for pk, step in old if step not in kept]).delete()

"""A push to the Hub through its own client, whose endpoint HF_ENDPOINT may name. The token is in no message."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer_bridge.exporting.progress import Progress

#: Bytes from which on a file is worth a step of the progress.
_LARGE = 4 * 1024 * 1024

if TYPE_CHECKING:
    from trainer_bridge.exporting.order import Order


class PushFailed(RuntimeError):
    """The text says to a person why, and what to do."""


def push(order: "Order", places: Mapping[str, Path], tell: Callable[[str], None]) -> str:
    """Put ``places`` (name → file) into the repository of ``order``, in one commit; the repository's address.

    It is made when it is not there. Files of it that have other names stay. Raises PushFailed.
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils import disable_progress_bars

    disable_progress_bars()
    api = HfApi(token=order.token)
    try:
        return _push(api, order, places, tell)
    except PushFailed:
        raise
    except HfHubHTTPError as error:
        # Not chained: what is under it holds the request.
        raise PushFailed(_refusal(error, order)) from None
    except Exception as error:
        reason = str(error).replace(order.token, "…").strip().splitlines() or [type(error).__name__]
        raise PushFailed(
            f"The push to {api.endpoint} broke off: {reason[0]} Export again to go on."
        ) from None


def _push(api: Any, order: "Order", places: Mapping[str, Path], tell: Callable[[str], None]) -> str:
    from huggingface_hub import CommitOperationAdd

    tell(f"opening {order.repo}")
    url = api.create_repo(order.repo, private=order.private, exist_ok=True)
    if order.private and not api.repo_info(order.repo).private:
        raise PushFailed(
            f"{order.repo} is there already and public. Choose public, or another name for a private one."
        )
    added = [CommitOperationAdd(name, str(place)) for name, place in sorted(places.items())]
    progress = Progress(f"pushing to {order.repo}", sum(one.upload_info.size for one in added), tell)
    for group in _groups(added):
        # Ahead of the commit, so that it can be said how far it is; what the Hub has already is not sent again.
        api.preupload_lfs_files(order.repo, group, free_memory=False)
        progress.add(sum(one.upload_info.size for one in group))
    api.create_commit(order.repo, added, commit_message=order.message or "Export from Trainboard")
    return str(url)


def _groups(added: list[Any]) -> list[list[Any]]:
    """Large files one by one, all small ones together."""
    small = [one for one in added if one.upload_info.size < _LARGE]
    return [*([small] if small else []), *([one] for one in added if one.upload_info.size >= _LARGE)]


def _refusal(error: Any, order: "Order") -> str:
    status = error.response.status_code if error.response is not None else 0
    if status == 401:
        return "The Hub does not know this token. Forget it, and type one of Settings › Access Tokens."
    if status in (403, 404):
        return f"This token may not write to {order.repo}. Give it the right to write there, or choose another name."
    said = str(error).replace(order.token, "…").strip().splitlines() or ["no reason"]
    return f"The Hub refused the push ({status}): {said[-1]}"

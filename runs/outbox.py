"""What one browser is still to be told: merged while it waits, so a slow browser costs bounded memory.

Each run has at most one waiting update. What does not fit is dropped, and the update then begins at the
version where it ends: the page sees that it missed something and fetches it.
"""

from typing import Any

#: Points and lines that may wait for one browser; more is fetched by the page.
POINTS = 5000
LINES = 2000
#: … and of more lines than that the last ones, so that a page that follows a flood sees its end at once.
TAIL = 200

Message = dict[str, Any]


class Outbox:
    """Messages for one browser, the newest state of each kind."""

    def __init__(self) -> None:
        self._updates: dict[str, Message] = {}
        #: The newest version of each watched run that was put in. Threads may overtake each other on the way
        #: here; an older word after a newer one would show a state that is over.
        self._newest: dict[str, int] = {}
        self._projects: dict[str, Message] = {}
        self._errands: dict[str, Message] = {}
        self._workers: Message | None = None
        self._notice: Message | None = None
        self.console = False

    def put(self, message: Message) -> None:
        """Add an "update", "runs", "errand", "notice" or "workers" message."""
        if message["type"] == "update":
            self._put_update(message)
        elif message["type"] == "runs":
            self._projects[message["project"]] = message
        elif message["type"] == "errand":
            self._errands[message["errand"]] = message
        elif message["type"] == "notice":
            self._notice = message
        else:
            self._workers = message

    def take(self) -> list[Message]:
        """Everything that waits, oldest run first; the box is empty afterwards."""
        waiting = [*self._updates.values(), *self._projects.values(), *self._errands.values()]
        waiting += [message for message in (self._workers, self._notice) if message is not None]
        self._updates, self._projects, self._errands = {}, {}, {}
        self._workers = self._notice = None
        return waiting

    def forget_runs_except(self, run_ids: set[str]) -> None:
        """The browser no longer watches the other runs."""
        self._updates = {run: update for run, update in self._updates.items() if run in run_ids}
        self._newest = {run: version for run, version in self._newest.items() if run in run_ids}

    def _put_update(self, update: Message) -> None:
        if update["to"] <= self._newest.get(update["run"], -1):
            return
        self._newest[update["run"]] = update["to"]
        if not self.console:
            update = {name: value for name, value in update.items() if name != "console"}
        waiting = self._updates.get(update["run"])
        merged = merge(waiting, update) if waiting else update
        if count_points(merged) > POINTS:
            merged = without_points(merged)
        self._updates[update["run"]] = merged


def merge(first: Message, second: Message) -> Message:
    """Two updates of one run as one. If a version lies between them, pages have to fetch."""
    merged = first | second
    merged["from"] = first["from"]
    merged["points"] = _merge_points(first.get("points", {}), second.get("points", {}))
    merged["console"] = _merge_console(first.get("console"), second.get("console"))
    if first["to"] != second["from"]:
        return without_points(merged)
    return {name: value for name, value in merged.items() if value or name not in ("points", "console")}


def without_points(update: Message) -> Message:
    """The update in a form that makes pages fetch: it begins where it ends, and carries no points."""
    kept = {name: value for name, value in update.items() if name != "points" and value is not None}
    return kept | {"from": update["to"]}


def count_points(update: Message) -> int:
    return sum(map(len, update.get("points", {}).values()))


def _merge_points(first: Message, second: Message) -> Message:
    merged = {key: list(points) for key, points in first.items()}
    for key, points in second.items():
        merged.setdefault(key, []).extend(points)
    return merged


def _merge_console(first: Message | None, second: Message | None) -> Message | None:
    """Lines that follow each other; if some lie between or they are too many, the last ones."""
    if first is None or second is None:
        return first or second
    if first["first"] + len(first["lines"]) != second["first"]:
        return second
    return told_lines(first["first"], first["lines"] + second["lines"], LINES)


def told_lines(first: int, lines: list[Any], most: int) -> Message:
    """Console lines for a message, of more than ``most`` the last ones; pages fetch the others."""
    kept = lines[-TAIL:] if len(lines) > most else lines
    return {"first": first + len(lines) - len(kept), "lines": kept}

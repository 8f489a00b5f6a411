"""Events become bytes that the server will take: what breaks the protocol's limits is cut or left out, with a
warning.

One event that the server could never decode would stop everything behind it, so nothing of that kind enters
the spool.
"""

import time
from collections.abc import Iterable, Iterator

import msgspec

from trainer_bridge import blocks, protocol
from trainer_bridge.protocol import Console, ConsoleLine, Event, Metrics, ProtocolError, System

#: The most bytes of one event; leaves room in a frame for the batch around it.
MAX_EVENT = protocol.MAX_FRAME - 64 * 1024
MAX_NAME = 250
MAX_LINE = 10_000
MAX_TEXT = 200_000


class Outgoing:
    """Encodes events; remembers which warnings were given, so each is given once."""

    def __init__(self) -> None:
        self._warned: set[str] = set()

    def payloads_of(self, events: Iterable[Event]) -> Iterator[bytes]:
        """Events in their order as encoded events; many measurements of the same keys become one."""
        for part in blocks.parts(events):
            if (block := _block(part)) is not None:
                yield block
            else:
                for event in part:
                    yield from self.payloads(event)

    def payloads(self, event: Event) -> Iterator[bytes]:
        """The event as one or more encoded events (a large one is split), then a warning if something was
        cut.
        """
        try:
            data = protocol.encode(event)
            if len(data) <= MAX_EVENT:
                protocol.decode_event(data)
                yield data
                return
            problem = f"{len(data)} bytes are more than an event may have"
        except (ProtocolError, TypeError, ValueError, OverflowError) as error:
            problem = str(error)
        yield from self._repaired(event, problem)

    def _repaired(self, event: Event, problem: str) -> Iterator[bytes]:
        for part in _parts(event):
            try:
                data = protocol.encode(part)
                protocol.decode_event(data)
            except (ProtocolError, TypeError, ValueError, OverflowError):
                continue
            if len(data) <= MAX_EVENT:
                yield data
        kind = type(event).__name__.lower()
        yield from self.warning(f"cut {kind}", f"Some {kind} were cut or left out: {problem}.")

    def warning(self, code: str, text: str) -> Iterator[bytes]:
        """The warning, unless one of this code was given before."""
        if code in self._warned:
            return
        self._warned.add(code)
        yield encoded_warning(code, text)


def _block(events: list[Event]) -> bytes | None:
    """The events as one encoded block; None when they are too few or something in them is not allowed."""
    metrics = [event for event in events if isinstance(event, Metrics)]
    if len(metrics) < max(blocks.LEAST_ROWS, len(events)):
        return None
    try:
        data = protocol.encode(blocks.pack(metrics))
        protocol.decode_event(data)
    except (ProtocolError, TypeError, ValueError, OverflowError):
        return None  # one by one the one at fault is found and told
    return data


def encoded_warning(code: str, text: str) -> bytes:
    """A warning as bytes, its texts cut to what the protocol allows."""
    return protocol.encode(protocol.Warning(code=code[:MAX_NAME], text=text[:MAX_TEXT], time=time.time()))


def _parts(event: Event) -> Iterator[Event]:
    """Smaller events with what can be kept of one that the protocol does not allow."""
    if isinstance(event, Metrics | System):
        yield from _value_parts(event)
    elif isinstance(event, Console):
        yield from _console_parts(event)
    else:
        yield _with_cut_texts(event)


def _value_parts(event: Metrics | System) -> Iterator[Event]:
    good = {
        key: value
        for key, value in event.values.items()
        if isinstance(key, str) and 0 < len(key) <= MAX_NAME and isinstance(value, int | float)
    }
    keys = list(good)
    for start in range(0, len(keys), 5000):
        yield msgspec.structs.replace(
            event, values={key: float(good[key]) for key in keys[start : start + 5000]}
        )


def _console_parts(event: Console) -> Iterator[Event]:
    for start in range(0, len(event.lines), 100):
        lines = event.lines[start : start + 100]
        yield Console([ConsoleLine(line.time, line.stream, line.text[:MAX_LINE]) for line in lines])


def _with_cut_texts(event: Event) -> Event:
    changes = {
        name: value[:MAX_TEXT]
        for name in event.__struct_fields__
        if isinstance(value := getattr(event, name), str) and len(value) > MAX_TEXT
    }
    return msgspec.structs.replace(event, **changes)

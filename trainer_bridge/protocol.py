"""The bridge protocol: every message between a training machine and the server, defined once for both ends.

Messages are MessagePack maps over binary websocket frames, tagged by ``type``. A *source* is one writer of an
attempt ("trainer", "supervisor", later a rank); each source numbers its own events 1, 2, 3 … without gaps, and
the server acknowledges the highest number it has committed. MessagePack, unlike JSON, carries NaN and ±Inf.

Units: ``time`` is seconds since the Unix epoch (UTC) on the sending machine, ``step`` an optimizer step.
"""

import sys
from array import array
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

VERSION = 1
#: The largest frame either end accepts, in bytes.
MAX_FRAME = 4 * 1024 * 1024
#: The most events one batch may hold.
MAX_BATCH_EVENTS = 5000
#: Steps above this are not exact as a float64, so the store refuses them.
MAX_STEP = 2**53

Step = Annotated[int, Meta(ge=0, le=MAX_STEP)]
Name = Annotated[str, Meta(min_length=1, max_length=250)]
Line = Annotated[str, Meta(max_length=100_000)]
Sequence = Annotated[int, Meta(ge=1, le=MAX_STEP)]

CommandKind = Literal[
    "stop", "kill", "save", "evaluate", "log_every", "learning_rate", "end", "pause", "go_on"
]
CommandStatus = Literal["received", "applied", "refused"]
#: Why a training stopped that a person asked to: the reason of its exit, by which the server knows what follows.
STOP_ASKED, PAUSED, PROLONGED = "stop asked", "paused", "goes on for longer"


class Message(Struct, forbid_unknown_fields=False, omit_defaults=True):
    """Base of all messages; unknown fields are ignored, so a newer end may add optional ones."""


# --- events: what happened in a run -------------------------------------------------------------------------


class Metrics(Message, tag="metrics"):
    """Values measured at one step. ``values`` maps a series key ("train/loss") to a float, NaN and ±Inf included."""

    step: Step
    time: float
    values: dict[Name, float]
    epoch: float | None = None
    tokens: int | None = None


class MetricsBlock(Message, tag="metrics_block"):
    """Many measurements of the same ``keys`` in a row: one event with one number, its numbers as columns.

    Columns are little-endian and packed: ``steps`` and ``tokens`` int64, ``times``, ``epochs`` and ``values``
    float64. ``values`` holds row after row, a value for each key. ``epochs`` and ``tokens`` are empty where
    they are not known. Raises ValueError when the columns do not fit together.
    """

    keys: Annotated[list[Name], Meta(min_length=1)]
    steps: Annotated[bytes, Meta(min_length=8)]
    times: bytes
    values: bytes
    epochs: bytes = b""
    tokens: bytes = b""

    def __post_init__(self) -> None:
        length = len(self.steps)
        if length % 8 or len(self.times) != length or len(self.values) != length * len(self.keys):
            raise ValueError("steps, times and values are not columns of the same length")
        if len(self.epochs) not in (0, length) or len(self.tokens) not in (0, length):
            raise ValueError("epochs and tokens are either empty or as long as steps")
        if len(set(self.keys)) != len(self.keys):
            raise ValueError("a key stands twice")
        steps = from_column("q", self.steps)
        if min(steps) < 0 or max(steps) > MAX_STEP:
            raise ValueError(f"steps go from 0 to {MAX_STEP}")


def to_column(numbers: array) -> bytes:
    """64-bit numbers as a column of a MetricsBlock."""
    return _little_endian(numbers).tobytes()


def from_column(typecode: Literal["q", "d"], column: bytes) -> array:
    """The numbers of a column: "q" for integers, "d" for floats."""
    return _little_endian(array(typecode, column))


def _little_endian(numbers: array) -> array:
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers


class ConsoleLine(Struct, array_like=True):
    """One line of output: when, on which stream, and the text without its line end."""

    time: float
    stream: Literal["stdout", "stderr"]
    text: Line


class Console(Message, tag="console"):
    lines: list[ConsoleLine]


class System(Message, tag="system"):
    """A sample of the machine: ``values`` maps "system/cpu" (%), "system/memory" (GiB) … to a float."""

    time: float
    values: dict[Name, float]


class State(Message, tag="state"):
    """The run says where it is: its process is up ("starting") or its first step began ("running").

    ``resumed_step`` names the checkpoint step this attempt goes on from; points above it belong to the
    abandoned stretch of earlier attempts.
    """

    state: Literal["starting", "running"]
    time: float
    max_steps: int | None = None
    num_train_epochs: float | None = None
    resumed_step: Step | None = None
    #: Samples that one optimizer step learns from, of all processes together.
    samples_per_step: int | None = None


class Progress(Message, tag="progress"):
    """Where the training is. Sent at most about four times a second; the last one counts."""

    step: Step
    time: float
    max_steps: int
    epoch: float | None = None
    #: Input tokens seen so far, where the Trainer counts them.
    tokens: int | None = None
    #: While an evaluation runs, which stands at one step: batches done, batches in all, seconds left.
    evaluated: int | None = None
    to_evaluate: int | None = None
    seconds_left: float | None = None
    #: Of early stopping: evaluations without gain that are left, and how many there are from a gain on.
    patience_left: int | None = None
    patience: int | None = None


class Environment(Message, tag="environment"):
    """What the run ran on and with: resolved arguments, packages, hardware, model size."""

    values: dict[str, Any]


class CheckpointFile(Struct, array_like=True):
    name: str
    size: int


class Checkpoint(Message, tag="checkpoint"):
    """A checkpoint folder was written whole. ``path`` is relative to the run's folder, never absolute.

    ``metrics`` are the values measured at this very step; ``kept`` lists the steps of all checkpoints that are
    still in the run's folder after the Trainer's own rotation.
    """

    step: Step
    time: float
    path: str
    files: list[CheckpointFile]
    metrics: dict[Name, float] = field(default_factory=dict)
    epoch: float | None = None
    kept: list[int] = field(default_factory=list)
    best: bool = False


class Evaluated(Message, tag="evaluation"):
    """What an evaluation of the split ``name`` ("eval", "eval_<name>", "test") can be looked into by.

    ``view`` is a versioned map of counts and a few rows (docs/evaluation.md). ``media`` are small PNG pictures and WAV
    sounds of rows by their digest, each sent once by a process; later views name them by it.
    """

    step: Step
    time: float
    name: Name
    view: dict[str, Any]
    media: dict[Name, bytes] = field(default_factory=dict)


class CommandAck(Message, tag="command_ack"):
    id: int
    status: CommandStatus
    time: float
    step: Step | None = None
    reason: str = ""
    #: What it did, as far as it did something that has a before and an after.
    result: dict[str, Any] = field(default_factory=dict)


class Warning(Message, tag="warning"):
    """Something a person should know about the run; ``code`` makes a repeated one replace the former.

    ``step``: what it is about. ``details`` is more for a page to show, by ``kind``: of a "batch" its ``rows``, their
    ``count``, ``loss`` and ``grad_norm``.
    """

    code: Name
    text: str
    time: float
    step: Step | None = None
    details: dict[str, Any] = field(default_factory=dict)


class Exit(Message, tag="exit"):
    """The attempt is over. ``outcome`` "finished" reached its end, "stopped" was asked to, "failed" raised."""

    outcome: Literal["finished", "stopped", "failed"]
    time: float
    step: Step | None = None
    exit_code: int | None = None
    signal: int | None = None
    error: str = ""
    traceback: str = ""
    reason: str = ""


Event = (
    Metrics
    | MetricsBlock
    | Console
    | System
    | State
    | Progress
    | Environment
    | Checkpoint
    | Evaluated
    | CommandAck
    | Warning
    | Exit
)


# --- frames: what travels over the websocket -------------------------------------------------------------------


class Hello(Message, tag="hello"):
    """First frame of a bridge. The bearer token stands in the handshake's Authorization header.

    ``late``: it delivers what a process left that has ended, which is no sign of life.
    """

    version: int
    run: str
    attempt: int
    source: Name
    late: bool = False


class Batch(Message, tag="batch"):
    """Events numbered ``first`` … ``first + len(events) - 1``. Numbers already acknowledged are skipped."""

    first: Sequence
    events: Annotated[list[Event], Meta(min_length=1, max_length=MAX_BATCH_EVENTS)]


class Ping(Message, tag="ping"):
    """The source is alive though it has nothing to say."""


ClientFrame = Hello | Batch | Ping


class Welcome(Message, tag="welcome"):
    version: int
    last: int


class Ack(Message, tag="ack"):
    """Everything up to and including ``last`` is durably stored; the sender may forget it."""

    last: int


class Command(Message, tag="command"):
    id: int
    kind: CommandKind
    args: dict[str, Any] = field(default_factory=dict)


class Refused(Message, tag="refused"):
    """The server did not take the last frame. ``final``: connecting again cannot help.

    ``over``: the run goes on without this attempt, or is gone; who trains it may end.
    """

    reason: str
    final: bool = False
    over: bool = False


ServerFrame = Welcome | Ack | Command | Refused

_encoder = msgspec.msgpack.Encoder()
_client_decoder = msgspec.msgpack.Decoder(ClientFrame)
_server_decoder = msgspec.msgpack.Decoder(ServerFrame)
_event_decoder = msgspec.msgpack.Decoder(Event)


class ProtocolError(ValueError):
    """A frame that is not a message of this protocol; the text says what is wrong with it."""


def encode(message: Message) -> bytes:
    """Any message or event as bytes."""
    return _encoder.encode(message)


def decode_client_frame(data: bytes) -> ClientFrame:
    """What a bridge sent. Raises ProtocolError."""
    return _decode(_client_decoder, data)


def decode_server_frame(data: bytes) -> ServerFrame:
    """What the server sent. Raises ProtocolError."""
    return _decode(_server_decoder, data)


def decode_event(data: bytes) -> Event:
    """One event, as the spool keeps it. Raises ProtocolError."""
    return _decode(_event_decoder, data)


def _decode(decoder: msgspec.msgpack.Decoder, data: bytes) -> Any:
    if len(data) > MAX_FRAME:
        raise ProtocolError(f"the message has {len(data)} bytes; the most is {MAX_FRAME}")
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a message of protocol version {VERSION}: {error}") from error

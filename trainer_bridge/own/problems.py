"""What went wrong while a person's file was read, as a sentence with the line."""

import linecache
import runpy
import traceback
from pathlib import Path
from types import FrameType

from trainer_bridge.own.files import FileProblem, Kind, NotOffered

MOST_DETAILS = 20_000

#: Files of ours through which a person's file is reached.
_OURS = (*Path(__file__).parent.glob("*.py"), Path(__file__).parent.parent / "child.py")


def problem_of(kind: Kind, path: Path, error: BaseException) -> FileProblem:
    """Why the file at ``path`` could not be read."""
    linecache.checkcache(str(path))
    return FileProblem(kind, path.name, _sentence(error), _line(path, error), _details(error))


def without_our_frames(error: BaseException) -> BaseException:
    """The exception as the file alone would have raised it."""
    trace = error.__traceback__
    while trace is not None and _is_ours(trace.tb_frame):
        trace = trace.tb_next
    return error.with_traceback(trace)


def _sentence(error: BaseException) -> str:
    if isinstance(error, NotOffered):
        return str(error)
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        return (
            f"It imports {package}, which this worker does not have. Install it there: pip install {package}"
        )
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg}"
    return traceback.format_exception_only(error)[-1].strip()[:1000]


def _line(path: Path, error: BaseException) -> int | None:
    """The last line of the file itself that was reached."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno
    reached = traceback.walk_tb(error.__traceback__)
    lines = [number for frame, number in reached if frame.f_code.co_filename == str(path)]
    return lines[-1] if lines else None


def _details(error: BaseException) -> str:
    if isinstance(error, NotOffered):
        return ""
    return "".join(traceback.format_exception(without_our_frames(error)))[-MOST_DETAILS:]


def _is_ours(frame: FrameType) -> bool:
    """Whether a frame only led to the person's file."""
    name = frame.f_code.co_filename
    return name in ("<frozen runpy>", runpy.__file__) or Path(name) in _OURS

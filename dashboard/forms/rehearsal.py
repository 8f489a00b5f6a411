"""The rehearsal of a draft: which specification is rehearsed, and its result as the page shows it."""

from dataclasses import dataclass
from typing import Any

from dashboard.forms.reading import Reading
from dashboard.forms.rows import html_id
from dashboard.forms.swept import values_of
from dashboard.numbers import THIN, bytes_size, config_value, duration, grouped, number
from runs import errands
from runs.models import Errand
from runs.specs import Spec, spec_with

KIND = "rehearsal"
#: What is left of a process that asked for memory which it could not have: the worker's word for a kill, C++'s, Rust's.
_NO_MEMORY = ("more memory than there is", "bad_alloc", "memory allocation of")


@dataclass(frozen=True)
class Line:
    """One line of the report: ``note`` stands before ``value``, in grey; after it the clock in ``ends_in`` seconds."""

    name: str
    value: str
    note: str = ""
    ends_in: str = ""


@dataclass(frozen=True)
class Finding:
    """A problem or a caution, with the control to jump to; ``details`` is a traceback or ""."""

    id: str
    name: str
    sentence: str
    details: str = ""


@dataclass(frozen=True)
class Report:
    """A rehearsal that came to its end, after ``took`` seconds."""

    lines: list[Line]
    problems: list[Finding]
    cautions: list[Finding]
    took: float


def largest_trial(reading: Reading) -> dict[str, Any]:
    """Of a sweep the point with the largest of each swept number, which needs the most; {} of a single run."""
    return {key: _largest(values_of(given)) for key, given in reading.space.items()}


def spec_to_rehearse(reading: Reading) -> Spec:
    """The run itself, or the sweep's largest trial."""
    return spec_with(reading.spec, largest_trial(reading))


def trial_text(errand: Errand) -> str:
    """Which trial of a sweep was rehearsed: "hidden_size 128, seed 2"; "" for a single run."""
    swept = errand.payload.get("swept", {})
    return ", ".join(f"{key.partition('.')[2]} {config_value(value)}" for key, value in swept.items())


def rehearsed(errand_id: str, user: Any, reading: Reading) -> tuple[str, Errand | None]:
    """How a rehearsal stands to the form now: "", "outdated" or "fresh"; and its errand, if that has ended."""
    errand = errands.look_at(errand_id, user) if errand_id else None
    if errand is None or errand.kind != KIND or errand.is_open:
        return "", None
    return "fresh" if errand.payload.get("spec") == spec_to_rehearse(reading) else "outdated", errand


def went_wrong(errand: Errand) -> bool:
    """Whether it found a problem, or came to no end."""
    return errand.result is None or bool(errand.result["problems"])


def report(result: dict[str, Any]) -> Report:
    """The result of the errand (docs/rehearsal.md), line by line; what could not be reached is left out."""
    makers = (
        _parameters,
        _steps,
        _batch,
        _optimizer,
        _undecayed,
        _step_time,
        _whole,
        *_MEMORY,
        _checkpoint,
        _kept,
        _dropped,
        _metrics,
    )
    return Report(
        lines=[line for make in makers if (line := make(result)) is not None],
        problems=[_finding(p["key"], p["sentence"], p.get("details", "")) for p in result["problems"]],
        cautions=[_finding(key, sentence) for key, sentence in result["cautions"].items()],
        took=result["took"],
    )


def failure(errand: Errand) -> Finding | None:
    """Why there was no rehearsal, at the field that comes into question; None unless it failed."""
    if errand.state != Errand.State.FAILED:
        return None
    if any(sign in errand.reason + errand.details for sign in _NO_MEMORY):
        sentence = f"It needs more memory than is free, most likely for a batch. ({errand.reason})"
        return _finding("args.per_device_train_batch_size", sentence, errand.details)
    return _finding("recipe", errand.reason, errand.details)


def _largest(values: list[Any]) -> Any:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    return max(numbers) if len(numbers) == len(values) else values[0]


def _finding(key: str, sentence: str, details: str = "") -> Finding:
    return Finding(html_id(key), key.partition(".")[2] or key, sentence, details)


def _parameters(result: dict[str, Any]) -> Line | None:
    if "parameters" not in result:
        return None
    all_learn = result["trainable"] == result["parameters"]
    learns = "all learn" if all_learn else f"{grouped(result['trainable'])} learn"
    return Line("Parameters", grouped(result["parameters"]), learns)


def _steps(result: dict[str, Any]) -> Line | None:
    if "steps" not in result:
        return None
    of = ""
    if result["epochs"]:
        of = f"{grouped(result['steps_per_epoch'])} × {number(round(result['epochs'], 2))} epochs ="
    return Line("Steps", grouped(result["steps"]), of)


def _batch(result: dict[str, Any]) -> Line | None:
    if "batch" not in result:
        return None
    batch = result["batch"]
    factors = f"{batch['per_step']} × {batch['accumulation']} × {batch['processes']} ="
    return Line("Effective batch size", grouped(batch["effective"]), factors)


def _optimizer(result: dict[str, Any]) -> Line | None:
    if "optimizer" not in result:
        return None
    rates = [group["learning_rate"] for group in result["optimizer"]["groups"]]
    spread = f"learning rates {number(min(rates))} to {number(max(rates))}" if len(set(rates)) > 1 else ""
    return Line("Optimizer", result["optimizer"]["class"], spread)


def _undecayed(result: dict[str, Any]) -> Line | None:
    """What weight decay leaves out, where there is any."""
    groups = result.get("optimizer", {}).get("groups", [])
    if not any(group["weight_decay"] for group in groups):
        return None
    left_out = [group for group in groups if not group["weight_decay"]]
    names = ", ".join(dict.fromkeys(group["name"] for group in left_out if group["name"]))
    return Line("Without weight decay", grouped(sum(group["weights"] for group in left_out)), names)


def _step_time(result: dict[str, Any]) -> Line | None:
    if "seconds_per_step" not in result:
        return None
    tokens = result["longest_sample"]
    longest = f"longest batch {_seconds(result['longest_step'])}"
    return Line(
        "Time of a step",
        _seconds(result["seconds_per_step"]),
        f"{longest}, {tokens} tokens" if tokens else longest,
    )


def _whole(result: dict[str, Any]) -> Line | None:
    if "seconds" not in result:
        return None
    evaluation = result.get("evaluation")
    times = evaluation["times"] if evaluation else 0
    note = f"with {times} evaluation{'s' if times > 1 else ''}" if times else ""
    return Line("Whole run", f"≈ {duration(result['seconds'])}", note, f"{result['seconds']:.1f}")


def _memory(stage: str) -> Any:
    def line(result: dict[str, Any]) -> Line | None:
        memory = result["memory"]
        if stage not in memory:
            return None
        of = f"of {bytes_size(memory['total'])}" if "total" in memory else ""
        device = f" on {memory['device']}" if memory.get("device", "cpu") != "cpu" else ""
        return Line(f"Memory, {stage}", bytes_size(memory[stage]), of + device)

    return line


_MEMORY = (_memory("training"), _memory("evaluation"))


def _checkpoint(result: dict[str, Any]) -> Line | None:
    if "checkpoint" not in result:
        return None
    found = result["checkpoint"]
    return Line("One checkpoint", bytes_size(found["bytes"]), "" if found["measured"] else "added up")


def _kept(result: dict[str, Any]) -> Line | None:
    if "checkpoint" not in result:
        return None
    found = result["checkpoint"]
    if not found["saves"]:
        return Line("Disk", "none is saved", f"{bytes_size(found['free'])} free")
    note = f"{found['kept']} at once of {found['saves']}, {bytes_size(found['free'])} free"
    return Line("Disk", bytes_size(found["disk"]), note)


def _dropped(result: dict[str, Any]) -> Line | None:
    return Line("Columns not used", ", ".join(result["dropped"])) if result.get("dropped") else None


def _metrics(result: dict[str, Any]) -> Line | None:
    if "evaluation" not in result:
        return None
    found = result["evaluation"]
    return Line("Metrics", ", ".join(found["metrics"]), f"on {found['measured']} of {found['samples']}")


def _seconds(value: float) -> str:
    return f"{number(value, 2)}{THIN}s" if value >= 0.1 else f"{number(1000 * value, 2)}{THIN}ms"

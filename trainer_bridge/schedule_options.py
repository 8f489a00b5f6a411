"""What ``lr_scheduler_kwargs`` may hold for each scheduler of transformers: names, bounds, defaults. No torch here."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from trainer_bridge.fields import Field, did_you_mean

_MANY = 1_000_000_000
_optional = partial(Field, default=None, optional=True)
_SHAPES = ("linear", "cosine", "1-sqrt")
#: Only the fall after the warm-up; half a wave by default.
_waves = Field("num_cycles", "float", 0.5, minimum=0)
_least = (_optional("min_lr", "float", minimum=0), _optional("min_lr_rate", "float", minimum=0, maximum=1))


def _following(own: tuple[Field, ...], threshold: float, mode: str) -> tuple[Field, ...]:
    """The options of both schedulers that follow a metric, with those of their own."""
    return (
        Field("mode", "choice", "min", choices=("min", "max")),
        Field("patience", "int", 10, minimum=0, maximum=_MANY),
        Field("threshold", "float", threshold, minimum=0),
        Field("threshold_mode", "choice", mode, choices=("rel", "abs")),
        Field("cooldown", "int", 0, minimum=0, maximum=_MANY),
        Field("eps", "float", 1e-8, minimum=0),
        *own,
    )


_OPTIONS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "linear": (),
        "cosine": (_waves,),
        "cosine_with_restarts": (Field("num_cycles", "float", 1, minimum=0),),
        "polynomial": (Field("lr_end", "float", 1e-7, minimum=0), Field("power", "float", 1.0, above=0)),
        "constant": (),
        "constant_with_warmup": (),
        "inverse_sqrt": (_optional("timescale", "int", minimum=1, maximum=_MANY),),
        "reduce_lr_on_plateau": _following(
            (Field("factor", "float", 0.1, above=0, below=1), Field("min_lr", "float", 0, minimum=0)), 1e-4, "rel"
        ),
        "cosine_with_min_lr": (_waves, *_least),
        "cosine_warmup_with_min_lr": (_waves, *_least, _optional("warmup_lr_rate", "float", minimum=0, maximum=1)),
        "warmup_stable_decay": (
            _optional("num_decay_steps", "int", minimum=0, maximum=_MANY),
            _optional("num_stable_steps", "int", minimum=0, maximum=_MANY),
            Field("warmup_type", "choice", "linear", choices=_SHAPES),
            Field("decay_type", "choice", "cosine", choices=_SHAPES),
            Field("min_lr_ratio", "float", 0, minimum=0, maximum=1),
            _waves,
        ),
        "greedy": _following(
            (
                Field("factor", "float", 0.95, above=0, below=1),
                Field("min_lr", "float", 1e-3, minimum=0),
                Field("max_lr", "float", 1.0, above=0),
                Field("warmup", "int", 0, minimum=0, maximum=_MANY),
                Field("verbose", "bool", False),
                Field("smooth", "bool", False),
                Field("window_size", "int", 50, minimum=1, maximum=_MANY),
                Field("reset_start", "int", 500, minimum=0, maximum=_MANY),
            ),
            1e-6,
            "abs",
        ),
    }
)  # fmt: skip
#: Schedulers that follow a metric: nobody knows beforehand what they do.
FOLLOW_METRIC = frozenset({"reduce_lr_on_plateau", "greedy"})
#: Schedulers to which transformers does not pass the options on.
IGNORES_OPTIONS = frozenset({"constant", "constant_with_warmup"})


def options_of(scheduler: str) -> dict[str, Field]:
    """Name → field; empty for a scheduler of a later release that is not known here."""
    return {field.name: field for field in _OPTIONS.get(scheduler, ())}


def is_known(scheduler: str) -> bool:
    return scheduler in _OPTIONS


def with_defaults(scheduler: str, kwargs: Mapping[str, Any] | None) -> dict[str, Any]:
    """Every option's value."""
    return {name: field.default for name, field in options_of(scheduler).items()} | dict(kwargs or {})


def options_problem(scheduler: str, kwargs: Mapping[str, Any]) -> str | None:
    """Why the scheduler cannot be made with ``kwargs``, as a sentence; None if it can."""
    known = options_of(scheduler)
    for name, value in kwargs.items():
        if name not in known:
            return f"{scheduler} has no option “{name}”.{did_you_mean(name, known)}{_offered(known)}"
        if problem := known[name].problem(value):
            return f"{name}: {problem}"
    return _missing(scheduler, kwargs)


def _offered(known: Mapping[str, Field]) -> str:
    return f" It has {', '.join(known)}." if known else " It has none."


def _missing(scheduler: str, kwargs: Mapping[str, Any]) -> str | None:
    if scheduler in ("cosine_with_min_lr", "cosine_warmup_with_min_lr"):
        given = [name for name in ("min_lr", "min_lr_rate") if kwargs.get(name) is not None]
        if len(given) != 1:
            return f'{scheduler} needs min_lr or min_lr_rate, one of them: {{"min_lr_rate": 0.1}}.'
    if scheduler == "warmup_stable_decay" and kwargs.get("num_decay_steps") is None:
        return 'warmup_stable_decay needs num_decay_steps: {"num_decay_steps": 200}.'
    return None

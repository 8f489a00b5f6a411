"""What a recipe is: a function that builds what a Trainer needs, and what people may set about it.

Nothing here imports a training library, so the web process can list recipes and check their parameters.
"""

import inspect
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from trainer_bridge.fields import Field, Kind, Value, did_you_mean
from trainer_bridge.own.files import OwnFile

Parameter = Field
_SHAPES: dict[Any, Literal["object", "list"]] = {dict: "object", list: "list"}
#: Parameters of a recipe's function that are groups of the spec.
GIVEN_WHOLE = frozenset({"model", "data"})


@dataclass(frozen=True)
class Help:
    """Said about a recipe's parameter inside ``Annotated[int, Help("…", minimum=1)]``."""

    text: str
    minimum: float | None = None
    maximum: float | None = None
    multiple_of: int | None = None


@dataclass
class TrainerParts:
    """What a recipe hands to the Trainer; names are the Trainer's own.

    ``test_dataset`` is measured once, after training: no choice may look at it. ``accepts_loss_kwargs`` says
    whether the model's loss divides by ``num_items_in_batch``. Heads with a plain cross-entropy (BERT,
    DistilBERT, T5, token classification, masked LM) do not; True for one of them makes loss and gradients k
    times too large with k gradient accumulation steps. None leaves it to the Trainer's guess. ``generates``
    measures what the model writes instead of its logits (Seq2SeqTrainer, ``predict_with_generate``). ``notes`` go
    to the run's environment.

    The Trainer takes ``model`` or ``model_init``, and ``optimizers`` (optimizer, scheduler; either may be None) or
    ``optimizer_cls_and_kwargs``, not both.
    """

    model: Any = None
    train_dataset: Any = None
    eval_dataset: Any = None
    test_dataset: Any = None
    data_collator: Any = None
    processing_class: Any = None
    compute_metrics: Callable[[Any], dict[str, float]] | None = None
    preprocess_logits_for_metrics: Callable[[Any, Any], Any] | None = None
    compute_loss_func: Callable[..., Any] | None = None
    model_init: Callable[[], Any] | None = None
    callbacks: Sequence[Any] = ()
    optimizers: tuple[Any, Any] = (None, None)
    optimizer_cls_and_kwargs: tuple[type, dict[str, Any]] | None = None
    accepts_loss_kwargs: bool | None = None
    generates: bool = False
    notes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Recipe:
    """One trainable thing: its words, parameters, own training arguments and the function that builds it.

    ``objective`` is a series key ("eval/accuracy"); ``arguments`` differ from the Trainer's defaults. ``takes`` are
    the groups of the spec that ``build`` is given whole ("model", "data"); ``settings`` its defaults in them and in
    "trainer", by key ("data.source"). ``without`` names groups that it has nothing for: a script makes its Trainer
    itself. ``own`` says which file of a person's own it comes from.
    """

    name: str
    title: str
    task: str
    description: str
    parameters: tuple[Parameter, ...]
    arguments: Mapping[str, Value]
    objective: str
    greater_is_better: bool
    estimate: str
    build: Callable[..., TrainerParts]
    takes: frozenset[str] = frozenset()
    settings: Mapping[str, Value] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    own: OwnFile | None = None

    def defaults(self) -> dict[str, Value]:
        """Parameter name → default."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    def parameter(self, name: str) -> Parameter:
        """One parameter. Raises KeyError."""
        return {parameter.name: parameter for parameter in self.parameters}[name]

    def problems(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Parameter name → why its value cannot be used, or that it needs one; empty if all can."""
        known = {parameter.name: parameter for parameter in self.parameters}
        found = {}
        for name, value in {**self.defaults(), **params}.items():
            problem = known[name].problem(value) if name in known else self._unknown(name, list(known))
            if problem:
                found[name] = problem
        return found

    def _unknown(self, name: str, known: list[str]) -> str:
        return f"The recipe {self.name} has no parameter {name}.{did_you_mean(name, known)}"


def recipe(
    *,
    name: str,
    title: str,
    task: str,
    description: str,
    objective: str,
    greater_is_better: bool,
    arguments: Mapping[str, Value] | None = None,
    settings: Mapping[str, Value] | None = None,
    estimate: str = "",
) -> Callable[[Callable[..., TrainerParts]], Recipe]:
    """Make a Recipe of a function ``build(*, <parameters>, seed: int) -> TrainerParts``.

    Parameters are keyword arguments with a type (int, float, bool, str, dict, list or a Literal of texts) and a
    default. One named ``model`` or ``data`` makes the recipe take that group of the spec: it is given a ModelChoice or
    a DataChoice. The best checkpoint is chosen by ``objective``; ``metric_for_best_model`` and ``greater_is_better``
    follow from it.
    """
    chosen: dict[str, Value] = {
        "load_best_model_at_end": True,
        "metric_for_best_model": objective.removeprefix("eval/"),
        "greater_is_better": greater_is_better,
    }

    def make(build: Callable[..., TrainerParts]) -> Recipe:
        return Recipe(
            name=name,
            title=title,
            task=task,
            description=inspect.cleandoc(description),
            parameters=_parameters(build),
            arguments={**chosen, **(arguments or {})},
            objective=objective,
            greater_is_better=greater_is_better,
            estimate=estimate,
            build=build,
            takes=frozenset(inspect.signature(build).parameters.keys() & GIVEN_WHOLE),
            settings=dict(settings or {}),
        )

    return make


def _parameters(build: Callable[..., TrainerParts]) -> tuple[Parameter, ...]:
    hints = typing.get_type_hints(build, include_extras=True)
    names = [name for name in inspect.signature(build).parameters if name not in {"seed", *GIVEN_WHOLE}]
    return tuple(_parameter(build, name, hints) for name in names)


def _parameter(build: Callable[..., TrainerParts], name: str, hints: dict[str, Any]) -> Parameter:
    default = inspect.signature(build).parameters[name].default
    if name not in hints or default is inspect.Parameter.empty:
        raise TypeError(f"{build.__module__}.{build.__name__}: {name} needs a type and a default")
    hint = hints[name]
    said = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, Help)), Help(""))
    plain = typing.get_args(hint)[0] if said.text else hint
    kind, choices = _kind(plain)
    return Parameter(
        name=name,
        kind=kind,
        default=default,
        help=said.text,
        minimum=said.minimum,
        maximum=said.maximum,
        multiple_of=said.multiple_of,
        choices=choices,
        shape=_SHAPES.get(typing.get_origin(plain) or plain, ""),
    )


def _kind(plain: Any) -> tuple[Kind, tuple[str, ...]]:
    if typing.get_origin(plain) is Literal:
        return "choice", typing.get_args(plain)
    kinds: dict[Any, Kind] = {
        int: "int",
        float: "float",
        bool: "bool",
        str: "text",
        dict: "json",
        list: "json",
    }
    if (kind := kinds.get(typing.get_origin(plain) or plain)) is None:
        raise TypeError(
            f"a parameter may be int, float, bool, str, dict, list or a Literal of texts, not {plain}"
        )
    return kind, ()

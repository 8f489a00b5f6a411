"""What a script says in fewer words: settings that were left alone need no code for their other choices, a machine of
one's own needs no list of open folders, and of the examples only those that are used come along."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from trainer_bridge import example_data
from trainer_bridge.data_source import named, parse
from trainer_bridge.recipes import Recipe
from trainer_bridge.standalone.library import Inside, Library, Origin

_PACKAGE = "trainer_bridge"
Values = Mapping[str, Mapping[str, Any]]


class Short(NamedTuple):
    """``text`` says in ``module`` what its definition comes to where ``when`` holds for the values of ``group``."""

    module: str
    group: str
    when: Callable[[Mapping[str, Any]], bool]
    text: str


SHORT = (
    Short(
        "metrics.chosen",
        "trainer",
        lambda set_to: set_to["metrics"] == "recipe",
        "def chosen_metrics(choice, parts):\n"
        "    return Metrics(parts.compute_metrics, parts.preprocess_logits_for_metrics)\n",
    ),
    Short(
        "losses",
        "trainer",
        lambda set_to: set_to["loss"] == "model" and not set_to["label_smoothing_factor"],
        "def chosen_loss(values, parts, label_smoothing):\n    return parts.compute_loss_func\n",
    ),
    Short(
        "collators",
        "trainer",
        lambda set_to: set_to["data_collator"] == "recipe" and not set_to["data_collator_options"],
        "def chosen_collator(values, parts):\n    return parts.data_collator\n",
    ),
    Short(
        "callbacks_chosen",
        "trainer",
        lambda set_to: not set_to["early_stopping"] and not set_to["callbacks"],
        "def chosen_callbacks(values):\n    return []\n",
    ),
    Short(
        "optimizers",
        "trainer",
        lambda set_to: set_to["optimizer"] == "optim",
        "def chosen_optimizer(values, parts, learning_rate):\n    return parts.optimizer_cls_and_kwargs\n",
    ),
    Short("model_choice", "model", lambda set_to: True, "_DEFAULTS = {}  # VALUES names every field\n"),
    Short(
        "lora",
        "model",
        lambda set_to: not set_to["lora"],
        "def with_lora(model, auto_class, values):\n    return model\n",
    ),
    Short(
        "folders",
        "data",
        lambda set_to: True,
        "def is_open(path):\n    return True  # on a server some are\n",
    ),
)


def shorten(library: Library, recipe: Recipe, values: Values, arguments: Mapping[str, Any]) -> None:
    """Put the short forms that hold for these values into ``library``."""
    smoothing = arguments.get("label_smoothing_factor", 0)
    settings = {**values, "trainer": {**values["trainer"], "label_smoothing_factor": smoothing}}
    for short in SHORT:
        if short.group in settings and short.when(settings[short.group]):
            library.add(library.module(f"{_PACKAGE}.{short.module}"), short.text)
    library.keep(library.module(f"{_PACKAGE}.assembly"), "CHOICES", recipe.takes)
    if "data" in recipe.takes:
        _shorten_data(library, values["data"])


def _shorten_data(library: Library, data: Mapping[str, Any]) -> None:
    """Only the kinds of source that are read, and the examples."""
    texts = [text for name in ("source", "eval_source") for text in named(data.get(name) or "").values()]
    sources = [parse(text) for text in texts]
    library.keep(library.module(f"{_PACKAGE}.data_read"), "_READERS", {source.kind for source in sources})
    wanted = {source.place for source in sources if source.kind == "example"}
    used = [one.make for name, one in example_data.catalog().items() if name in wanted]
    aliases: dict[str, Origin] = {make.__name__: Inside(make.__module__, make.__name__) for make in used}
    text = (
        'def catalog():\n    """Name → example, of those that are used here."""\n'
        f"    return {{one.name: one for one in [{', '.join(aliases)}]}}\n"
    )
    library.add(library.module(f"{_PACKAGE}.example_data"), text, aliases)

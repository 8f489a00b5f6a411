"""A script's Trainer, ready to train and not trained: for a rehearsal. The script ends where it would train."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trainer_bridge.own import script
from trainer_bridge.own.files import NotOffered
from trainer_bridge.own.script_file import TOO_EARLY, script_path
from trainer_bridge.own.script_values import Given
from trainer_bridge.own.trainer_hooks import quiet
from trainer_bridge.spec import BuiltTraining, built_training

if TYPE_CHECKING:
    from transformers import TrainerCallback


class _WouldTrain(BaseException):
    """Raised in the script's place where it would train."""

    def __init__(self, trainer: Any) -> None:
        super().__init__()
        self.trainer = trainer


def build_from_script(
    spec: Mapping[str, Any], output_dir: str | Path, callbacks: Iterable["TrainerCallback"] = ()
) -> BuiltTraining:
    """The first Trainer that the script would train. Raises ValueError when it trains none, or what it raises itself.

    It changes folder, arguments and path of this process: only for a process of its own.
    """
    given = Given(spec, Path(output_dir))
    script.on_parse(given.words)
    script.on_trainer(lambda trainer: None, _stop_there)
    try:
        script.run(script_path(spec["recipe"]))
    except SystemExit as ended:
        raise script.Failed(ended) from None
    except _WouldTrain as found:
        return _built(found.trainer, given, Path(output_dir), callbacks)
    finally:
        script.undo()
    raise ValueError(f"{spec['recipe']} ended and trained nothing.")


def _stop_there(trainer: Any, go: Callable[..., Any]) -> Any:
    raise _WouldTrain(trainer)


def _built(
    trainer: Any, given: Given, output_dir: Path, callbacks: Iterable["TrainerCallback"]
) -> BuiltTraining:
    if given.recipe is None:
        raise NotOffered(TOO_EARLY)
    trainer.args.output_dir = str(output_dir)
    quiet(trainer)
    for callback in callbacks:
        trainer.add_callback(callback)
    return built_training(trainer, given.recipe)

"""Loading a checkpoint's weights back into the model that wrote it.

transformers 5 saves some models (ViT among them) under the names of their published checkpoints and renames them in
``from_pretrained`` only. The Trainer loads without renaming, so both resuming and ``load_best_model_at_end`` leave
such a model's weights as they are and merely warn (transformers issue 48805). Here the weights take the way of
``from_pretrained``, and weights that do not fit raise.
"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from torch import nn
from transformers import PreTrainedModel, Seq2SeqTrainer, Trainer

from trainer_bridge.fork import own_settings
from trainer_bridge.lora import is_adapted, load_adapter, save_merged
from trainer_bridge.optimizers import name_groups, regroup


class CheckpointTrainer(Trainer):
    """A Trainer that gets back what it saved, when it resumes and when it returns to the best checkpoint.

    ``grouping``: how the optimizer's groups are split by part of the model (see optimizers.py), or None.
    ``decay_bias_and_norm``: whether weight decay leaves nothing out. ``forked``: the checkpoint that it resumes from is
    another run's, so its own arguments count and not those in there.
    """

    grouping: dict[str, float] | None = None
    decay_bias_and_norm = False
    forked = False

    def create_optimizer(self, model: nn.Module | None = None) -> Any:
        is_new = self.optimizer is None
        optimizer = super().create_optimizer(model)
        if is_new and self.grouping:
            regroup(optimizer, model or self.model, **self.grouping)
        elif is_new:
            name_groups(optimizer)
        return optimizer

    def get_decay_parameter_names(self, model: nn.Module) -> list[str]:
        if self.decay_bias_and_norm:
            return [name for name, _ in model.named_parameters()]
        return list(super().get_decay_parameter_names(model))

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        with own_settings(self.optimizer, self.lr_scheduler) if self.forked else nullcontext():
            super()._load_optimizer_and_scheduler(checkpoint)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        if model is None and self._loads_itself():
            self._load(resume_from_checkpoint)
        else:
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_best_model(self) -> None:
        if self._loads_itself():
            self._load(self.state.best_model_checkpoint)
        else:
            super()._load_best_model()

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        super()._save(output_dir, state_dict)
        if getattr(self.model, "saves_merged", False) and self.args.should_save:
            save_merged(self.model, Path(output_dir or self.args.output_dir))

    def _loads_itself(self) -> bool:
        """Whether the weights are one plain set: not sharded over ranks, not a model of one's own."""
        spread = self.is_deepspeed_enabled or self.is_fsdp_enabled
        return not spread and (isinstance(self.model, PreTrainedModel) or is_adapted(self.model))

    def _load(self, folder: str) -> None:
        if is_adapted(self.model):
            load_adapter(self.model, Path(folder))
        else:
            load_weights(self.model, folder)


class GeneratingTrainer(CheckpointTrainer, Seq2SeqTrainer):
    """The same for a model that generates text while it is evaluated."""


def load_weights(model: Any, folder: str) -> None:
    """Copy the weights saved in ``folder`` into ``model``. Raises RuntimeError if any is missing or left over."""
    saved, report = type(model).from_pretrained(folder, config=model.config, output_loading_info=True)
    wrong = {name: sorted(keys) for name, keys in report.items() if name.endswith("_keys") and keys}
    if wrong:
        raise RuntimeError(f"The weights in {folder} are not those of this {type(model).__name__}: {wrong}")
    model.load_state_dict(saved.state_dict())

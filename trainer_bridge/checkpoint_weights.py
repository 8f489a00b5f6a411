"""Loading a checkpoint's weights back into the model that wrote it.

transformers 5 saves some models (ViT among them) under the names of their published checkpoints and renames them in
``from_pretrained`` only. The Trainer loads without renaming, so both resuming and ``load_best_model_at_end`` leave
such a model's weights as they are and merely warn (transformers issue 48805). Here the weights take the way of
``from_pretrained``, and weights that do not fit raise.
"""

from typing import Any

from torch import nn
from transformers import PreTrainedModel, Trainer


class CheckpointTrainer(Trainer):
    """A Trainer that gets back what it saved, when it resumes and when it returns to the best checkpoint."""

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        if model is None and self._loads_itself():
            load_weights(self.model, resume_from_checkpoint)
        else:
            super()._load_from_checkpoint(resume_from_checkpoint, model)

    def _load_best_model(self) -> None:
        if self._loads_itself():
            load_weights(self.model, self.state.best_model_checkpoint)
        else:
            super()._load_best_model()

    def _loads_itself(self) -> bool:
        """Whether the weights are one plain set: not sharded over ranks, no adapter, not a model of one's own."""
        spread = self.is_deepspeed_enabled or self.is_fsdp_enabled
        return (
            isinstance(self.model, PreTrainedModel) and not spread and not hasattr(self.model, "peft_config")
        )


def load_weights(model: Any, folder: str) -> None:
    """Copy the weights saved in ``folder`` into ``model``. Raises RuntimeError if any is missing or left over."""
    saved, report = type(model).from_pretrained(folder, config=model.config, output_loading_info=True)
    wrong = {name: sorted(keys) for name, keys in report.items() if name.endswith("_keys") and keys}
    if wrong:
        raise RuntimeError(f"The weights in {folder} are not those of this {type(model).__name__}: {wrong}")
    model.load_state_dict(saved.state_dict())

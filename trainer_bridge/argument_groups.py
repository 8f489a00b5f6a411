"""Under which heading of the page an argument stands: our own word for each heading of the Trainer's documentation."""

from collections.abc import Mapping
from types import MappingProxyType

OPTIMISATION = "Optimisation"
BATCHES = "Batches and epochs"
EVALUATION = "Evaluation and logging"
CHECKPOINTS = "Checkpoints"
SPEED = "Precision and speed"
DATA = "Data loading"
GENERATION = "Generation"
DISTRIBUTED = "Distributed and memory"
REST = "Rest"

#: Groups in the order in which a form shows them.
GROUPS = (
    OPTIMISATION, BATCHES, EVALUATION, GENERATION, SPEED, DATA, DISTRIBUTED, REST, CHECKPOINTS,
)  # fmt: skip

_OF_HEADING: Mapping[str, str] = MappingProxyType(
    {
        "Training Duration and Batch Size": BATCHES,
        "Learning Rate & Scheduler": OPTIMISATION,
        "Optimizer": OPTIMISATION,
        "Regularization & Training Stability": OPTIMISATION,
        "Mixed Precision Training": SPEED,
        "Activation Checkpointing": DISTRIBUTED,
        "Compilation": SPEED,
        "Kernels": SPEED,
        "Additional Optimizations": SPEED,
        "Logging & Monitoring Training": EVALUATION,
        "Logging": EVALUATION,
        "Evaluation": EVALUATION,
        "Metrics Computation": EVALUATION,
        "Checkpointing & Saving": CHECKPOINTS,
        "Best Model Tracking": CHECKPOINTS,
        "Resuming Training": CHECKPOINTS,
        "Reproducibility": OPTIMISATION,
        "Hardware Configuration": SPEED,
        "Accelerate Configuration": DISTRIBUTED,
        "Dataloader": DATA,
        "DDP (DistributedDataParallel)": DISTRIBUTED,
        "FSDP (Fully Sharded Data Parallel)": DISTRIBUTED,
        "DeepSpeed": DISTRIBUTED,
    }
)
#: Where another heading fits better than that of the documentation.
_OF_NAME: Mapping[str, str] = MappingProxyType(
    {
        "neftune_noise_alpha": OPTIMISATION,
        "auto_find_batch_size": BATCHES,
        "torch_empty_cache_steps": DISTRIBUTED,
        "average_tokens_across_devices": DISTRIBUTED,
        "save_on_each_node": DISTRIBUTED,
        "log_on_each_node": DISTRIBUTED,
    }
)


def group_of(name: str, heading: str, generates: bool = False) -> str:
    """The group of an argument by its ``heading`` in the documentation; "Rest" for one that is not known."""
    if generates:
        return GENERATION
    return _OF_NAME.get(name) or _OF_HEADING.get(heading, REST)

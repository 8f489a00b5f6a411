"""Our rules against the real classes: what is a problem here fails there, or trains on something else in silence.

Each case is trained for two steps on a model of two parameters.
"""

from pathlib import Path
from typing import Any

import pytest

from tests.trainer_bridge.trainings import Line, points
from trainer_bridge.argument_fields import argument_fields
from trainer_bridge.argument_needs import Machine
from trainer_bridge.arguments import cautions, problems
from trainer_bridge.assembly import training_arguments
from trainer_bridge.checkpoint_weights import CheckpointTrainer
from trainer_bridge.machine import describe_abilities

HERE = Machine.of("here", describe_abilities())
EVALUATED = {"eval_strategy": "steps", "eval_steps": 2}
ACCURACY = {"metric_for_best_model": "accuracy", "greater_is_better": True}
BEST = {**EVALUATED, "load_best_model_at_end": True, "save_strategy": "steps", "save_steps": 2}


def train(args: dict[str, Any], folder: Path) -> None:
    """Two steps, or what keeps them from happening."""
    steps = {"max_steps": 2, "per_device_train_batch_size": 4, "save_strategy": "no", **args}
    trainer = CheckpointTrainer(
        Line(), training_arguments(steps, folder), train_dataset=points(8), eval_dataset=points(4)
    )
    trainer.train()
    if trainer.state.global_step < 1:
        raise ValueError("nothing was trained")


#: Refused by the Trainer at some time: when its arguments are made, when it is, or in the midst of the training.
FAILS: list[tuple[dict[str, Any], str]] = [
    ({"per_device_train_batch_size": 0}, "per_device_train_batch_size"),
    ({"per_device_train_batch_size": -4}, "per_device_train_batch_size"),
    ({"gradient_accumulation_steps": 0}, "gradient_accumulation_steps"),
    ({"learning_rate": "abc"}, "learning_rate"),
    ({"learning_rate": -1}, "learning_rate"),
    ({"seed": -1}, "seed"),
    ({"seed": 2**40}, "seed"),
    ({"log_level": "bogus"}, "log_level"),
    ({"lr_scheduler_kwargs": {"bogus": 1}}, "lr_scheduler_kwargs"),
    ({"lr_scheduler_type": "bogus"}, "lr_scheduler_type"),
    ({"lr_scheduler_type": "cosine_with_min_lr"}, "lr_scheduler_kwargs"),
    ({"lr_scheduler_type": "warmup_stable_decay"}, "lr_scheduler_kwargs"),
    (
        {"lr_scheduler_type": "polynomial", "lr_scheduler_kwargs": {"lr_end": 1e-3}, "learning_rate": 1e-3},
        "learning_rate",
    ),
    ({"lr_scheduler_type": "polynomial", "max_steps": 2, "warmup_steps": 2}, "warmup_steps"),
    ({"lr_scheduler_type": "reduce_lr_on_plateau"}, "lr_scheduler_type"),
    ({"lr_scheduler_type": "greedy", "learning_rate": 0.1}, "lr_scheduler_type"),
    ({"optim": "bogus"}, "optim"),
    ({"optim": "adamw_8bit"}, "optim"),
    ({"optim": "paged_lion_32bit"}, "optim"),
    ({"optim": "ademamix"}, "optim"),
    ({"optim": "rmsprop_bnb"}, "optim"),
    ({"optim": "stable_adamw"}, "optim"),
    ({"optim": "schedule_free_adamw"}, "optim"),
    ({"optim": "adamw_torch_4bit"}, "optim"),
    ({"optim": "adamw_anyprecision"}, "optim"),
    ({"optim": "adamw_torch_xla"}, "optim"),
    ({"optim": "adamw_torch_npu_fused"}, "optim"),
    ({"optim": "lomo"}, "optim"),
    ({"optim": "grokadamw"}, "optim"),
    ({"optim": "galore_adamw", "optim_target_modules": "all-linear"}, "optim"),
    ({"optim": "apollo_adamw", "optim_target_modules": ["a"]}, "optim"),
    ({"optim": "sgd", "optim_args": "momentum"}, "optim_args"),
    ({"optim": "sgd", "optim_args": "momentum=a=b"}, "optim_args"),
    ({"optim": "sgd", "optim_args": "momentum=fast"}, "optim_args"),
    ({"optim": "sgd", "optim_args": "nesterov=true"}, "optim_args"),
    ({"optim": "sgd", "optim_args": "momentum=0.9,nesterov=true,dampening=0.1"}, "optim_args"),
    ({"use_liger_kernel": True}, "use_liger_kernel"),
    ({"deepspeed": {"zero_optimization": {"stage": 2}}}, "deepspeed"),
    ({"tf32": True}, "tf32"),
    ({"fsdp": True}, "fsdp"),
    ({"ddp_backend": "gloo"}, "ddp_backend"),
    ({"parallelism_config": {"dp_shard_size": 2}}, "parallelism_config"),
    ({"parallelism_config": {"bogus": 2}}, "parallelism_config"),
    ({"accelerator_config": {"bogus": 1}}, "accelerator_config"),
    ({"accelerator_config": {"gradient_accumulation_kwargs": {"bogus": 1}}}, "accelerator_config"),
    (
        {
            "accelerator_config": {"gradient_accumulation_kwargs": {"num_steps": 2}},
            "gradient_accumulation_steps": 2,
        },
        "accelerator_config",
    ),
    ({**EVALUATED, "debug": ["tpu_metrics_debug"]}, "debug"),
    ({"fp16": True, "bf16": True}, "fp16"),
    ({"fp16_full_eval": True, "bf16_full_eval": True}, "fp16_full_eval"),
    ({"logging_steps": 0}, "logging_steps"),
    ({"logging_steps": 1.5}, "logging_steps"),
    ({**EVALUATED, "eval_steps": 2.5}, "eval_steps"),
    ({"save_strategy": "steps", "save_steps": 7.5}, "save_steps"),
    ({**BEST, "save_steps": 3}, "save_steps"),
    ({**BEST, "save_strategy": "epoch"}, "save_strategy"),
    ({"load_best_model_at_end": True, "save_strategy": "steps"}, "eval_strategy"),
    ({**BEST, **ACCURACY, "prediction_loss_only": True}, "prediction_loss_only"),
    ({**EVALUATED, "eval_accumulation_steps": 0}, "eval_accumulation_steps"),
    ({"warmup_steps": -1}, "warmup_steps"),
    ({"dataloader_prefetch_factor": 2}, "dataloader_prefetch_factor"),
    ({"dataloader_persistent_workers": True}, "dataloader_persistent_workers"),
    ({"dataloader_multiprocessing_context": "spawn"}, "dataloader_multiprocessing_context"),
    ({"dataloader_num_workers": -1}, "dataloader_num_workers"),
    ({"torch_empty_cache_steps": 0}, "torch_empty_cache_steps"),
    ({"torch_compile_backend": "bogus"}, "torch_compile_backend"),
    ({"accelerator_config": "no-such-file.json"}, "accelerator_config"),
    ({"max_steps": -1, "num_train_epochs": 0}, "num_train_epochs"),
    ({"max_steps": -1, "num_train_epochs": -1}, "num_train_epochs"),
]  # fmt: skip
#: Taken by the Trainer without a word, though nothing good comes of it.
SWALLOWED: list[tuple[dict[str, Any], str]] = [
    ({"train_sampling_strategy": "bogus"}, "train_sampling_strategy"),
    ({"metric_for_best_model": ""}, "metric_for_best_model"),
    ({"include_for_metrics": ["bogus"]}, "include_for_metrics"),
    ({"save_total_limit": 0}, "save_total_limit"),
    ({"save_total_limit": -1}, "save_total_limit"),
    ({"metric_for_best_model": "wer"}, "greater_is_better"),
    ({"include_num_input_tokens_seen": "some"}, "include_num_input_tokens_seen"),
]
#: May be meant: a caution, and the training runs.
CAUTIONED: list[tuple[dict[str, Any], str]] = [
    ({"weight_decay": 5}, "weight_decay"),
    ({"learning_rate": 2.0}, "learning_rate"),
    ({"fp16": True, "use_cpu": True}, "fp16"),
    ({"fp16_full_eval": True, "use_cpu": True}, "fp16_full_eval"),
    ({"lr_scheduler_type": "constant", "lr_scheduler_kwargs": {"num_cycles": 2}}, "lr_scheduler_kwargs"),
    (
        {"lr_scheduler_type": "warmup_stable_decay", "lr_scheduler_kwargs": {"num_decay_steps": 20}, "max_steps": 2},
        "lr_scheduler_kwargs",
    ),
    ({"warmup_steps": 10, "max_steps": 2}, "warmup_steps"),
    ({"optim": "sgd", "optim_args": "momentun=0.9"}, "optim_args"),
    ({"optim_args": "momentum=0.9"}, "optim_args"),
    ({"optim_target_modules": "all-linear"}, "optim_target_modules"),
    ({"fsdp_config": {"version": 2}}, "fsdp_config"),
    ({"liger_kernel_config": {"rope": True}}, "liger_kernel_config"),
    ({"activation_checkpointing_kwargs": {"use_reentrant": False}}, "activation_checkpointing_kwargs"),
    ({"ddp_find_unused_parameters": True}, "ddp_find_unused_parameters"),
    ({"save_only_model": True, "save_strategy": "steps"}, "save_only_model"),
    ({"label_names": ["bogus"]}, "label_names"),
]  # fmt: skip


def named(cases: list[tuple[dict[str, Any], str]]) -> Any:
    return pytest.mark.parametrize(("args", "name"), cases, ids=lambda value: str(value)[:60])


@named(FAILS)
def test_a_problem_here_fails_in_the_trainer(args: dict[str, Any], name: str, tmp_path: Path) -> None:
    assert list(problems(args, machines=lambda: [HERE])) == [name]
    with pytest.raises(Exception, match=r"."):
        train(args, tmp_path)


@named(SWALLOWED)
def test_a_problem_here_that_the_trainer_swallows(args: dict[str, Any], name: str, tmp_path: Path) -> None:
    assert list(problems(args, machines=lambda: [HERE])) == [name]
    train(args, tmp_path)


@named(CAUTIONED)
def test_a_caution_here_trains_all_the_same(args: dict[str, Any], name: str, tmp_path: Path) -> None:
    assert problems(args, machines=lambda: [HERE]) == {}
    assert list(cautions(args, machines=lambda: [HERE])) == [name]
    train(args, tmp_path)


def test_the_defaults_bring_no_caution() -> None:
    assert cautions({}) == {}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        (
            {"lr_scheduler_type": "reduce_lr_on_plateau", **ACCURACY},
            'reduce_lr_on_plateau waits for accuracy to fall. Give {"mode": "max"}, for more of it is better.',
        ),
        (
            {"lr_scheduler_type": "greedy", "learning_rate": 1e-4},
            'greedy would raise the learning rate to its min_lr, 0.001. Give {"min_lr": 1e-6}.',
        ),
    ],
)  # fmt: skip
def test_a_scheduler_that_follows_a_metric_the_wrong_way(args: dict[str, Any], sentence: str) -> None:
    assert problems({**args, "eval_strategy": "epoch"}) == {"lr_scheduler_kwargs": sentence}


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        ({"optim": "galore_adamw"}, "galore_adamw needs modules to work on: all-linear, or a list."),
        ({"accelerator_config": {"split_batches": "yes"}}, "split_batches must be true or false, not 'yes'."),
        (
            {"accelerator_config": {"use_configured_state": True}},
            "use_configured_state must be off: nothing is configured before.",
        ),
        (
            {"activation_checkpointing": True, "activation_checkpointing_kwargs": {"every_layer": 2}},
            "“every_layer” is not known here. Did you mean every_n_layers? It may hold every_n_layers, offload, "
            "use_reentrant, preserve_rng_state, determinism_check, debug, early_stop.",
        ),
    ],
)
def test_what_only_shows_with_another_model_or_package(args: dict[str, Any], sentence: str) -> None:
    assert sentence in problems(args).values()


def test_generation_is_set_for_recipes_that_generate() -> None:
    told = cautions({"generation_num_beams": 4}, RECIPE)
    assert told == {"generation_num_beams": "predict_with_generate is off: this has no effect."}
    assert cautions({"generation_num_beams": 4, "predict_with_generate": True}, RECIPE) == {}
    assert problems({"generation_config": "org/model"}, RECIPE) == {
        "generation_config": 'Must be a JSON object: {"name": value}.'
    }


def test_a_layerwise_optimizer_accumulates_nothing() -> None:
    args = {"optim": "galore_adamw_layerwise", "optim_target_modules": "all-linear"}
    assert problems({**args, "gradient_accumulation_steps": 2}) == {
        "gradient_accumulation_steps": "Must be 1 with galore_adamw_layerwise."
    }


#: A value other than the default for each argument of which any other would do, and what must be set with it.
OTHER: dict[str, dict[str, Any]] = {
    "eval_strategy": {"eval_strategy": "epoch"},
    "greater_is_better": {"metric_for_best_model": "loss", "greater_is_better": False},
    "metric_for_best_model": {"metric_for_best_model": "score", "greater_is_better": True},
    "load_best_model_at_end": BEST,
    "lr_scheduler_kwargs": {"lr_scheduler_type": "cosine", "lr_scheduler_kwargs": {"num_cycles": 2}},
    "optim": {"optim": "sgd"},
    "optim_args": {"optim": "sgd", "optim_args": "momentum=0.9"},
    "optim_target_modules": {"optim_target_modules": ["attn"]},
    "include_for_metrics": {"include_for_metrics": ["loss"]},
    "label_names": {"label_names": ["labels"]},
    "debug": {"debug": ["underflow_overflow"]},
    "accelerator_config": {"accelerator_config": {"even_batches": False}},
    "parallelism_config": {"parallelism_config": {"tp_size": 1}},
    "activation_checkpointing_kwargs": {"activation_checkpointing_kwargs": {"use_reentrant": True}},
    "fsdp_config": {"fsdp_config": {"version": 2}},
    "liger_kernel_config": {"liger_kernel_config": {"rope": True}},
    "generation_config": {"generation_config": {"num_beams": 2}},
    "prediction_loss_only": {"prediction_loss_only": True},
    "tf32": {"tf32": False},
    "dataloader_persistent_workers": {"dataloader_persistent_workers": True, "dataloader_num_workers": 1},
    "dataloader_prefetch_factor": {"dataloader_prefetch_factor": 3, "dataloader_num_workers": 1},
    "dataloader_multiprocessing_context": {
        "dataloader_multiprocessing_context": "fork",
        "dataloader_num_workers": 1,
    },
}
#: Need a package, or several processes: what is said about them is tested above.
NOT_HERE = {"deepspeed", "use_liger_kernel", "fsdp", "ddp_backend"}
RECIPE = {"predict_with_generate": False}


def other_value(name: str) -> dict[str, Any]:
    field = argument_fields()[name]
    if name in OTHER:
        return OTHER[name]
    if field.kind == "bool":
        return {name: not field.default}
    if field.kind == "choice":
        return {name: next(choice for choice in field.choices if choice != field.default)}
    if field.kind == "text":
        return {name: "other"}
    return {name: 3 if field.kind == "int" or field.step_count else 0.25}


@pytest.mark.parametrize("name", sorted(argument_fields().keys() - NOT_HERE))
def test_every_argument_reaches_the_trainer(name: str, tmp_path: Path) -> None:
    chosen = other_value(name)
    assert chosen[name] != argument_fields()[name].default
    assert problems(chosen, RECIPE, lambda: [HERE]) == {}
    args = training_arguments({**RECIPE, **chosen}, tmp_path)
    found = getattr(args, name)
    made = {"accelerator_config", "parallelism_config", "generation_config"}  # objects, made of the JSON
    found = vars(found) if name in made else found
    assert (chosen[name].items() <= found.items()) if name in made else found == chosen[name]
